"""Exact play: the result of every legal action, or a plain refusal, never a guess.

A module here that bears the name of a game's module in engine/games serves that module's games
with its `SOLVER`; every other game gets the exhaustive one.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from pathlib import Path

from engine.game import Game
from engine.solver.exhaustive import ExhaustiveSolver
from engine.solver.interface import Limits, Solution, Solver

__all__ = ["ExhaustiveSolver", "Limits", "Solution", "Solver", "solver_for"]

GAMES = "engine.games."


def solver_for(game: Game, limits: Limits | None = None, tables: Path | None = None) -> Solver:
    """The best solver there is for `game`; `tables` is the folder of endgame tables, if any."""
    source = inspect.unwrap(getattr(game.rules.play, "py_func", game.rules.play)).__module__
    if source.startswith(GAMES):
        name = f"{__name__}.{source.removeprefix(GAMES)}"
        if importlib.util.find_spec(name) is not None:
            module = importlib.import_module(name)
            special: Solver = module.SOLVER(game, limits, tables)
            return special
    return ExhaustiveSolver(game, limits)
