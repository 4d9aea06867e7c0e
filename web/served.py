"""Which model answers for a game and a run: by default the best, or the latest while there is none.

A model is named by its run and by `best`, `latest`, `step_000400` or `zoo`. Without a name the
run's own is exchanged between two moves; while the run has none, the zoo's plays, and without that
one the search plays alone. A model that is named is that one or a refusal.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from threading import Lock
from typing import Literal

from fastapi import HTTPException

from engine.config import SearchSettings
from engine.errors import EvaluationError, ModelError, StorageError
from engine.evaluator.onnx import ModelCard, read_card
from engine.game import Game
from storage.layout import RunPaths
from storage.models import Models, Signature
from storage.models.filesystem import FilesystemModels
from storage.zoo import Card, Zoo
from web.loaded import UNIFORM, Loaded, Loader
from web.schemas import ModelOut, ModelsOut

log = logging.getLogger(__name__)

ZOO = "zoo"
"""The name of the model that comes with the program, whatever its step."""

NAMED = 4
"""Models of a run that are kept in memory because somebody named them."""

Kind = Literal["best", "latest"]


class Served:
    """One game, one run, and its models."""

    def __init__(
        self,
        game: Game,
        search: SearchSettings,
        simulations: int,
        run: str,
        paths: RunPaths,
        zoo: Zoo | None = None,
    ) -> None:
        self.game = game
        self.run = run
        self.paths = paths
        self.search = search
        self._models: Models = FilesystemModels(paths)
        self._loader = Loader(game, search, simulations)
        self._exchange = Lock()
        self._seen: Signature | None = None
        self._refusal = ""
        self._loaded = self._shown = self._loader.uniform()
        self._zoo = zoo
        self._resident: tuple[Loaded, Card] | None = None
        self._named: OrderedDict[str, tuple[Signature, Loaded]] = OrderedDict()
        self._cards: dict[int, tuple[Signature, ModelCard]] = {}

    def current(self) -> Loaded:
        """The model in service; a damaged or foreign one leaves the old one in service."""
        with self._exchange:
            return self._current()

    def glance(self) -> ModelOut:
        """Which model is in service, at once: as it was before if one is being loaded now."""
        if self._exchange.acquire(blocking=False):
            try:
                return self._current().model
            finally:
                self._exchange.release()
        return self._shown.model

    def zoo(self) -> tuple[Loaded, Card] | None:
        """The zoo's model of the game and its card; None where it has none that fits."""
        with self._exchange:
            return self._from_zoo()

    def named(self, name: str | None) -> Loaded:
        """The model called `name`, None = the one in service.

        HTTP 404 naming what there is, 422 for a model that cannot be played; raises StorageError.
        """
        if name is None:
            return self.current()
        with self._exchange:
            if name == ZOO:
                resident = self._from_zoo()
                if resident is None:
                    raise self._unknown(name)
                return resident[0]
            return self._fetched(name)

    def listing(self) -> ModelsOut:
        """Every model of the run, snapshots newest first; one that cannot be read is named so."""
        with self._exchange:
            served = self._current().model
            resident = self._from_zoo()
            return ModelsOut(
                run=self.run,
                game=self.game.name,
                served=served,
                best=self._card_of("best"),
                latest=self._card_of("latest"),
                zoo=resident[0].model if resident else None,
                snapshots=[self._snapshot(step) for step in reversed(self._steps())],
            )

    def _current(self) -> Loaded:
        try:
            self._follow()
        except (EvaluationError, ModelError, StorageError) as error:
            self._report(str(error))
        self._shown = self._in_service()
        return self._shown

    def _follow(self) -> None:
        # One stat per move is the truth; no event of the file system has to arrive in time.
        kind: Kind = "best" if self._models.best_signature() else "latest"
        signature = self._signature(kind)
        if signature is None or signature == self._seen:
            return
        data = self._read(kind)
        self._seen = signature
        if data is None:
            return
        self._loaded = self._loader.load(data, lambda card: self._called(card, kind))
        self._refusal = ""
        step = self._loaded.model.step
        log.info("%s is served by step %s of %s", self.game.name, step, self.run)

    def _in_service(self) -> Loaded:
        resident = self._from_zoo() if self._loaded.model is UNIFORM else None
        return resident[0] if resident else self._loaded

    def _from_zoo(self) -> tuple[Loaded, Card] | None:
        # Read at the first need and never again: the zoo comes with the program, not from a run.
        zoo, self._zoo = self._zoo, None
        if zoo is None:
            return self._resident
        try:
            exhibit = zoo.exhibit(self.game.name)
            if exhibit is None:
                return None
            loaded = self._loader.load(exhibit.data, self._from_the_zoo)
        except (EvaluationError, ModelError, StorageError) as error:
            log.warning("%s goes without the zoo's model: %s", self.game.name, error)
            return None
        self._resident = loaded, exhibit.card
        return self._resident

    def _fetched(self, name: str) -> Loaded:
        signature = self._signature(name)
        kept, loaded = self._named.pop(name, (None, None))
        if loaded is None or kept != signature:
            data = self._read(name) if signature else None
            if signature is None or data is None:
                raise self._unknown(name)
            kind: Kind | None = name if name in ("best", "latest") else None  # type: ignore[assignment]
            try:
                loaded = self._loader.load(data, lambda card: self._called(card, kind))
            except (EvaluationError, ModelError) as error:
                raise HTTPException(
                    422, f"model = {name!r} of run {self.run!r} is refused: {error}"
                ) from None
        assert signature is not None
        self._named[name] = signature, loaded
        while len(self._named) > NAMED:
            self._named.popitem(last=False)
        return loaded

    def _signature(self, name: str) -> Signature | None:
        if name == "best":
            return self._models.best_signature()
        if name == "latest":
            return self._models.signature()
        step = self._step(name)
        return None if step is None else self._models.snapshot_signature(step)

    def _read(self, name: str) -> bytes | None:
        if name == "best":
            return self._models.best()
        if name == "latest":
            return self._models.latest()
        step = self._step(name)
        return None if step is None else self._models.snapshot(step)

    def _step(self, name: str) -> int | None:
        """The step of a snapshot by its name, if the run has it: no other path is looked at."""
        known = {self.paths.snapshot(step).stem: step for step in self._steps()}
        return known.get(name)

    def _steps(self) -> list[int]:
        # Snapshots come before the latest, so without a latest there is nothing to list.
        return self._models.steps() if self._models.signature() else []

    def _unknown(self, name: str) -> HTTPException:
        found: list[str] = [kind for kind in ("best", "latest") if self._signature(kind)]
        found += [self.paths.snapshot(step).stem for step in reversed(self._steps())]
        found += [ZOO] if self._from_zoo() else []
        there = ", ".join(found) or "none"
        return HTTPException(
            404,
            f"model = {name!r} is refused: the models of {self.game.name}, run {self.run!r},"
            f" are {there}",
        )

    def _report(self, reason: str) -> None:
        if reason != self._refusal:
            self._refusal = reason
            log.warning("%s stays with %s: %s", self.run, self._in_service().model.name, reason)

    def _card_of(self, kind: Kind) -> ModelOut | None:
        try:
            data = self._read(kind)
            return None if data is None else self._called(read_card(data), kind)
        except (ModelError, StorageError) as error:
            log.warning("%s of %s: %s", kind, self.run, error)
            return ModelOut(name=f"{kind} (unreadable)", step=None, published_at=None, run=self.run)

    def _snapshot(self, step: int) -> ModelOut:
        try:
            return self._called(self._card(step), None)
        except (ModelError, StorageError) as error:
            log.warning("snapshot %d of %s: %s", step, self.run, error)
            name = f"{self.paths.snapshot(step).stem} (unreadable)"
            return ModelOut(name=name, step=step, published_at=None, run=self.run)

    def _card(self, step: int) -> ModelCard:
        # Reading a card starts a session of the runtime; a run has hundreds of snapshots.
        signature = self._models.snapshot_signature(step)
        kept = self._cards.get(step)
        if kept is None or kept[0] != signature:
            card = read_card(self._models.snapshot(step))
            if signature is None:
                return card
            kept = self._cards[step] = signature, card
        return kept[1]

    def _called(self, card: ModelCard, kind: Kind | None) -> ModelOut:
        return ModelOut(
            name=self.paths.snapshot(card.step).stem,
            step=card.step,
            published_at=card.created_at,
            sha256=card.sha256,
            kind=kind,
            run=self.run,
        )

    def _from_the_zoo(self, card: ModelCard) -> ModelOut:
        return self._called(card, None).model_copy(update={"name": ZOO, "run": None})
