"""Kalaha, exactly: the endgame table of engine/solver/pits.py, and alpha-beta above it.

The search asks one question, whether the future margin reaches a number, and repeats it with the
answer until the bounds meet. Nobody can gain more than the stones in play, which ends many lines
early; moves that move again come first, then the largest captures.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from engine.game import Game, State
from engine.solver.bits import kernel
from engine.solver.interface import ALLOWED, STOP, VISITED, Control, Limits, Solver
from engine.solver.pits import PITS, build, entries, rank, sides, sow, weights
from engine.solver.tables import Table, read_table, write_table

log = logging.getLogger(__name__)

STONES = 16
"""Stones in play that the table on disk covers: 30 million entries, a byte each."""
STONES_IN_MEMORY = 12
"""Stones of the table that is made where there is no folder to keep one: a second's work."""
NEAR = 38
"""At most so many stones in the pits: a second is sometimes enough, with 30 mostly."""
PIT_BYTES = (1 << 8 * PITS) - 1
UNKNOWN = -1000
"""What a kernel returns once it was stopped; no margin is that low."""
DEPTH = 512
MEMORY_BITS = 21
SHIFT = np.uint64(64 - MEMORY_BITS)
SPREAD = np.uint64(0x9E3779B97F4A7C15)
OFFSET = 128
AGAIN = 100
REMEMBERED = 1000
# Explicit types, see engine/solver/pits.py.
SPACE = "Tuple((int64[:, :, ::1], int64[:, :, ::1], int64[:, ::1], int64[:, ::1]))"
REST = f"{SPACE}, int8[::1], int64[:, ::1], uint64[:, ::1], int64[::1]"
SEARCH = f"int64(int64[::1], int64, int64, int64, {REST})"
EXACT = f"int64(int64[::1], int64, int64, {REST})"


@kernel()
def _key(board):
    """The board as one word, five bits a pit; 0 where a pit holds too many for that."""
    key = np.uint64(0)
    for i in range(12):
        if board[i] > 31:
            return np.uint64(0)
        key = (key << np.uint64(5)) | np.uint64(board[i])
    return key


@kernel()
def _order(board, children, promise, banks, replies, hint):
    """Play every pit of `board` into `children`; how many, the most promising first in `promise`.

    A row of `promise` is a pit and its score; by pit, `banks` are the stones banked and `replies`
    is 1 where the same player moves again.
    """
    count = 0
    for pit in range(PITS - 1, -1, -1):
        if board[pit] == 0:
            continue
        banked, again = sow(board, pit, children[pit])
        banks[pit] = banked
        replies[pit] = 1 if again else 0
        score = banked + (AGAIN if again else 0) + (REMEMBERED if pit == hint else 0)
        place = count
        while place > 0 and promise[place - 1, 1] < score:
            promise[place, 0] = promise[place - 1, 0]
            promise[place, 1] = promise[place - 1, 1]
            place -= 1
        promise[place, 0] = pit
        promise[place, 1] = score
        count += 1
    return count


@kernel(SEARCH)
def search(board, stones, beta, depth, space, table, weight, memory, control):
    """Whether the future margin reaches `beta`: a lower bound >= beta or an upper bound < beta."""
    own, theirs = sides(board)
    if own == 0 or theirs == 0:
        return own - theirs
    if stones < weight.shape[1]:
        return np.int64(table[rank(board, weight)])
    if beta > stones:
        return stones  # nobody gains more than what lies there
    if beta <= -stones:
        return -stones
    if depth == DEPTH or control[STOP] != 0 or control[VISITED] >= control[ALLOWED]:
        return UNKNOWN
    control[VISITED] += 1
    lower, upper, hint = -stones, stones, -1
    key = _key(board)
    slot = np.int64((key * SPREAD) >> SHIFT)
    if key != np.uint64(0) and memory[slot, 0] == key:
        entry = np.int64(memory[slot, 1])
        lower, upper, hint = (entry & 255) - OFFSET, ((entry >> 8) & 255) - OFFSET, entry >> 16
        if lower >= beta:
            return lower
        if upper < beta:
            return upper
    children, promise, banks, replies = space
    best, choice = -stones, 0
    count = _order(board, children[depth], promise[depth], banks[depth], replies[depth], hint)
    for index in range(count):
        pit = promise[depth, index, 0]
        banked = banks[depth, pit]
        again = replies[depth, pit] == 1
        asked = beta - banked if again else 1 - beta + banked
        margin = search(
            children[depth, pit], stones - banked, asked, depth + 1,
            space, table, weight, memory, control,
        )  # fmt: skip
        if margin == UNKNOWN:
            return UNKNOWN
        margin = banked + (margin if again else -margin)
        if margin > best:
            best, choice = margin, pit
        if best >= beta:
            break
    if best >= beta:
        lower = max(lower, best)
    else:
        upper = min(upper, best)
    if key != np.uint64(0):
        memory[slot, 0] = key
        memory[slot, 1] = np.uint64((choice << 16) | ((upper + OFFSET) << 8) | (lower + OFFSET))
    return best


@kernel(EXACT)
def exact(board, stones, guess, space, table, weight, memory, control):
    """The future margin of the mover, found by asking from `guess` on upwards or downwards."""
    lower, upper = -stones, stones
    while lower < upper:
        beta = min(max(guess, lower + 1), upper)
        guess = search(board, stones, beta, 0, space, table, weight, memory, control)
        if guess == UNKNOWN:
            return UNKNOWN
        if guess >= beta:
            lower = guess
        else:
            upper = guess
    return lower


class KalahaSolver(Solver):
    """Alpha-beta down to the endgame table; the table is read from `tables`, or built and kept."""

    reach = "up to about 36 stones in the pits"

    def __init__(
        self, game: Game, limits: Limits | None = None, tables: Path | None = None
    ) -> None:
        super().__init__(game, limits, tables)
        self._total = sum(_pits_and_stores(game.new()))
        self._table: Table = np.zeros(0, np.int8)
        self._memory = np.zeros((0, 2), np.uint64)

    def fault(self, state: State) -> str | None:
        """See `Solver`."""
        total = sum(_pits_and_stores(state))
        if total != self._total:
            return f"{total} stones instead of {self._total}"
        if int(state[0]) >> 56 > 1 or int(state[1]) >> 56 != 0:
            return "a mover that is neither 0 nor 1"
        first, second = (int(word) & PIT_BYTES for word in state)
        if bool(first) != bool(second):
            return "one side is empty and the other was not swept"
        return None

    def near(self, state: State) -> bool:
        """See `Solver`."""
        counts = _pits_and_stores(state)
        return self._total - counts[PITS] - counts[-1] <= NEAR

    def prepare(self) -> None:
        """See `Solver`."""
        if not len(self._table):
            self._table = endgame_table(self.tables)
        if not len(self._memory):
            self._memory = np.zeros((1 << MEMORY_BITS, 2), np.uint64)

    def values(self, state: State, control: Control) -> dict[int, int] | None:
        """See `Solver`."""
        table, memory = self._table, self._memory
        weight = weights(_stones_of(table))
        space = (
            np.zeros((DEPTH, PITS, 12), np.int64),
            np.zeros((DEPTH, PITS, 2), np.int64),
            np.zeros((DEPTH, PITS), np.int64),
            np.zeros((DEPTH, PITS), np.int64),
        )
        counts = np.array(_pits_and_stores(state), np.int64)
        mover = int(state[0]) >> 56
        own, theirs = counts[7 * mover :][:7], counts[7 * (1 - mover) :][:7]
        board = np.concatenate([own[:PITS], theirs[:PITS]])
        ahead = int(own[PITS] - theirs[PITS])
        after = np.zeros(12, np.int64)
        found = {}
        for action in self.game.legal(state):
            banked, again = sow(board, action, after)
            sign = 1 if again else -1
            guess = -(ahead + banked) * sign
            left = int(after.sum())
            margin = exact(after, left, guess, space, table, weight, memory, control)
            if margin == UNKNOWN:
                return None
            found[action] = ahead + int(banked) + sign * int(margin)
        return found


def endgame_table(folder: Path | None, stones: int = STONES) -> Table:
    """The table kept in `folder`, built there on first use; a small one in memory for None."""
    if folder is None:
        return build(STONES_IN_MEMORY)
    name = f"kalaha-{stones}"
    path = folder / f"{name}.bin"
    table = read_table(path, name, entries(stones))
    if table is None:
        log.info("building the endgame table of %d stones, once: %s", stones, path)
        table = build(stones)
        write_table(path, name, table)
    return table


def _stones_of(table: Table) -> int:
    stones = 0
    while entries(stones) < len(table):
        stones += 1
    return stones


def _pits_and_stores(state: State) -> list[int]:
    """14 counts: pits and store of player 0, then of player 1."""
    return [int(word) >> (8 * i) & 255 for word in state for i in range(7)]


SOLVER = KalahaSolver
