"""Solved positions for the tests of the solvers, each file a whole or a sample of it."""

from __future__ import annotations

from pathlib import Path

from engine.games import find
from engine.solver import Solver
from engine.solver.positions import Solved, read_positions

FOLDER = Path(__file__).resolve().parents[2] / "reference"


def sample(file: str, game: str, every: int = 1, first_ply: int = 0) -> list[Solved]:
    """Every `every`-th position of `game` in a reference file, from `first_ply` plies on."""
    found = read_positions(FOLDER / f"{file}.jsonl", find(game))
    return [position for position in found if position.ply >= first_ply][::every]


def assert_exact(solver: Solver, positions: list[Solved]) -> None:
    """The solver finds the value of every legal action of every position."""
    assert positions
    for position in positions:
        found = solver.solve(position.state)
        assert found.values == position.values, solver.describe(position.state)
