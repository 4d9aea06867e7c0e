"""Othello, exactly: the disc difference of the last moves, empty squares to the winner.

A position is `own`, the mover's discs, and `other`; bit 8 * row + column is a square. Alpha-beta
with a table and with the replies that leave the opponent fewest moves first, down to a few empty
squares, where generating nothing and trying each empty square is cheaper. Squares in a quadrant
with an odd number of empty ones come first: the last move there is then the mover's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.game import Game, State
from engine.solver.bits import kernel, lowest, popcount
from engine.solver.interface import ALLOWED, STOP, VISITED, Control, Limits, Solver

ONE = np.uint64(1)
ZERO = np.uint64(0)
INNER = np.uint64(0x7E7E7E7E7E7E7E7E)
CORNERS = np.uint64(0x8100000000000081)
QUADRANT = np.uint64(0x0F0F0F0F)
CENTRE = 0x0000001818000000
PASS = 64
UNKNOWN = -1000
"""What a kernel returns once it was stopped; no difference is that low."""
SHALLOW = 5
"""At most so many empty squares: no move generation, no order but parity."""
REMEMBER = 8
"""At least so many empty squares: positions go into the table."""
MEMORY_BITS = 20
SHIFT = np.uint64(64 - MEMORY_BITS)
SPREAD = np.uint64(0x9E3779B97F4A7C15)
MIX = np.uint64(0xC2B2AE3D27D4EB4F)
NEAR = 20
"""At most so many empty squares: a second is sometimes enough, with 17 mostly."""
MOST_MOVES = 34
LAST_SCORE = 1000
# Explicit types, because a recursive function that Numba specialises for a literal argument
# crashes when the next process loads it from the cache.
FEW = "int64(uint64, uint64, int64, int64, int64[::1])"
SEARCH = "int64(uint64, uint64, int64, int64, uint64[:, :, ::1], uint64[:, ::1], int64[::1])"


@kernel()
def _reach(own, between, step):
    """Empty or other squares beyond a run of `between` that starts beside `own`, both ways."""
    up = (own << step) & between
    down = (own >> step) & between
    for _ in range(5):
        up |= (up << step) & between
        down |= (down >> step) & between
    return (up << step) | (down >> step)


@kernel()
def mobility(own, other):
    """The squares on which the mover may put a disc."""
    inner = other & INNER
    found = _reach(own, inner, ONE) | _reach(own, other, np.uint64(8))
    found |= _reach(own, inner, np.uint64(7)) | _reach(own, inner, np.uint64(9))
    return found & ~(own | other)


@kernel()
def _line(disc, own, between, step):
    up = (disc << step) & between
    down = (disc >> step) & between
    for _ in range(5):
        up |= (up << step) & between
        down |= (down >> step) & between
    flipped = up if (up << step) & own else ZERO
    return flipped | down if (down >> step) & own else flipped


@kernel("uint64(uint64, uint64, uint64)")
def flips(disc, own, other):
    """The discs that turn when the mover puts `disc` (one bit); none where that is illegal."""
    inner = other & INNER
    found = _line(disc, own, inner, ONE) | _line(disc, own, other, np.uint64(8))
    return found | _line(disc, own, inner, np.uint64(7)) | _line(disc, own, inner, np.uint64(9))


@kernel()
def final(own, other):
    """The difference for the mover when nobody can move; empty squares to the winner."""
    mine, theirs = popcount(own), popcount(other)
    if mine == theirs:
        return 0
    return 64 - 2 * theirs if mine > theirs else 2 * mine - 64


@kernel()
def odd_squares(empty):
    """The squares of all quadrants that hold an odd number of empty squares."""
    odd = ZERO
    for corner in (np.uint64(0), np.uint64(4), np.uint64(32), np.uint64(36)):
        if popcount((empty >> corner) & QUADRANT) & 1:
            odd |= QUADRANT << corner
    return odd


@kernel()
def _last(own, other, disc):
    """The difference with one empty square, `disc`."""
    turned = flips(disc, own, other)
    if turned:
        return 2 * (popcount(own) + popcount(turned) + 1) - 64
    turned = flips(disc, other, own)
    if turned:
        return 64 - 2 * (popcount(other) + popcount(turned) + 1)
    return final(own, other)


@kernel(FEW)
def few(own, other, alpha, beta, control):
    """Like `search`, for a few empty squares."""
    control[VISITED] += 1
    empty = ~(own | other)
    if empty & (empty - ONE) == ZERO:
        return _last(own, other, empty) if empty else final(own, other)
    best = -LAST_SCORE
    odd = odd_squares(empty)
    for squares in (empty & odd, empty & ~odd):
        left = squares
        while left:
            disc = left & (~left + ONE)
            left ^= disc
            turned = flips(disc, own, other)
            if turned == ZERO:
                continue
            floor = max(best, alpha)
            value = -few(other ^ turned, own | turned | disc, -beta, -floor, control)
            best = max(best, value)
            if best >= beta:
                return best
    if best > -LAST_SCORE:
        return best
    if mobility(other, own) == ZERO:
        return final(own, other)
    return -few(other, own, -beta, -alpha, control)


@kernel()
def _order(own, other, moves, hint, row):
    """Write (own, other, score, square) of each reply into `row`, best first; their number."""
    odd = odd_squares(~(own | other))
    count = 0
    while moves:
        disc = moves & (~moves + ONE)
        moves ^= disc
        square = lowest(disc)
        turned = flips(disc, own, other)
        mine, theirs = own | turned | disc, other ^ turned
        replies = mobility(theirs, mine)
        score = 4 * (popcount(replies) + popcount(replies & CORNERS))
        score += 0 if disc & odd else 2
        score -= 6 if disc & CORNERS else 0
        if square == hint:
            score = -LAST_SCORE
        value = np.uint64(score + LAST_SCORE)
        place = count
        while place > 0 and row[place - 1, 2] > value:
            row[place, :] = row[place - 1, :]
            place -= 1
        row[place, 0] = theirs
        row[place, 1] = mine
        row[place, 2] = value
        row[place, 3] = np.uint64(square)
        count += 1
    return count


@kernel(SEARCH)
def search(own, other, alpha, beta, rows, memory, control):
    """The difference for the mover: exact inside (alpha, beta), a bound on it outside."""
    empties = 64 - popcount(own | other)
    if empties <= SHALLOW:
        return few(own, other, alpha, beta, control)
    if control[STOP] != 0 or control[VISITED] >= control[ALLOWED]:
        return UNKNOWN
    control[VISITED] += 1
    moves = mobility(own, other)
    if moves == ZERO:
        if mobility(other, own) == ZERO:
            return final(own, other)
        value = search(other, own, -beta, -alpha, rows, memory, control)
        return UNKNOWN if value == UNKNOWN else -value
    lower, upper, hint = -64, 64, -1
    slot = np.int64(((own * SPREAD) ^ (other * MIX)) * SPREAD >> SHIFT)
    if empties >= REMEMBER and memory[slot, 0] == own and memory[slot, 1] == other:
        entry = np.int64(memory[slot, 2])
        lower, upper, hint = (entry & 255) - 64, ((entry >> 8) & 255) - 64, entry >> 16
        if lower >= beta or lower == upper:
            return lower
        if upper <= alpha:
            return upper
    first, last = max(alpha, lower), min(beta, upper)
    best, choice = -LAST_SCORE, 0
    row = rows[empties]
    for index in range(_order(own, other, moves, hint, row)):
        mine, theirs = row[index, 0], row[index, 1]
        floor = max(best, first)
        near = (
            last if index == 0 else floor + 1
        )  # the others need only show that they are no better
        value = search(mine, theirs, -near, -floor, rows, memory, control)
        if value != UNKNOWN and floor < -value < last and near < last:
            value = search(mine, theirs, -last, value, rows, memory, control)
        if value == UNKNOWN:
            return UNKNOWN
        if -value > best:
            best, choice = -value, np.int64(row[index, 3])
        if best >= last:
            break
    if empties >= REMEMBER:
        if best > first:
            lower = max(lower, best)
        if best < last:
            upper = min(upper, best)
        memory[slot, 0] = own
        memory[slot, 1] = other
        memory[slot, 2] = np.uint64((choice << 16) | ((upper + 64) << 8) | (lower + 64))
    return best


class OthelloSolver(Solver):
    """Alpha-beta to the end; one table of 32 MB, made on first use."""

    reach = "up to about 18 empty squares"

    def __init__(
        self, game: Game, limits: Limits | None = None, tables: Path | None = None
    ) -> None:
        super().__init__(game, limits, tables)
        self._memory = np.zeros((0, 3), np.uint64)

    def fault(self, state: State) -> str | None:
        """See `Solver`."""
        first, second = int(state[0]), int(state[1])
        if first & second:
            return "discs of both players on one square"
        if int(state[2]) > 1:
            return "a mover that is neither 0 nor 1"
        if ~(first | second) & CENTRE:
            return "an empty square in the centre"
        return None

    def near(self, state: State) -> bool:
        """See `Solver`."""
        return 64 - int(state[0] | state[1]).bit_count() <= NEAR

    def prepare(self) -> None:
        """See `Solver`."""
        if not len(self._memory):
            self._memory = np.zeros((1 << MEMORY_BITS, 3), np.uint64)

    def values(self, state: State, control: Control) -> dict[int, int] | None:
        """See `Solver`."""
        rows = np.zeros((65, MOST_MOVES, 4), np.uint64)
        mover = self.game.mover(state)
        own, other = state[mover], state[1 - mover]
        found = {}
        for action in self.game.legal(state):
            disc = np.uint64(0 if action == PASS else 1 << action)
            turned = flips(disc, own, other)
            value = search(
                other ^ turned, own | turned | disc, -64, 64, rows, self._memory, control
            )
            if value == UNKNOWN:
                return None
            found[action] = -int(value)
        return found


SOLVER = OthelloSolver
