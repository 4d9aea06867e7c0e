"""Othello: where the discs lie and how many moves there are, not how many discs there are.

Our own figures in the classical pattern: a corner can never be turned and is worth most, the
squares beside an empty corner give it away, edges are good, the middle is worth little.

    100 -20  12   6   6  12 -20 100
    -20 -45  -4  -3  -3  -4 -45 -20
     12  -4   4   1   1   4  -4  12
      6  -3   1   1   1   1  -3   6      and the same mirrored below

The three squares beside a corner count 0 as soon as the corner is taken: they give nothing away any
more. A legal move more than the opponent has is worth `MOVE`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from engine.solver.bits import popcount
from engine.solver.othello import mobility

QUARTER = (
    (100, -20, 12, 6),
    (-20, -45, -4, -3),
    (12, -4, 4, 1),
    (6, -3, 1, 1),
)
MOVE = 9
CORNERS = (0, 7, 56, 63)
ZERO = np.uint64(0)


def weight(square: int) -> int:
    """What a disc on `square` (8 * row + column) is worth while the corners are empty."""
    row, column = divmod(square, 8)
    return QUARTER[min(row, 7 - row)][min(column, 7 - column)]


def beside(corner: int) -> list[int]:
    """The three squares beside a corner."""
    row, column = divmod(corner, 8)
    inner = (1 if row == 0 else 6, 1 if column == 0 else 6)
    return [8 * inner[0] + inner[1], 8 * row + inner[1], 8 * inner[0] + column]


def _mask(squares: list[int]) -> np.uint64:
    return np.uint64(sum(1 << square for square in squares))


_NEAR = [square for corner in CORNERS for square in beside(corner)]
_FAR = [square for square in range(64) if square not in _NEAR]
# Squares of equal weight are counted together.
CLASSES = tuple(
    (np.int64(value), _mask([square for square in _FAR if weight(square) == value]))
    for value in sorted({weight(square) for square in _FAR})
)
# Corner, the diagonal square beside it, the two others.
NEAR = tuple(
    (_mask([corner]), _mask(beside(corner)[:1]), _mask(beside(corner)[1:])) for corner in CORNERS
)
DIAGONAL, ADJACENT = np.int64(QUARTER[1][1]), np.int64(QUARTER[0][1])


@njit(error_model="numpy")
def heuristic(state):
    """Player 0's squares and moves minus player 1's."""
    first, second = state[0], state[1]
    total = MOVE * (popcount(mobility(first, second)) - popcount(mobility(second, first)))
    for value, squares in CLASSES:
        total += value * (popcount(first & squares) - popcount(second & squares))
    for corner, diagonal, adjacent in NEAR:
        if (first | second) & corner == ZERO:
            total += DIAGONAL * (popcount(first & diagonal) - popcount(second & diagonal))
            total += ADJACENT * (popcount(first & adjacent) - popcount(second & adjacent))
    return total
