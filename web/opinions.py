"""What a run's snapshots think of one position: the raw network, through the eyes of play.

Networks are loaded once and kept, as many as there is room for; each runs on one thread.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from engine.errors import EvaluationError, ModelError, StorageError
from engine.evaluator.onnx import OnnxEvaluator
from engine.game import Game, State
from engine.search import search
from storage.models.filesystem import FilesystemModels
from web.history import Chosen
from web.lines import Line
from web.schemas.opinions import OpinionOut, OpinionsOut, SkippedOut

MOST = 64
"""Snapshots that one answer tells about."""
KEPT = 2 * MOST
"""Networks in memory: those of two runs."""
KEPT_BYTES = 128 * 1024 * 1024
"""Files of the networks in memory together; a network takes a few times its file."""


class Networks:
    """Snapshots by path, loaded; those that were not asked for the longest time go first."""

    def __init__(self, most: int = KEPT, most_bytes: int = KEPT_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Path, tuple[object, int, OnnxEvaluator]] = OrderedDict()
        self.lock = Lock()
        """Held by the one thread that asks networks, or loads them."""

    def of(self, game: Game, models: FilesystemModels, step: int) -> OnnxEvaluator:
        """The network of `step`; raises ModelError, or StorageError where it is gone."""
        path, signature = models.paths.snapshot(step), models.snapshot_signature(step)
        known = self._kept.pop(path, None)
        if known is None or known[0] != signature:
            data = models.snapshot(step)
            known = signature, len(data), OnnxEvaluator(game, data)
        self._kept[path] = known
        while len(self._kept) > 1 and self._are_too_many():
            self._kept.popitem(last=False)
        return known[2]

    @property
    def paths(self) -> list[Path]:
        """What is in memory, the longest unasked first."""
        return list(self._kept)

    def _are_too_many(self) -> bool:
        size = sum(size for _, size, _ in self._kept.values())
        return len(self._kept) > self._most or size > self._most_bytes


def opinions(networks: Networks, run: Chosen, moves: Sequence[int], most: int) -> OpinionsOut:
    """What at most `most` snapshots of the run say of the position after `moves`.

    A snapshot that is damaged, foreign or gone is skipped and its reason told. Raises IllegalAction
    or FinishedGame for moves that the rules do not allow.
    """
    line, models = Line.from_moves(run.game, moves), FilesystemModels(run.paths)
    steps = models.steps() if run.paths.models.is_dir() else []
    found: list[OpinionOut] = []
    skipped: list[SkippedOut] = []
    for step in [] if run.game.is_over(line.state) else thinned(steps, most):
        try:
            with networks.lock:
                found.append(_opinion(networks, run, models, step, line.state))
        except (EvaluationError, ModelError, StorageError) as error:
            name = run.paths.snapshot(step).stem
            skipped.append(SkippedOut(model=name, step=step, reason=str(error)))
    return OpinionsOut(
        run=run.name,
        position=line.show(),
        snapshots=len(steps),
        opinions=found,
        skipped=skipped,
    )


def thinned(steps: Sequence[int], most: int) -> list[int]:
    """At most `most` (2 or more) of `steps`, evenly, with the first and the last."""
    if len(steps) <= most:
        return list(steps)
    return [steps[round(i * (len(steps) - 1) / (most - 1))] for i in range(most)]


def _opinion(
    networks: Networks, run: Chosen, models: FilesystemModels, step: int, state: State
) -> OpinionOut:
    network = networks.of(run.game, models, step)
    # The cheapest search evaluates the root through the same symmetry as play does.
    found = search(run.game, state[None], 1, network, run.search)
    win, draw, loss = (float(share) for share in found.wdl[0])
    return OpinionOut(
        model=run.paths.snapshot(step).stem,
        step=step,
        published_at=network.card.created_at,
        wdl=[win, draw, loss],
        value=win - loss,
        policy=[float(found.prior[0, action]) for action in run.game.legal(state)],
    )
