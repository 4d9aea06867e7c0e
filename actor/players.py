"""Players by name, for the arena, the yardsticks and the browser.

random                 a uniformly random legal action
mcts:800               search without a network, 800 simulations
solver                 exact play, where the position is within reach
model:latest@200       a model of the run with 200 simulations; @0 = its policy alone
model:best@50          the promoted model; model:step_004000@50 a snapshot
latest@200, best@200   the same without the word "model:"
…/t0.5                 any searching player: moves drawn from visits ** (1 / 0.5)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.config import SearchSettings
from engine.errors import ConfigError, ModelError
from engine.evaluator import Evaluator
from engine.evaluator.onnx import OnnxEvaluator
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.search.search import search
from engine.solver import Solver, solver_for
from storage.models import Models

_SPEC = re.compile(
    r"(?:(?P<plain>random|solver)|mcts:(?P<mcts>\d+)"
    r"|(?:model:)?(?P<model>latest|best|step_\d+)@(?P<simulations>\d+))"
    r"(?:/t(?P<temperature>\d*\.?\d+))?"
)


class Player(Protocol):
    """Anything that chooses moves for a batch of positions."""

    def choose(self, states: NDArray[np.uint64], rng: np.random.Generator) -> NDArray[np.int64]:
        """A legal action for each of `states uint64[B, W]`, none of them finished."""
        ...


@dataclass(frozen=True)
class RandomPlayer:
    """Every legal action alike."""

    game: Game

    def choose(self, states: NDArray[np.uint64], rng: np.random.Generator) -> NDArray[np.int64]:
        """See `Player`."""
        return np.array([rng.choice(self.game.legal(state)) for state in states], np.int64)


@dataclass(frozen=True)
class SolverPlayer:
    """Exact play; draws one of the best actions at random."""

    solver: Solver

    def choose(self, states: NDArray[np.uint64], rng: np.random.Generator) -> NDArray[np.int64]:
        """See `Player`; raises OutOfReach beyond the solver's limits."""
        return np.array([rng.choice(self.solver.solve(state).best) for state in states], np.int64)


@dataclass(frozen=True)
class SearchPlayer:
    """A search over an evaluator; 0 simulations = the evaluator's policy alone."""

    game: Game
    evaluator: Evaluator
    simulations: int
    settings: SearchSettings
    temperature: float = 0.0

    def choose(self, states: NDArray[np.uint64], rng: np.random.Generator) -> NDArray[np.int64]:
        """See `Player`; at temperature 0 the most visited (or most probable) action."""
        policy = self._policy(states)
        if self.temperature == 0:
            return policy.argmax(axis=1)
        weights = (policy / policy.max(axis=1, keepdims=True)) ** (1 / self.temperature)
        weights = (weights / weights.sum(axis=1, keepdims=True)).cumsum(axis=1)
        return (weights < rng.random((len(states), 1))).sum(axis=1).clip(max=policy.shape[1] - 1)

    def _policy(self, states: NDArray[np.uint64]) -> NDArray[np.float64]:
        # One simulation is the cheapest search that evaluates the root and knows what is legal.
        found = search(self.game, states, max(1, self.simulations), self.evaluator, self.settings)
        shares = found.policy if self.simulations > 0 else found.prior
        return shares.astype(np.float64)


def player(spec: str, game: Game, models: Models, settings: SearchSettings) -> Player:
    """The player that `spec` names; raises ConfigError for a spec that is none."""
    match = _SPEC.fullmatch(spec.strip())
    if match is None:
        raise ConfigError(
            f"{spec!r} is no player; known forms: random, solver, mcts:800, latest@200, best@200,"
            " step_004000@0, each search also with /t0.5"
        )
    if match["plain"] == "random":
        return RandomPlayer(game)
    if match["plain"] == "solver":
        return SolverPlayer(solver_for(game))
    temperature = float(match["temperature"] or 0)
    if match["mcts"]:
        simulations = int(match["mcts"])
        if simulations == 0:
            raise ConfigError(f"{spec!r} needs at least 1 simulation")
        return SearchPlayer(game, UniformEvaluator(game), simulations, settings, temperature)
    evaluator = OnnxEvaluator(game, _model_bytes(match["model"], models))
    return SearchPlayer(game, evaluator, int(match["simulations"]), settings, temperature)


def _model_bytes(name: str, models: Models) -> bytes:
    if name.startswith("step_"):
        return models.snapshot(int(name.removeprefix("step_")))
    data = models.latest() if name == "latest" else models.best()
    if data is None:
        raise ModelError(f"the run has no {name} model yet; train it first")
    return data
