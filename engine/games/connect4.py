"""Connect 4 on 6 rows x 7 columns; an action is a column, 0-6 from the left.

.  .  .  .  .  .  .      bit = 7 * column + row from the bottom; row 6 is a guard
5 12 19 26 33 40 47      that keeps lines from running over into the next column
4 11 18 25 32 39 46
3 10 17 24 31 38 45      state[0] = discs of player 0, bit 63 set when player 1 moves
2  9 16 23 30 37 44      state[1] = discs of player 1
1  8 15 22 29 36 43
0  7 14 21 28 35 42
"""

from __future__ import annotations

import numpy as np
from numba import njit

from engine.game import ONGOING, Game, Piece, Rules, State, View
from engine.symmetry import Symmetry, cell_permutations

ROWS, COLUMNS, HEIGHT = 6, 7, 7
ONE = np.uint64(1)
ZERO = np.uint64(0)
TURN = np.uint64(1 << 63)
DISCS = np.uint64((1 << 49) - 1)
BOTTOM = np.uint64(sum(1 << (HEIGHT * c) for c in range(COLUMNS)))
TOP = np.uint64(sum(1 << (HEIGHT * c + ROWS - 1) for c in range(COLUMNS)))
COLUMN = np.uint64((1 << ROWS) - 1)
BOARD = np.uint64(sum(int(COLUMN) << (HEIGHT * c) for c in range(COLUMNS)))
# The columns that a mirror shifts by two, four and six places to the right, and the one it leaves.
BY_6, BY_4, BY_2, MIDDLE = (np.uint64(int(COLUMN) << HEIGHT * c) for c in range(4))
TWO, FOUR, SIX = (np.uint64(HEIGHT * places) for places in (2, 4, 6))


@njit(cache=True)
def _has_four(discs):
    # Four in a row exists where a line of pairs meets its own copy two steps on.
    pairs = discs & (discs >> np.uint64(1))
    if pairs & (pairs >> np.uint64(2)):
        return True
    pairs = discs & (discs >> np.uint64(6))
    if pairs & (pairs >> np.uint64(12)):
        return True
    pairs = discs & (discs >> np.uint64(7))
    if pairs & (pairs >> np.uint64(14)):
        return True
    pairs = discs & (discs >> np.uint64(8))
    return (pairs & (pairs >> np.uint64(16))) != ZERO


@njit(cache=True)
def start(state):
    state[0] = ZERO
    state[1] = ZERO


@njit(cache=True)
def mover(state):
    return 1 if state[0] & TURN else 0


@njit(cache=True)
def result(state):
    first = state[0] & DISCS
    if _has_four(first):
        return 1
    if _has_four(state[1]):
        return -1
    return 0 if (first | state[1]) & TOP == TOP else ONGOING


@njit(cache=True)
def legal(state, actions):
    if result(state) != ONGOING:
        return 0
    occupied = state[0] | state[1]
    count = 0
    for column in range(COLUMNS):
        if (occupied >> np.uint64(HEIGHT * column + ROWS - 1)) & ONE == ZERO:
            actions[count] = column
            count += 1
    return count


@njit(cache=True)
def play(state, action):
    column = np.uint64(HEIGHT * action)
    stack = ((state[0] | state[1]) >> column) & COLUMN
    disc = (stack + ONE) << column
    player = mover(state)
    state[player] = state[player] | disc
    state[0] = state[0] ^ TURN


@njit(cache=True)
def _completing(discs):
    """The cells, occupied or not, that make four in a row with three of `discs`."""
    two, three = np.uint64(2), np.uint64(3)
    cells = (discs << ONE) & (discs << two) & (discs << three)  # upwards
    for step in (np.uint64(6), np.uint64(7), np.uint64(8)):
        double, triple = two * step, three * step
        pair = (discs << step) & (discs << double)
        cells |= pair & ((discs << triple) | (discs >> step))
        pair = (discs >> step) & (discs >> double)
        cells |= pair & ((discs >> triple) | (discs << step))
    return cells


@njit(cache=True)
def observe(state, planes):
    """Discs; empty cells that complete four for the mover and for the other; where a disc lands."""
    own = mover(state)
    mine, theirs = state[own] & DISCS, state[1 - own] & DISCS
    occupied = mine | theirs
    empty = BOARD & ~occupied
    for plane, cells in enumerate(
        (
            mine,
            theirs,
            _completing(mine) & empty,
            _completing(theirs) & empty,
            (occupied + BOTTOM) & empty,
        )
    ):
        for row in range(ROWS):
            for column in range(COLUMNS):
                shift = np.uint64(HEIGHT * column + ROWS - 1 - row)
                planes[plane, row, column] = np.float32((cells >> shift) & ONE)


@njit(cache=True)
def _mirrored(discs):
    by_2 = ((discs & BY_2) << TWO) | ((discs >> TWO) & BY_2)
    by_4 = ((discs & BY_4) << FOUR) | ((discs >> FOUR) & BY_4)
    by_6 = ((discs & BY_6) << SIX) | ((discs >> SIX) & BY_6)
    return (discs & MIDDLE) | by_2 | by_4 | by_6


@njit(cache=True)
def canonical(state, key):
    own = mover(state)
    mine, theirs = state[own] & DISCS, state[1 - own] & DISCS
    mine_mirrored, theirs_mirrored = _mirrored(mine), _mirrored(theirs)
    if mine_mirrored < mine or (mine_mirrored == mine and theirs_mirrored < theirs):
        key[0], key[1] = mine_mirrored, theirs_mirrored
        return 1
    key[0], key[1] = mine, theirs
    return 0


def _bit(cell: int) -> int:
    return HEIGHT * (cell % COLUMNS) + ROWS - 1 - cell // COLUMNS


def cells(state: State) -> list[int]:
    first, second = int(state[0]), int(state[1])
    bits = [_bit(cell) for cell in range(ROWS * COLUMNS)]
    return [1 if first >> b & 1 else 2 if second >> b & 1 else 0 for b in bits]


def label(action: int) -> str:
    return str(action + 1)


def highlight(state: State) -> list[int]:
    """The cells of every four in a row."""
    marked: set[int] = set()
    for discs in (int(state[0] & DISCS), int(state[1])):
        for step in (1, 6, 7, 8):
            starts = discs & discs >> step & discs >> 2 * step & discs >> 3 * step
            marked |= {b + k * step for b in range(49) if starts >> b & 1 for k in range(4)}
    return [cell for cell in range(ROWS * COLUMNS) if _bit(cell) in marked]


def _symmetries() -> tuple[Symmetry, ...]:
    boards = cell_permutations(ROWS, COLUMNS, "mirror")
    columns = cell_permutations(1, COLUMNS, "mirror")
    return tuple(Symmetry(b, c) for b, c in zip(boards, columns, strict=True))


GAMES = (
    Game(
        name="connect4",
        title="Connect 4",
        version=2,  # 1 showed the discs alone
        words=2,
        actions=COLUMNS,
        planes=(5, ROWS, COLUMNS),
        max_plies=ROWS * COLUMNS,
        rules=Rules(start, legal, play, mover, result, observe, canonical),
        symmetries=_symmetries(),
        view=View(
            ROWS,
            COLUMNS,
            "drop",
            (Piece("red", "disc", "first"), Piece("yellow", "ring", "second")),
        ),
        cells=cells,
        label=label,
        clicks=lambda action, player: (action,),
        highlight=highlight,
        preset={
            "search": {"simulations": 128},
            "selfplay": {
                "first_simulations": 800,
                "temperature_plies": 4,
                "final_temperature": 0.1,
                "opening_share": 0.7,
                "opening_plies": 12,
            },
            "learner": {
                "batch_size": 256,
                "horizon_steps": 16_000,
                "min_positions": 30_000,
                "replay_ratio": 2.5,
                "result_share": 0.25,
                "value_lambda": 0.8,
                "window_positions": 1_000_000,
            },
        },
        openspiel="connect_four",
    ),
)
