"""Who chooses moves: in the arena, the ladder, the yardsticks, the browser; see actor/specs.py."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.config import SearchSettings
from engine.evaluator import Evaluator
from engine.game import Game
from engine.heuristics.alphabeta import AlphaBeta
from engine.search import search
from engine.search.live import Live, Minds
from engine.solver import Solver

MOST_LIVE = 20_000
"""Simulations after which a player against the clock has thought enough."""
LIVE_GAMES = 64
"""Trees that such a player keeps."""


class Player(Protocol):
    """Anything that chooses moves for a batch of positions."""

    def choose(self, states: NDArray[np.uint64], rng: np.random.Generator) -> NDArray[np.int64]:
        """A legal action for each of `states uint64[B, W]`, none of them finished."""
        ...


def as_it_is(player: Player) -> Player:
    """The player, watched by nobody; see actor/pulse.py."""
    return player


@dataclass(frozen=True)
class RandomPlayer:
    """Every legal action alike."""

    game: Game

    def choose(self, states: NDArray[np.uint64], rng: np.random.Generator) -> NDArray[np.int64]:
        """See `Player`."""
        return np.array([rng.choice(self.game.legal(state)) for state in states], np.int64)


class AlphaBetaPlayer:
    """`depth` plies of alpha-beta; draws one of the best actions at random."""

    def __init__(self, game: Game, depth: int) -> None:
        self.depth = depth
        self._alphabeta = AlphaBeta(game, depth)
        self._lock = threading.Lock()  # its stack serves one search at a time

    def choose(self, states: NDArray[np.uint64], rng: np.random.Generator) -> NDArray[np.int64]:
        """See `Player`."""
        with self._lock:
            found = [self._alphabeta.look(state).best for state in states]
        return np.array([rng.choice(best) for best in found], np.int64)


@dataclass(frozen=True)
class SolverPlayer:
    """Exact play; draws one of the best actions at random."""

    solver: Solver

    def choose(self, states: NDArray[np.uint64], rng: np.random.Generator) -> NDArray[np.int64]:
        """See `Player`; raises OutOfReach beyond the solver's limits."""
        return np.array([rng.choice(self.solver.best(state)) for state in states], np.int64)


@dataclass(frozen=True)
class SearchPlayer:
    """A search over an evaluator; 0 simulations = the evaluator's policy alone."""

    game: Game
    evaluator: Evaluator
    simulations: int
    settings: SearchSettings
    temperature: float = 0.0

    def choose(self, states: NDArray[np.uint64], rng: np.random.Generator) -> NDArray[np.int64]:
        """See `Player`; at temperature 0 the search's best action, or the most probable one."""
        # One simulation is the cheapest search that evaluates the root and knows what is legal.
        found = search(self.game, states, max(1, self.simulations), self.evaluator, self.settings)
        if self.temperature == 0:
            return found.best if self.simulations > 0 else found.prior.argmax(axis=1)
        policy = found.policy if self.simulations > 0 else found.prior
        return drawn(policy, self.temperature, rng)


class LivePlayer:
    """Plays each game as the browser does: with a tree of its own, against the clock if need be.

    `number` simulations a move, or milliseconds if `by_clock`.
    """

    def __init__(
        self,
        game: Game,
        evaluator: Evaluator,
        number: int,
        by_clock: bool,
        settings: SearchSettings,
        temperature: float = 0.0,
    ) -> None:
        self._simulations = MOST_LIVE if by_clock else number
        self._milliseconds = float(number) if by_clock else None
        self._temperature = temperature
        make = partial(Live, game, evaluator, self._simulations, settings)
        self._minds = Minds(make, LIVE_GAMES)

    def choose(self, states: NDArray[np.uint64], rng: np.random.Generator) -> NDArray[np.int64]:
        """See `Player`."""
        chosen = []
        for state in states:
            mind = self._minds.take(state)
            found = mind.think(state, self._simulations, self._milliseconds)
            self._minds.give_back(mind)
            if self._temperature:
                chosen.append(int(drawn(found.policy, self._temperature, rng)[0]))
            else:
                chosen.append(int(found.best[0]))
        return np.array(chosen, np.int64)


def drawn(
    policy: NDArray[np.float32], temperature: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """An action from each row, with probability proportional to policy ** (1 / temperature)."""
    weights = policy.astype(np.float64)
    weights = (weights / weights.max(axis=1, keepdims=True)) ** (1 / temperature)
    weights = (weights / weights.sum(axis=1, keepdims=True)).cumsum(axis=1)
    return (weights < rng.random((len(policy), 1))).sum(axis=1).clip(max=policy.shape[1] - 1)
