"""Connect 4, exactly: alpha-beta on two words, with the winning cells known before they are played.

A position is `own`, the mover's discs, and `mask`, all discs, in the bit order of
engine/games/connect4.py (7 * column + row, row 6 a guard). The value of a win is 22 minus the discs
that the winner then has, of a loss its negative, so with n discs on the board a win by the next
disc is worth (43 - n) // 2 and a loss to the reply -((42 - n) // 2).

The memory is a table of single words: 49 bits of key (own + mask is different for every position),
6 bits for the lower and 6 for the upper bound, each + 22, and nothing half written can be read.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.game import Game, State
from engine.games.connect4 import BOTTOM, COLUMNS, DISCS, HEIGHT, ROWS, TURN
from engine.solver.bits import kernel, popcount
from engine.solver.interface import ALLOWED, STOP, VISITED, Control, Limits, Solver

ONE = np.uint64(1)
ZERO = np.uint64(0)
CELLS = np.uint64(sum(((1 << ROWS) - 1) << (HEIGHT * c) for c in range(COLUMNS)))
COLUMN = np.uint64((1 << HEIGHT) - 1)
ORDER = np.array([3, 2, 4, 1, 5, 0, 6], np.uint64)
TABLE_BITS = 23
SHIFT = np.uint64(64 - TABLE_BITS)
SPREAD = np.uint64(0x9E3779B97F4A7C15)
KEY = np.uint64(12)
SIX = np.uint64(63)
OFFSET = 22
LOOK_AHEAD = 32
NEAR = 6
"""Discs from which on a second is sometimes enough, from 11 on mostly."""
# Explicit types, because a recursive function that Numba specialises for a literal argument
# crashes when the next process loads it from the cache.
SEARCH = "int64(uint64, uint64, int64, int64, int64, uint64[::1], uint64[:, ::1], int64[::1])"
SOLVE = "boolean(uint64, uint64, int64, uint64[::1], uint64[:, ::1], int64[::1], int64[::1])"
UNKNOWN = -100
"""What a kernel returns once it was stopped; no value is that low."""


@kernel()
def completing(own, mask):
    """The empty cells, reachable or not, that complete four in a row for `own`."""
    found = (own << ONE) & (own << np.uint64(2)) & (own << np.uint64(3))
    for step in (np.uint64(6), np.uint64(7), np.uint64(8)):
        two, three = step + step, step + step + step
        below = (own << step) & (own << two)
        found |= below & ((own << three) | (own >> step))
        above = (own >> step) & (own >> two)
        found |= above & ((own >> three) | (own << step))
    return found & (CELLS ^ mask)


@kernel()
def _bounds(table, own, mask, lower, upper):
    """The bounds known of a position, narrowed by the table."""
    key = own + mask
    entry = table[np.int64((key * SPREAD) >> SHIFT)]
    if entry >> KEY == key:
        lower = max(lower, np.int64((entry >> np.uint64(6)) & SIX) - OFFSET)
        upper = min(upper, np.int64(entry & SIX) - OFFSET)
    return lower, upper


@kernel()
def _remember(table, own, mask, lower, upper):
    key = own + mask
    bounds = (np.uint64(lower + OFFSET) << np.uint64(6)) | np.uint64(upper + OFFSET)
    table[np.int64((key * SPREAD) >> SHIFT)] = (key << KEY) | bounds


@kernel()
def _candidates(own, mask, threats):
    """The moves that do not lose at once; `threats` are the cells that the opponent completes."""
    moves = (mask + BOTTOM) & CELLS
    forced = moves & threats
    if forced:
        if forced & (forced - ONE):
            return ZERO
        moves = forced
    return moves & ~(threats >> ONE)  # nor put a disc below a cell that the opponent completes


@kernel()
def _sorted_moves(own, mask, moves, row):
    """Write each move into `row`, most threats first, then central ones; their number."""
    scores = 0  # five bits a move, in the order of `row`
    count = 0
    for index in range(COLUMNS):
        move = moves & (COLUMN << (np.uint64(HEIGHT) * ORDER[index]))
        if move == ZERO:
            continue
        score = popcount(completing(own | move, mask))
        place = count
        while place > 0 and (scores >> (5 * (place - 1))) & 31 < score:
            row[place] = row[place - 1]
            place -= 1
        row[place] = move
        kept = scores & ((1 << (5 * place)) - 1)
        scores = kept | (score << (5 * place)) | ((scores >> (5 * place)) << (5 * (place + 1)))
        count += 1
    return count


@kernel(SEARCH)
def search(own, mask, discs, alpha, beta, table, rows, control):
    """A bound on the value beyond (alpha, beta), exact inside; the mover has no win at once."""
    if control[STOP] != 0 or control[VISITED] >= control[ALLOWED]:
        return UNKNOWN
    control[VISITED] += 1
    moves = _candidates(own, mask, completing(own ^ mask, mask))
    if moves == ZERO:
        return 0 if discs == 42 else -((42 - discs) // 2)
    if discs >= 40:
        return 0
    lower, upper = _bounds(table, own, mask, -((40 - discs) // 2), (41 - discs) // 2)
    if lower >= beta or lower == upper:
        return lower
    if upper <= alpha:
        return upper
    first, beta = max(alpha, lower), min(beta, upper)
    best = lower
    row = rows[discs]
    count = _sorted_moves(own, mask, moves, row)
    if discs < LOOK_AHEAD:
        for index in range(count):
            _, known = _bounds(table, own ^ mask, mask | row[index], -OFFSET, OFFSET)
            if -known >= beta:
                return -known
    for index in range(count):
        floor = max(best, first)
        value = search(
            own ^ mask, mask | row[index], discs + 1, -beta, -floor, table, rows, control
        )
        if value == UNKNOWN:
            return UNKNOWN
        best = max(best, -value)
        if best >= beta:
            _remember(table, own, mask, best, upper)
            return best
    _remember(table, own, mask, best if best > first else lower, best)
    return best


@kernel()
def exact(own, mask, discs, table, rows, control):
    """The value for the mover: first its sign, then by halving, with null windows throughout."""
    if (mask + BOTTOM) & completing(own, mask):
        return (43 - discs) // 2
    if discs == 42:
        return 0
    lower, upper = -((42 - discs) // 2), (41 - discs) // 2
    middle = 0
    while lower < upper:
        value = search(own, mask, discs, middle, middle + 1, table, rows, control)
        if value == UNKNOWN:
            return UNKNOWN
        if value > middle:
            lower = value
        else:
            upper = value
        middle = (lower + upper) // 2
        if upper == 0:
            middle = max(middle, -1)  # a draw is worth asking for before the length of a loss
    return lower


@kernel(SOLVE)
def solve_actions(own, mask, discs, table, rows, control, values):
    """Write the value of each playable column into `values int64[7]`; False once stopped."""
    for column in range(COLUMNS):
        move = (mask + BOTTOM) & CELLS & (COLUMN << np.uint64(HEIGHT * column))
        if move & completing(own, mask):
            values[column] = (43 - discs) // 2
        elif move:
            value = exact(own ^ mask, mask | move, discs + 1, table, rows, control)
            if value == UNKNOWN:
                return False
            values[column] = -value
    return True


@kernel(SOLVE)
def mark_best(own, mask, discs, table, rows, control, best):
    """Write 1 to `best int64[7]` for each column that keeps the value, else 0; False once stopped.

    The value is searched once, and of each column only whether it is as good.
    """
    value = exact(own, mask, discs, table, rows, control)
    if value == UNKNOWN:
        return False
    wins = (mask + BOTTOM) & completing(own, mask)
    for column in range(COLUMNS):
        move = (mask + BOTTOM) & CELLS & (COLUMN << np.uint64(HEIGHT * column))
        best[column] = 0
        if wins:
            best[column] = 1 if move & wins else 0
        elif move:
            other, filled = own ^ mask, mask | move
            if (filled + BOTTOM) & completing(other, filled):
                reply = (42 - discs) // 2
            elif discs == 41:
                reply = 0
            else:
                reply = search(other, filled, discs + 1, -value, 1 - value, table, rows, control)
            if reply == UNKNOWN:
                return False
            best[column] = 1 if reply <= -value else 0
    return True


class Connect4Solver(Solver):
    """Alpha-beta over the rest of the game; one table of 64 MB, made on first use."""

    reach = "from 8 discs on in seconds, from 16 in milliseconds"

    def __init__(
        self, game: Game, limits: Limits | None = None, tables: Path | None = None
    ) -> None:
        super().__init__(game, limits, tables)
        self._table = np.zeros(0, np.uint64)

    def fault(self, state: State) -> str | None:
        """See `Solver`."""
        first, second = int(state[0]) & ~int(TURN), int(state[1])
        if (first | second) & ~int(CELLS):
            return "a disc outside the board"
        if first & second:
            return "two discs on one cell"
        mask = first | second
        if ((mask << 1) | int(BOTTOM)) & mask != mask:
            return "a disc that nothing holds up"
        turn = 1 if int(state[0]) & int(TURN) else 0
        if first.bit_count() - second.bit_count() != turn:
            return f"{first.bit_count()} discs against {second.bit_count()}, player {turn} to move"
        return None

    def near(self, state: State) -> bool:
        """See `Solver`."""
        return _discs(state) >= NEAR

    def words(self, state: State, value: int) -> str:
        """See `Solver`; counts the winner's own moves, the winning one included."""
        if value == 0:
            return "draw"
        discs = _discs(state)
        played = discs // 2 if value > 0 else (discs + 1) // 2
        moves = 22 - abs(value) - played
        return f"{'win' if value > 0 else 'loss'} in {moves} move{'' if moves == 1 else 's'}"

    def prepare(self) -> None:
        """See `Solver`."""
        if not len(self._table):
            self._table = np.zeros(1 << TABLE_BITS, np.uint64)

    def values(self, state: State, control: Control) -> dict[int, int] | None:
        """See `Solver`."""
        found = self._columns(solve_actions, state, control)
        if found is None:
            return None
        return {action: int(found[action]) for action in self.game.legal(state)}

    def best_actions(self, state: State, control: Control) -> tuple[int, ...] | None:
        """See `Solver`."""
        found = self._columns(mark_best, state, control)
        return None if found is None else tuple(int(action) for action in np.flatnonzero(found))

    def _columns(
        self, ask: Callable[..., bool], state: State, control: Control
    ) -> NDArray[np.int64] | None:
        """What the kernel `ask` says of the seven columns, None once stopped."""
        mask = (state[0] | state[1]) & DISCS
        own = state[self.game.mover(state)] & DISCS
        found = np.full(COLUMNS, UNKNOWN, np.int64)
        rows = np.zeros((43, COLUMNS), np.uint64)
        done = ask(own, mask, _discs(state), self._table, rows, control, found)
        return found if done else None


def _discs(state: State) -> int:
    return int((state[0] | state[1]) & DISCS).bit_count()


SOLVER = Connect4Solver
