"""Cell and action permutations of a board, as index arrays.

Convention, for both arrays: `new[i] = old[permutation[i]]`. A position seen through a symmetry has
the planes `planes[:, cells]` (cells flattened row by row) and the policy `policy[actions]`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Symmetry(NamedTuple):
    """One symmetry of a game: `cells int64[H*W]`, `actions int64[A]`."""

    cells: NDArray[np.int64]
    actions: NDArray[np.int64]


def cell_permutations(
    rows: int, columns: int, group: Literal["identity", "mirror", "turn", "square"]
) -> list[NDArray[np.int64]]:
    """The cell permutations of a group, identity first.

    "mirror" = left-right (2), "turn" = by half a turn (2), "square" = the eight of the square
    (rows must equal columns).
    """
    board = np.arange(rows * columns, dtype=np.int64).reshape(rows, columns)
    if group == "identity":
        return [board.ravel()]
    if group == "mirror":
        return [board.ravel(), board[:, ::-1].ravel()]
    if group == "turn":
        return [board.ravel(), board[::-1, ::-1].ravel()]
    if rows != columns:
        raise ValueError(f"a {rows}x{columns} board does not have the symmetries of the square")
    turned = [np.rot90(board, k) for k in range(4)]
    return [np.ascontiguousarray(b).ravel() for t in turned for b in (t, t[:, ::-1])]
