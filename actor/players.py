"""Players by name, for the arena, the ladder, the yardsticks and the browser.

random                 a uniformly random legal action
greedy                 one ply ahead, by the game's rule of thumb (engine/heuristics)
alphabeta:4            four plies ahead
mcts:800               search without a network, 800 simulations
solver                 exact play, where the position is within reach
model:latest@200       a model of the run with 200 simulations; @0 = its policy alone
model:best@50          the promoted model; model:step_004000@50 a snapshot
                       step_004000-1a2b3c4d@50 if the sha256 of its weights begins like that
model:zoo@50           the zoo's model of the game; zoo-1a2b3c4d@50 if its sha256 begins like that
latest@200, best@200   the same without the word "model:"
latest@50ms, mcts:50ms as in the browser: one tree a game, kept from move to move, 50 ms a move
latest@800/live        likewise, 800 simulations; serial searches side by side without "/live"
…/t0.5                 mcts and models: drawn from the search's policy ** (1 / 0.5)
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.config import SearchSettings
from engine.errors import ConfigError, ModelError
from engine.evaluator import Evaluator
from engine.evaluator.onnx import OnnxEvaluator, read_card
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.heuristics.alphabeta import AlphaBeta
from engine.search import search
from engine.search.live import Live, Minds
from engine.solver import Solver, solver_for
from storage.models import Models

_SPEC = re.compile(
    r"(?P<plain>random|greedy|solver)|alphabeta:(?P<plies>\d+)"
    r"|(?:mcts:(?P<mcts>\d+)|(?:model:)?(?P<model>latest|best|(?:step_\d+|zoo)(?:-[0-9a-f]{8})?)@(?P<simulations>\d+))"
    r"(?P<live>ms|/live)?(?:/t(?P<temperature>\d*\.?\d+))?"
)
MOST_LIVE = 20_000
"""Simulations after which a player against the clock has thought enough."""
LIVE_GAMES = 64
"""Trees that such a player keeps."""
MOST_PLIES = 60
"""Alpha-beta beyond that would not end anyway."""


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


@dataclass(frozen=True)
class Spec:
    """What a player's name says; `str()` spells it in the one way that is used in files."""

    kind: Literal["random", "greedy", "solver", "alphabeta", "mcts", "model"]
    number: int = 0  # plies of alphabeta, simulations (or milliseconds) of mcts and model
    model: str = ""  # latest, best, step_004000, zoo; the last two also with -1a2b3c4d
    temperature: float = 0.0
    live: str = ""  # "ms" or "/live": one tree a game; ms: against the clock

    def __str__(self) -> str:
        temperature = np.format_float_positional(self.temperature, trim="-")
        tail = self.live + (f"/t{temperature}" if self.temperature else "")
        if self.kind == "model":
            return f"{self.model}@{self.number}{tail}"
        return f"{self.kind}:{self.number}{tail}" if self.number else self.kind


@dataclass(frozen=True)
class Recipe:
    """All that another process needs to make a player: what it is, and its model's file."""

    spec: Spec
    model: bytes | None = None

    def digest(self) -> str | None:
        """The sha256 of its model's weights, None without a model; raises ModelError."""
        return None if self.model is None else read_card(self.model).sha256

    def player(self, game: Game, settings: SearchSettings) -> Player:
        """Make the player; raises ModelError where the model does not fit the game."""
        spec = self.spec
        if spec.kind == "random":
            return RandomPlayer(game)
        if spec.kind == "solver":
            return SolverPlayer(_solver(game))
        if spec.kind in ("greedy", "alphabeta"):
            return AlphaBetaPlayer(game, spec.number or 1)
        evaluator: Evaluator = UniformEvaluator(game)
        if self.model is not None:
            evaluator = OnnxEvaluator(game, self.model)
        if spec.live:
            by_clock = spec.live == "ms"
            return LivePlayer(game, evaluator, spec.number, by_clock, settings, spec.temperature)
        return SearchPlayer(game, evaluator, spec.number, settings, spec.temperature)


def parse(text: str) -> Spec:
    """Read a player's name; raises ConfigError for one that is none."""
    match = _SPEC.fullmatch(text.strip())
    if match is None:
        raise ConfigError(
            f"{text!r} is no player; known forms: random, greedy, alphabeta:4, solver, mcts:800,"
            " latest@200, best@200, zoo@200, step_004000@0, latest@50ms, latest@800/live, and, for"
            " searches, mcts:800/t0.5 and the like"
        )
    if match["plain"]:
        return Spec(match["plain"])  # type: ignore[arg-type] # the expression names three kinds
    if match["plies"]:
        plies = int(match["plies"])
        if not 1 <= plies <= MOST_PLIES:
            raise ConfigError(f"{text!r} must look 1 to {MOST_PLIES} plies ahead, not {plies}")
        return Spec("alphabeta", plies)
    temperature, live = float(match["temperature"] or 0), match["live"] or ""
    if (match["mcts"] or live) and int(match["mcts"] or match["simulations"]) == 0:
        raise ConfigError(f"{text!r} needs at least 1 simulation or 1 ms")
    if match["mcts"]:
        return Spec("mcts", int(match["mcts"]), temperature=temperature, live=live)
    name = match["model"]
    if name.startswith("step_"):
        step, dash, mark = name.removeprefix("step_").partition("-")
        name = f"step_{int(step):06d}{dash}{mark}"
    return Spec("model", int(match["simulations"]), name, temperature, live)


def no_zoo() -> bytes:
    """What stands for the zoo where there is none; raises ModelError."""
    raise ModelError("there is no zoo here to take a model from")


def recipe(spec: Spec, models: Models, zoo: Callable[[], bytes] = no_zoo) -> Recipe:
    """`spec` and the model it names; raises ModelError or StorageError where there is none.

    `zoo` gives the zoo's model of the game.
    """
    if spec.kind != "model":
        return Recipe(spec)
    if spec.model.startswith("zoo"):
        return Recipe(spec, _from_zoo(spec.model, zoo()))
    if spec.model.startswith("step_"):
        return Recipe(spec, _snapshot(spec.model, models))
    data = models.latest() if spec.model == "latest" else models.best()
    if data is None:
        raise ModelError(f"the run has no {spec.model} model yet; train it first")
    return Recipe(spec, data)


def pinned(spec: Spec, models: Models, zoo: Callable[[], bytes] = no_zoo) -> Spec:
    """`spec` with the model that latest, best or zoo means now: step_004400 instead of latest."""
    if spec.kind != "model" or spec.model not in ("latest", "best", "zoo"):
        return spec
    data = recipe(spec, models, zoo).model
    assert data is not None
    if spec.model == "zoo":
        return replace(spec, model=_marked(data))
    return replace(spec, model=f"step_{read_card(data).step:06d}")


def player(
    spec: str,
    game: Game,
    models: Models,
    settings: SearchSettings,
    zoo: Callable[[], bytes] = no_zoo,
) -> Player:
    """The player that `spec` names; raises ConfigError for a spec that is none."""
    return recipe(parse(spec), models, zoo).player(game, settings)


def unmarked(spec: Spec) -> Spec:
    """`spec` without what tells one snapshot of a step from another."""
    if not spec.model.startswith("step_"):
        return spec
    return replace(spec, model=spec.model.partition("-")[0])


def marked(spec: Spec, digest: str) -> Spec:
    """`spec` of a snapshot that is the one of this digest and no other of the same step."""
    return replace(spec, model=f"{unmarked(spec).model}-{digest[:8]}")


def _snapshot(name: str, models: Models) -> bytes:
    step, _, mark = name.removeprefix("step_").partition("-")
    data = models.snapshot(int(step))
    found = read_card(data).sha256 if mark else ""
    if not found.startswith(mark):
        raise ModelError(f"there is no {name} any more, step_{step} has the digest {found[:8]} now")
    return data


def _from_zoo(name: str, data: bytes) -> bytes:
    if name not in ("zoo", _marked(data)):
        raise ModelError(f"there is no {name} any more, the zoo's model is {_marked(data)} now")
    return data


def _marked(data: bytes) -> str:
    return f"zoo-{hashlib.sha256(data).hexdigest()[:8]}"


@cache
def _solver(game: Game) -> Solver:
    # What a solver remembers makes it faster and never different, so players share it.
    return solver_for(game)
