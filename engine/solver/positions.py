"""Files of solved positions: what they say, and whether a solver says the same.

One JSON object a line: `{"game", "moves": [3, 2], "values": {"0": -2, …}}`, values for the mover. A
move is WDL-optimal when its sign is the best sign and exactly optimal when its value is the best.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import CartridgeError, ConfigError, OutOfReach
from engine.game import Game, State
from engine.solver.interface import Solver


@dataclass(frozen=True)
class Solved:
    """A position with the exact value of every legal action, for its mover."""

    state: State
    ply: int
    values: dict[int, int]

    def is_wdl_optimal(self, action: int) -> bool:
        """Whether `action` keeps the result class (win, draw, loss) that the position has."""
        return bool(np.sign(self.values[action]) == np.sign(max(self.values.values())))

    def is_exactly_optimal(self, action: int) -> bool:
        """Whether `action` has the best value of all."""
        return self.values[action] == max(self.values.values())


@dataclass(frozen=True)
class Agreement:
    """How a solver did on a file: positions, those it solved, those it solved as the file does."""

    positions: int
    solved: int
    agree: int
    nodes: int
    seconds: float


def read_positions(path: Path, game: Game) -> list[Solved]:
    """The positions of `game` in a file; raises ConfigError naming the line that is wrong."""
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the positions {path}: {error}") from None
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            if entry["game"] != game.name:
                continue
            state = game.replay(entry["moves"])
            values = {int(a): int(v) for a, v in entry["values"].items()}
        except (ValueError, KeyError, TypeError, AttributeError, CartridgeError) as error:
            raise ConfigError(f"{path}, line {number}: {error!r}") from None
        if sorted(values) != game.legal(state):
            raise ConfigError(
                f"{path}, line {number}: values for {sorted(values)}, legal are {game.legal(state)}"
            )
        found.append(Solved(state, len(entry["moves"]), values))
    if not found:
        raise ConfigError(f"{path} holds no position of {game.name}")
    return found


def compare(solver: Solver, positions: list[Solved]) -> Agreement:
    """Solve all `positions`; those beyond the solver's limits count as not solved."""
    began = time.perf_counter()
    solved = agree = nodes = 0
    for position in positions:
        try:
            found = solver.solve(position.state)
        except OutOfReach:
            continue
        solved += 1
        agree += found.values == position.values
        nodes += found.nodes
    return Agreement(len(positions), solved, agree, nodes, time.perf_counter() - began)
