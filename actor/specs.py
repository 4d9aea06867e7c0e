"""Players by name.

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
…/int8, …/bf16         models: the network in fewer bits, refused where that changes what it says
…/t0.5                 mcts and models: drawn from the search's policy ** (1 / 0.5)
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np

from actor.players import (
    AlphaBetaPlayer,
    LivePlayer,
    Player,
    RandomPlayer,
    SearchPlayer,
    SolverPlayer,
)
from actor.rounded import rounded
from engine.config import SearchSettings
from engine.errors import ConfigError, ModelError
from engine.evaluator import Evaluator
from engine.evaluator.onnx import OnnxEvaluator, read_card
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.solver import Solver, solver_for
from storage.models import Models

_SPEC = re.compile(
    r"(?P<plain>random|greedy|solver)|alphabeta:(?P<plies>\d+)"
    r"|(?:mcts:(?P<mcts>\d+)|(?:model:)?(?P<model>latest|best|(?:step_\d+|zoo)(?:-[0-9a-f]{8})?)@(?P<simulations>\d+))"
    r"(?P<live>ms|/live)?(?:/(?P<bits>int8|bf16))?(?:/t(?P<temperature>\d*\.?\d+))?"
)
MOST_PLIES = 60
"""Alpha-beta beyond that would not end anyway."""


@dataclass(frozen=True)
class Spec:
    """What a player's name says; `str()` spells it in the one way that is used in files."""

    kind: Literal["random", "greedy", "solver", "alphabeta", "mcts", "model"]
    number: int = 0  # plies of alphabeta, simulations (or milliseconds) of mcts and model
    model: str = ""  # latest, best, step_004000, zoo; the last two also with -1a2b3c4d
    temperature: float = 0.0
    live: str = ""  # "ms" or "/live": one tree a game; ms: against the clock
    bits: str = ""  # int8, bf16; "" is fp32

    def __str__(self) -> str:
        temperature = np.format_float_positional(self.temperature, trim="-")
        tail = self.live + (f"/{self.bits}" if self.bits else "")
        tail += f"/t{temperature}" if self.temperature else ""
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
        """Make the player.

        Raises ModelError where the model does not fit the game or is refused in the bits asked for,
        ConfigError where this machine cannot compute in these.
        """
        spec = self.spec
        if spec.kind == "random":
            return RandomPlayer(game)
        if spec.kind == "solver":
            return SolverPlayer(_solver(game))
        if spec.kind in ("greedy", "alphabeta"):
            return AlphaBetaPlayer(game, spec.number or 1)
        evaluator: Evaluator = UniformEvaluator(game)
        if self.model is not None:
            evaluator = (
                rounded(game, self.model, spec.bits)
                if spec.bits
                else OnnxEvaluator(game, self.model)
            )
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
            " latest@200, best@200, zoo@200, step_004000@0, latest@50ms, latest@800/live,"
            " latest@200/int8, and, for searches, mcts:800/t0.5 and the like"
        )
    if match["plain"]:
        return Spec(match["plain"])  # type: ignore[arg-type] # the expression names three kinds
    if match["plies"]:
        plies = int(match["plies"])
        if not 1 <= plies <= MOST_PLIES:
            raise ConfigError(f"{text!r} must look 1 to {MOST_PLIES} plies ahead, not {plies}")
        return Spec("alphabeta", plies)
    temperature, live, bits = (
        float(match["temperature"] or 0),
        match["live"] or "",
        match["bits"] or "",
    )
    if match["mcts"] and bits:
        raise ConfigError(f"{text!r} has no network that could be computed in {bits}")
    if (match["mcts"] or live) and int(match["mcts"] or match["simulations"]) == 0:
        raise ConfigError(f"{text!r} needs at least 1 simulation or 1 ms")
    if match["mcts"]:
        return Spec("mcts", int(match["mcts"]), temperature=temperature, live=live)
    name = match["model"]
    if name.startswith("step_"):
        step, dash, mark = name.removeprefix("step_").partition("-")
        name = f"step_{int(step):06d}{dash}{mark}"
    return Spec("model", int(match["simulations"]), name, temperature, live, bits)


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
