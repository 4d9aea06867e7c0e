"""One search of one position: what it found, told when it is over and while it grows."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from actor.players import drawn
from engine.search import Searched
from engine.search.live import Live, Progress, never
from web.lines import Line
from web.loaded import Loaded
from web.schemas import ModelOut, MoveStats, Thought

TELL_SECONDS = 0.1
"""How long it is silent between two thoughts, at least."""


@dataclass(frozen=True)
class Limits:
    """How long the bot thinks about one move, whichever is reached first, and how it chooses.

    0 simulations = the network's policy alone; at a temperature above 0 the move is drawn.
    """

    simulations: int
    milliseconds: float | None = None
    temperature: float = 0.0


def nobody(thought: Thought) -> None:
    """Nobody listens."""


def think(
    loaded: Loaded,
    line: Line,
    limits: Limits,
    over: Callable[[], bool] = never,
    tell: Callable[[Thought], None] = nobody,
) -> Thought:
    """Search a position without noise; what is left of an earlier search of it counts.

    `over` is asked whether to end, `tell` hears of thoughts on the way, both between two waves.
    """
    mind = loaded.minds.take(line.state)
    try:
        return _Search(mind, loaded.model, line, limits, tell).run(over)
    finally:
        loaded.minds.give_back(mind)


class _Search:
    """One run of `think`."""

    def __init__(
        self,
        mind: Live,
        model: ModelOut,
        line: Line,
        limits: Limits,
        tell: Callable[[Thought], None],
    ) -> None:
        self._mind = mind
        self._model = model
        self._line = line
        self._limits = limits
        self._tell = tell
        self._began = time.perf_counter()
        self._told = -math.inf

    def run(self, over: Callable[[], bool]) -> Thought:
        limits = self._limits
        # One simulation is the cheapest search that asks the network and knows what is legal.
        simulations = max(1, limits.simulations)
        heard = self._on_the_way if self._tell is not nobody else _silent
        found = self._mind.think(self._line.state, simulations, limits.milliseconds, over, heard)
        return self._thought(found, _choice(found, limits))

    def _on_the_way(self, progress: Progress) -> None:
        if progress.seconds - self._told >= TELL_SECONDS:
            self._told = progress.seconds
            found = self._mind.found()
            self._tell(self._thought(found, int(found.best[0])))

    def _thought(self, found: Searched, action: int) -> Thought:
        line = self._line
        game = line.game
        return Thought(
            player=game.mover(line.state),
            action=action,
            label=game.label(action),
            value=float(found.value[0]),
            wdl=[float(share) for share in found.wdl[0]],
            simulations=int(found.visits.sum()),
            milliseconds=1000 * (time.perf_counter() - self._began),
            moves=[self._stats(found, action) for action in game.legal(line.state)],
            line=line.ahead(self._mind.line(action)),
            model=self._model,
        )

    def _stats(self, found: Searched, action: int) -> MoveStats:
        game, q = self._line.game, float(found.q[0, action])
        return MoveStats(
            action=action,
            label=game.label(action),
            clicks=list(game.clicks(action, game.mover(self._line.state))),
            visits=int(found.visits[0, action]),
            share=float(found.visits[0, action] / max(1, found.visits[0].sum())),
            q=None if math.isnan(q) else q,
            prior=float(found.prior[0, action]),
        )


def _silent(progress: Progress) -> None:
    """The listener of a search that nobody follows."""


def _choice(found: Searched, limits: Limits) -> int:
    """The action to play; drawn anew each time, so that no two games against a level are alike."""
    policy = found.policy if limits.simulations > 0 else found.prior
    if limits.temperature > 0:
        return int(drawn(policy, limits.temperature, np.random.default_rng())[0])
    return int(found.best[0] if limits.simulations > 0 else policy[0].argmax())
