"""How fast each part of self-play is by itself: tree, network, one move of a live game."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from actor.positions import random_states
from actor.selfplay import Counters, SelfPlay
from engine.config import Settings
from engine.evaluator import Evaluator
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.search.constants import constants_of
from engine.search.live import Live
from engine.search.tree import SIMULATIONS, nodes_for
from engine.search.waves import Waves

LIVE_SIMULATIONS = 800
LIVE_POSITIONS = 100
MOST_WARMING = 30.0
"""Seconds after which self-play is measured even if no game's worth has been played yet."""


@dataclass(frozen=True)
class Spread:
    """A figure measured several times."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, samples: list[float]) -> Spread:
        """Minimum, median and maximum of `samples`."""
        return cls(min(samples), statistics.median(samples), max(samples))


def warmed_up(game: Game, settings: Settings, evaluator: Evaluator) -> SelfPlay:
    """Self-play whose games stand at all plies, not at the start side by side."""
    selfplay = SelfPlay(game, settings)
    began = time.perf_counter()
    while selfplay.counters.games < settings.selfplay.games:
        selfplay.step(evaluator, model_step=0)
        if time.perf_counter() - began > MOST_WARMING:
            break
    return selfplay


def measured(selfplay: SelfPlay, evaluator: Evaluator, seconds: float) -> tuple[float, Counters]:
    """Play for about `seconds`; returns the exact seconds and what was done in them."""
    before = replace(selfplay.counters)
    elapsed = repeat(seconds, lambda: selfplay.step(evaluator, model_step=0))
    return elapsed, selfplay.counters.since(before)


class Asked:
    """The uniform evaluator without its declaration that it says the same of every position."""

    def __init__(self, game: Game) -> None:
        self.evaluate = UniformEvaluator(game).evaluate


def tree_rate(
    game: Game, settings: Settings, seconds: float, evaluator: Evaluator | None = None
) -> float:
    """Simulations per second, uniform evaluator unless given, all trees from the start position."""
    slots, simulations = settings.selfplay.games, settings.search.simulations
    constants = constants_of(game, settings.search, simulations)
    waves = Waves(game, slots, nodes_for(simulations, game.actions), constants)
    judge, starts = evaluator or UniformEvaluator(game), np.stack([game.new()] * slots)
    runs = [-1]

    def search_all() -> None:
        waves.start_all(starts, simulations)
        waves.run(judge)
        runs[0] += 1

    search_all()
    elapsed = repeat(seconds, search_all)
    return runs[0] * slots * simulations / elapsed


def deep_rate(
    game: Game,
    settings: Settings,
    seconds: float,
    evaluator: Evaluator,
    starts: NDArray[np.uint64],
) -> float:
    """Simulations per second of the tree alone, from `starts uint64[B, W]`, answered by a network.

    Without a cache, from nothing, every search in full; the seconds in `evaluator` do not count.
    """
    simulations = settings.search.simulations
    constants = constants_of(game, settings.search, simulations)
    waves = Waves(game, len(starts), nodes_for(simulations, game.actions), constants)
    judge = _Timed(evaluator)

    def search_all() -> None:
        waves.start_all(starts, simulations)
        waves.run(judge)

    search_all()
    judge.seconds = 0.0
    before = int(waves.tree.counts[SIMULATIONS])
    elapsed = repeat(seconds, search_all)
    return (int(waves.tree.counts[SIMULATIONS]) - before) / (elapsed - judge.seconds)


class _Timed:
    """An evaluator, asked wave by wave, and the seconds it has taken."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self.seconds = 0.0

    def evaluate(
        self, observations: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Evaluator`."""
        began = time.perf_counter()
        answer = self._evaluator.evaluate(observations)
        self.seconds += time.perf_counter() - began
        return answer


def evaluator_rate(game: Game, evaluator: Evaluator, batch: int, seconds: float) -> float:
    """Evaluations per second of full batches of positions of random games."""
    states = list(islice(random_states(game, np.random.default_rng(0)), batch))
    observations = np.stack([game.observe(state) for state in states])
    evaluator.evaluate(observations)
    runs = [0]

    def counted() -> None:
        evaluator.evaluate(observations)
        runs[0] += 1

    elapsed = repeat(seconds, counted)
    return runs[0] * batch / elapsed


def live_move(game: Game, mind: Live) -> dict[str, float]:
    """Median and 95th percentile in milliseconds of a move, over positions of random games."""
    taken = []
    states = random_states(game, np.random.default_rng(1))
    mind.think(next(states), LIVE_SIMULATIONS)
    for state in islice(states, LIVE_POSITIONS):
        began = time.perf_counter()
        mind.think(state, LIVE_SIMULATIONS)
        taken.append(1000 * (time.perf_counter() - began))
    return {"median": float(np.median(taken)), "p95": float(np.percentile(taken, 95))}


def repeat(seconds: float, action: Callable[[], object]) -> float:
    """Repeat `action` for at least `seconds`; returns the seconds it took."""
    began = time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        action()
    return elapsed
