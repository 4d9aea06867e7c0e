"""How often a player chooses a move that exact play would choose, on a file of solved positions."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from actor.players import Player
from actor.solved import Worth
from engine.intervals import wilson
from engine.solver.positions import Solved, read_positions

__all__ = ["Solved", "accuracy", "read_positions"]

BATCH = 512


def accuracy(
    player: Player,
    positions: list[Solved],
    rng: np.random.Generator,
    quiet: Worth | None = None,
) -> dict[str, object]:
    """Shares of optimal moves, with 95 % Wilson intervals, by ply and beside a random mover.

    Where `quiet` is given, the positions that it holds for are also counted by themselves.
    """
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
    still = [good for p, good in zip(positions, wdl, strict=True) if quiet and quiet(p.state)]
    return {
        **_share(wdl),
        "exact_optimal": sum(exact) / count,
        "exact_interval": list(wilson(sum(exact), count)),
        **({"quiet": _share(still)} if quiet else {}),
        "random_wdl_optimal": float(np.mean([_random_share(p) for p in positions])),
        "by_ply": {ply: sum(good) / len(good) for ply, good in sorted(by_ply.items())},
    }


def _share(good: list[bool]) -> dict[str, object]:
    """The share of good answers, None where nothing was asked."""
    if not good:
        return {"positions": 0, "wdl_optimal": None, "wdl_interval": None}
    return {
        "positions": len(good),
        "wdl_optimal": sum(good) / len(good),
        "wdl_interval": list(wilson(sum(good), len(good))),
    }


def _random_share(position: Solved) -> float:
    return float(np.mean([position.is_wdl_optimal(action) for action in position.values]))
