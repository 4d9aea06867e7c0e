"""Connect 4: the lines of four that a player can still fill, and how far he is with each.

A line on which only one player has discs counts for him by their number: 1, 4 or 9. A line with
discs of both, or of nobody, counts for nobody. A line of three with the fourth cell still empty is
so worth as much as nine single discs on open lines.

Bit 7 * column + row from the bottom is a cell; row 6 is a guard, so lines never run over an edge.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from engine.solver.bits import popcount

DISCS = np.uint64((1 << 49) - 1)
BOARD = np.uint64(sum(0b0111111 << 7 * column for column in range(7)))
STEPS = (np.uint64(1), np.uint64(6), np.uint64(7), np.uint64(8))


@njit(error_model="numpy")
def _lines(own, other):
    """The squared numbers of `own` discs on the lines that `other` does not touch, added up."""
    free = BOARD & ~other
    total = 0
    for step in STEPS:
        # A line is known by its lowest bit; the others are one, two and three steps above it.
        two, three = step + step, step + step + step
        open_ = free & (free >> step) & (free >> two) & (free >> three)
        a, b, c, d = (
            own & open_,
            (own >> step) & open_,
            (own >> two) & open_,
            (own >> three) & open_,
        )
        # Two half adders: odd = one or three discs, the carries tell pairs.
        low, low_pair = a ^ b, a & b
        high, high_pair = c ^ d, c & d
        odd, pair = low ^ high, low & high
        several = low_pair | high_pair | pair  # two or more
        total += popcount(odd & ~several)
        total += 4 * popcount(several & ~odd)
        total += 9 * popcount(several & odd)
    return total


@njit(error_model="numpy")
def heuristic(state):
    """Player 0's lines minus player 1's; the position must not be won already."""
    first = state[0] & DISCS
    return _lines(first, state[1]) - _lines(state[1], first)
