"""Two rows of six pits: sowing on a board without stores, and the table of all small boards.

A board is `int64[12]`: the six pits of the player to move from his left, then the opponent's from
his. What lies in the stores changes nothing but the sum, so a board has a future margin: what the
mover will still gain more than the opponent, at most the stones in play, and of their parity.

The table holds the future margin of every board of at most K stones, by combinatorial rank: with
s[i] the stones in pits i to 11, the index is the sum of C(s[i] + 11 - i, 12 - i). All boards of
fewer stones come first, C(K + 12, 12) entries in all. A move that banks nothing brings every stone
it moves nearer to a store, so within one number of stones the recursion ends.
"""

from __future__ import annotations

import logging
import math

import numpy as np
from numpy.typing import NDArray

from engine.solver.bits import kernel
from engine.solver.tables import Table

log = logging.getLogger(__name__)

PITS = 6
UNSET = -128
QUIET = 12
"""Stones up to which building is too quick to report."""
# Explicit types, because a recursive function that Numba specialises for a literal argument (such
# as depth 0) crashes when the next process loads it from the cache.
SOW = "Tuple((int64, boolean))(int64[::1], int64, int64[::1])"
SETTLE = "int64(int64[:, ::1], int64, int8[::1], int64[:, ::1])"


def entries(stones: int) -> int:
    """How many boards have at most `stones` stones in play."""
    return math.comb(stones + 12, 12)


def weights(stones: int) -> NDArray[np.int64]:
    """`int64[12, stones + 1]`: what s[i] = s adds to the rank of a board."""
    return np.array(
        [[math.comb(s + 11 - i, 12 - i) for s in range(stones + 1)] for i in range(12)], np.int64
    )


@kernel()
def rank(board, weight):
    """The index of a board in the table."""
    index, behind = 0, 0
    for pit in range(11, -1, -1):
        behind += board[pit]
        index += weight[pit, behind]
    return index


@kernel(SOW)
def sow(board, pit, after):
    """Play `pit`; write the board of whoever moves next; (stones banked, the same moves again)."""
    for i in range(12):
        after[i] = board[i]
    stones = after[pit]
    after[pit] = 0
    banked = 0
    cell = pit  # 0-5 own pits, 6 own store, 7-12 the opponent's pits
    for _ in range(stones):
        cell = 0 if cell == 12 else cell + 1
        if cell < PITS:
            after[cell] += 1
        elif cell == PITS:
            banked += 1
        else:
            after[cell - 1] += 1
    if cell == PITS:
        return banked, True
    if cell < PITS and after[cell] == 1 and after[11 - cell] > 0:
        banked += 1 + after[11 - cell]
        after[cell] = 0
        after[11 - cell] = 0
    for i in range(PITS):
        after[i], after[i + PITS] = after[i + PITS], after[i]
    return banked, False


@kernel()
def sides(board):
    """The stones in the pits of the mover and of the opponent."""
    own, theirs = 0, 0
    for i in range(PITS):
        own += board[i]
        theirs += board[i + PITS]
    return own, theirs


@kernel(SETTLE)
def _settle(rows, depth, table, weight):
    """The future margin of the board in rows[depth], remembered in the table."""
    board, after = rows[depth], rows[depth + 1]
    own, theirs = sides(board)
    best = own - theirs
    if own != 0 and theirs != 0:
        best = UNSET
        for pit in range(PITS):
            if board[pit] == 0:
                continue
            banked, again = sow(board, pit, after)
            margin = np.int64(table[rank(after, weight)])
            if margin == UNSET:
                margin = _settle(rows, depth + 1, table, weight)
            best = max(best, banked + (margin if again else -margin))
    table[rank(board, weight)] = best
    return best


@kernel("void(int64, int8[::1], int64[:, ::1])")
def fill(stones, table, weight):
    """Set the entries of all boards of exactly `stones` stones; those of fewer are set already."""
    rows = np.zeros((6 * stones + 2, 12), np.int64)  # a stone makes five steps before the store
    board = np.zeros(12, np.int64)
    board[11] = stones
    while True:
        if table[rank(board, weight)] == UNSET:
            rows[0, :] = board
            _settle(rows, 0, table, weight)
        if board[0] == stones:
            return
        last = 11  # the next composition: carry the last stones, less one, back to the end
        while board[last] == 0:
            last -= 1
        moved = board[last]
        board[last] = 0
        board[11] = moved - 1
        board[last - 1] += 1


def build(stones: int) -> Table:
    """The table of all boards of at most `stones` stones in play."""
    table = np.full(entries(stones), UNSET, np.int8)
    weight = weights(stones)
    for count in range(stones + 1):
        fill(count, table, weight)
        if count > QUIET:
            log.info("endgame table: %d of %d stones", count, stones)
    return table
