"""How often a player chooses a move that exact play would choose, on a file of solved positions.

One JSON object a line: `{"game", "moves": [3, 2], "values": {"0": -2, …}}`, values for the mover. A
move is WDL-optimal when its sign is the best sign and exactly optimal when its value is the best.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from actor.arena import wilson
from actor.players import Player
from engine.errors import CartridgeError, ConfigError
from engine.game import Game, State

BATCH = 512


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


def accuracy(
    player: Player, positions: list[Solved], rng: np.random.Generator
) -> dict[str, object]:
    """Shares of optimal moves, with 95 % Wilson intervals, by ply and beside a random mover."""
    chosen: list[int] = []
    for i in range(0, len(positions), BATCH):
        states = np.stack([position.state for position in positions[i : i + BATCH]])
        chosen += [int(action) for action in player.choose(states, rng)]
    wdl = [p.is_wdl_optimal(a) for p, a in zip(positions, chosen, strict=True)]
    exact = [p.is_exactly_optimal(a) for p, a in zip(positions, chosen, strict=True)]
    by_ply: dict[int, list[bool]] = defaultdict(list)
    for position, good in zip(positions, wdl, strict=True):
        by_ply[position.ply].append(good)
    count = len(positions)
    return {
        "positions": count,
        "wdl_optimal": sum(wdl) / count,
        "wdl_interval": list(wilson(sum(wdl), count)),
        "exact_optimal": sum(exact) / count,
        "exact_interval": list(wilson(sum(exact), count)),
        "random_wdl_optimal": float(np.mean([_random_share(p) for p in positions])),
        "by_ply": {ply: sum(good) / len(good) for ply, good in sorted(by_ply.items())},
    }


def _random_share(position: Solved) -> float:
    return float(np.mean([position.is_wdl_optimal(action) for action in position.values]))
