"""Which model answers: the best of the game's run, or its latest while there is no best, or none.

It is exchanged between two moves. The run of the server serves its own game. Every other game is
served from the run that carries its name, so that whatever was trained here can be played. While a
run has no model, the zoo's plays, and without that one the search plays alone.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from threading import Lock

from engine.config import SearchSettings, Settings
from engine.errors import EvaluationError, ModelError, StorageError
from engine.evaluator import Evaluator
from engine.evaluator.onnx import ModelCard, OnnxEvaluator, read_card
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.games import all_games, find
from engine.search import search
from engine.search.live import Minds
from storage.layout import RunPaths, run_paths, zoo_folder
from storage.models import Models
from storage.models.filesystem import FilesystemModels
from storage.zoo import Card, Zoo
from web.schemas import ModelOut, ModelsOut

log = logging.getLogger(__name__)

UNIFORM = ModelOut(name="uniform", step=None, published_at=None, sha256=None)
ZOO = "zoo"
"""The name of the model that comes with the program, whatever its step."""


MINDS = 8
"""Trees that are kept per game, for as many people who play at once."""


@dataclass(frozen=True)
class Loaded:
    """An evaluator, who it is, its trees, and the lock of the one thread that may use them."""

    evaluator: Evaluator
    model: ModelOut
    minds: Minds
    lock: Lock = field(default_factory=Lock)


class Served:
    """One game and the model in service for it."""

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
        self._search = search
        self._simulations = simulations
        self.run = run
        self._paths = paths
        self._models: Models = FilesystemModels(paths)
        self._exchange = Lock()
        self._seen: object = None
        self._refusal = ""
        self._loaded = self._with_minds(UniformEvaluator(game), UNIFORM)
        self._zoo = zoo
        self._resident: tuple[Loaded, Card] | None = None

    def current(self) -> Loaded:
        """The model in service; a damaged or foreign one leaves the old one in service."""
        with self._exchange:
            try:
                self._follow()
            except (EvaluationError, ModelError, StorageError) as error:
                self._report(str(error))
            return self._in_service()

    def zoo(self) -> tuple[Loaded, Card] | None:
        """The zoo's model of the game and its card; None where it has none that fits."""
        with self._exchange:
            return self._from_zoo()

    def listing(self) -> ModelsOut:
        """Every model of the run, newest first; one that cannot be read is named as such."""
        # Snapshots come before the latest, so without a latest there is nothing to list.
        steps = self._models.steps() if self._models.signature() else []
        snapshots = [self._snapshot(step) for step in reversed(steps)]
        return ModelsOut(run=self.run, served=self.current().model, snapshots=snapshots)

    def _follow(self) -> None:
        # One stat per move is the truth; no event of the file system has to arrive in time.
        best = self._models.best_signature()
        signature = best or self._models.signature()
        if signature is None or signature == self._seen:
            return
        data = self._models.best() if best else self._models.latest()
        self._seen = signature
        if data is None:
            return
        evaluator = OnnxEvaluator(self.game, data)
        # A network that has diverged is met here and not by the person who plays.
        search(self.game, self.game.new()[None], 1, evaluator)
        model = self._named(evaluator.card).model_copy(
            update={"kind": "best" if best else "latest"}
        )
        self._loaded = self._with_minds(evaluator, model)
        self._refusal = ""
        log.info("%s is served by step %d of %s", self.game.name, evaluator.card.step, self.run)

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
            evaluator = OnnxEvaluator(self.game, exhibit.data)
            search(self.game, self.game.new()[None], 1, evaluator)
        except (EvaluationError, ModelError, StorageError) as error:
            log.warning("%s goes without the zoo's model: %s", self.game.name, error)
            return None
        model = self._named(evaluator.card).model_copy(update={"name": ZOO})
        self._resident = self._with_minds(evaluator, model), exhibit.card
        return self._resident

    def _with_minds(self, evaluator: Evaluator, model: ModelOut) -> Loaded:
        minds = Minds(self.game, evaluator, self._simulations, self._search, MINDS)
        return Loaded(evaluator, model, minds)

    def _report(self, reason: str) -> None:
        if reason != self._refusal:
            self._refusal = reason
            log.warning("%s stays with %s: %s", self.run, self._in_service().model.name, reason)

    def _snapshot(self, step: int) -> ModelOut:
        try:
            return self._named(read_card(self._models.snapshot(step)))
        except (ModelError, StorageError) as error:
            log.warning("snapshot %d of %s: %s", step, self.run, error)
            name = f"{self._paths.snapshot(step).stem} (unreadable)"
            return ModelOut(name=name, step=step, published_at=None)

    def _named(self, card: ModelCard) -> ModelOut:
        name = self._paths.snapshot(card.step).stem
        return ModelOut(name=name, step=card.step, published_at=card.created_at, sha256=card.sha256)


class Shelf:
    """The served model of every game."""

    def __init__(self, settings: Settings) -> None:
        self._served = {name: _served(settings, game) for name, game in all_games().items()}
        self._run = settings.run.game

    def of(self, game: str) -> Served:
        """What serves `game`; raises UnknownGame with the known names."""
        return self._served[find(game).name]

    @property
    def run(self) -> Served:
        """What serves the game of the server's run."""
        return self.of(self._run)


def _served(settings: Settings, game: Game) -> Served:
    most, zoo = settings.web.max_simulations, Zoo(zoo_folder(settings))
    if game.name == settings.run.game:
        return Served(game, settings.search, most, settings.run_name, run_paths(settings), zoo)
    # The settings in force carry the preset of the run's game; another game has its own.
    own = settings.run.model_copy(update={"game": game.name, "name": ""})
    other = settings.model_copy(update={"run": own})
    search = SearchSettings.model_validate(dict(game.preset.get("search", {})))
    return Served(game, search, most, other.run_name, run_paths(other), zoo)
