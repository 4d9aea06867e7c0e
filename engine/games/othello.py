"""Othello on 8x8 squares; black moves first.

  a  b  c  d  e  f  g  h
 0  1  2  3  4  5  6  7  1     action = square = bit = 8 * row + column; 64 = pass
 8  9 10 11 12 13 14 15  2
16 17 18 19 20 21 22 23  3     state[0] = discs of player 0, black
24 25 26  w  b 29 30 31  4     state[1] = discs of player 1, white
32 33 34  b  w 37 38 39  5     state[2] = player to move
40 41 42 43 44 45 46 47  6
48 49 50 51 52 53 54 55  7
56 57 58 59 60 61 62 63  8

Who cannot move must pass, and nobody may pass who can. When neither side can move the game is over
at once, without passes. The margin counts discs; empty squares go to the winner.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.game import ONGOING, Game, Piece, Rules, State, View
from engine.symmetry import Symmetry, cell_permutations

SIZE, SQUARES, PASS = 8, 64, 64
ONE = np.uint64(1)
ZERO = np.uint64(0)
BLACK = np.uint64(1 << 28 | 1 << 35)
WHITE = np.uint64(1 << 27 | 1 << 36)
# A disc on column a or h is flipped along its column only, so lines never run over an edge.
INNER = np.uint64(0x7E7E7E7E7E7E7E7E)

# The powers of two leave 64 different remainders modulo 67: a table turns a bit into its number.
_SQUARE = np.zeros(67, dtype=np.int16)
for _bit in range(SQUARES):
    _SQUARE[(1 << _bit) % 67] = _bit


@njit(cache=True)
def _up(discs, through, step):
    """The unbroken lines of `through` that begin `step` bits above one of `discs`."""
    line = through & (discs << step)
    line |= through & (line << step)
    line |= through & (line << step)
    line |= through & (line << step)
    line |= through & (line << step)
    return line | (through & (line << step))


@njit(cache=True)
def _down(discs, through, step):
    line = through & (discs >> step)
    line |= through & (line >> step)
    line |= through & (line >> step)
    line |= through & (line >> step)
    line |= through & (line >> step)
    return line | (through & (line >> step))


@njit(cache=True)
def _moves(mine, theirs):
    inner = theirs & INNER
    reached = ZERO
    for step, through in (
        (np.uint64(1), inner),
        (np.uint64(7), inner),
        (np.uint64(8), theirs),
        (np.uint64(9), inner),
    ):
        reached |= _up(mine, through, step) << step
        reached |= _down(mine, through, step) >> step
    return reached & ~(mine | theirs)


@njit(cache=True)
def _flipped(disc, mine, theirs):
    inner = theirs & INNER
    flips = ZERO
    for step, through in (
        (np.uint64(1), inner),
        (np.uint64(7), inner),
        (np.uint64(8), theirs),
        (np.uint64(9), inner),
    ):
        line = _up(disc, through, step)
        if (line << step) & mine:
            flips |= line
        line = _down(disc, through, step)
        if (line >> step) & mine:
            flips |= line
    return flips


@njit(cache=True)
def _count(discs):
    pairs = discs - ((discs >> ONE) & np.uint64(0x5555555555555555))
    fours = np.uint64(0x3333333333333333)
    nibbles = (pairs & fours) + ((pairs >> np.uint64(2)) & fours)
    sums = (nibbles + (nibbles >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    sums = sums + (sums >> np.uint64(8))
    sums = sums + (sums >> np.uint64(16))
    return np.int64((sums + (sums >> np.uint64(32))) & np.uint64(127))


@njit(cache=True)
def start(state):
    state[0] = BLACK
    state[1] = WHITE
    state[2] = ZERO


@njit(cache=True)
def mover(state):
    return 1 if state[2] & ONE else 0


@njit(cache=True)
def result(state):
    if _moves(state[0], state[1]) | _moves(state[1], state[0]):
        return ONGOING
    black, white = _count(state[0]), _count(state[1])
    if black > white:
        return SQUARES - 2 * white
    if black < white:
        return 2 * black - SQUARES
    return 0


@njit(cache=True)
def legal(state, actions):
    own = mover(state)
    moves = _moves(state[own], state[1 - own])
    if moves == ZERO:
        if _moves(state[1 - own], state[own]) == ZERO:
            return 0
        actions[0] = PASS
        return 1
    count = 0
    while moves:
        lowest = moves ^ (moves & (moves - ONE))
        actions[count] = _SQUARE[lowest % np.uint64(67)]
        count += 1
        moves = moves ^ lowest
    return count


@njit(cache=True)
def play(state, action):
    if action != PASS:
        own = mover(state)
        disc = ONE << np.uint64(action)
        flips = _flipped(disc, state[own], state[1 - own])
        state[own] = state[own] | disc | flips
        state[1 - own] = state[1 - own] ^ flips
    state[2] = state[2] ^ ONE


@njit(cache=True)
def observe(state, planes):
    """The mover's discs, the other's, and where each of them could play now."""
    own = mover(state)
    mine, theirs = state[own], state[1 - own]
    for plane, squares in enumerate((mine, theirs, _moves(mine, theirs), _moves(theirs, mine))):
        for row in range(SIZE):
            for column in range(SIZE):
                shift = np.uint64(SIZE * row + column)
                planes[plane, row, column] = np.float32((squares >> shift) & ONE)


@njit(cache=True)
def _mirrored(discs):
    """Left and right exchanged: the bits of every row in reverse."""
    for step, kept in (
        (np.uint64(1), np.uint64(0x5555555555555555)),
        (np.uint64(2), np.uint64(0x3333333333333333)),
        (np.uint64(4), np.uint64(0x0F0F0F0F0F0F0F0F)),
    ):
        discs = ((discs >> step) & kept) | ((discs & kept) << step)
    return discs


@njit(cache=True)
def _upside_down(discs):
    """Top and bottom exchanged: the bytes of the word in reverse."""
    for step, kept in (
        (np.uint64(8), np.uint64(0x00FF00FF00FF00FF)),
        (np.uint64(16), np.uint64(0x0000FFFF0000FFFF)),
    ):
        discs = ((discs >> step) & kept) | ((discs & kept) << step)
    return (discs >> np.uint64(32)) | (discs << np.uint64(32))


@njit(cache=True)
def _transposed(discs):
    """Rows and columns exchanged, in blocks of one, two and four squares."""
    for step, upper in (
        (np.uint64(7), np.uint64(0x00AA00AA00AA00AA)),
        (np.uint64(14), np.uint64(0x0000CCCC0000CCCC)),
        (np.uint64(28), np.uint64(0x00000000F0F0F0F0)),
    ):
        moved = (discs ^ (discs >> step)) & upper
        discs = discs ^ moved ^ (moved << step)
    return discs


@njit(cache=True)
def _images(discs):
    """The images under the eight symmetries, in the order of `_symmetries`."""
    turned = _transposed(discs)
    mirrored, turned_mirrored = _mirrored(discs), _mirrored(turned)
    return (
        discs,
        mirrored,
        _upside_down(turned),
        _upside_down(turned_mirrored),
        _upside_down(mirrored),
        _upside_down(discs),
        turned_mirrored,
        turned,
    )


@njit(cache=True)
def canonical(state, key):
    own = mover(state)
    mine, theirs = _images(state[own]), _images(state[1 - own])
    symmetry = 0
    key[0], key[1], key[2] = mine[0], theirs[0], ZERO
    for other in range(1, 8):
        if mine[other] < key[0] or (mine[other] == key[0] and theirs[other] < key[1]):
            symmetry = other
            key[0], key[1] = mine[other], theirs[other]
    return symmetry


def cells(state: State) -> list[int]:
    first, second = int(state[0]), int(state[1])
    return [1 if first >> s & 1 else 2 if second >> s & 1 else 0 for s in range(SQUARES)]


def label(action: int) -> str:
    return "pass" if action == PASS else f"{'abcdefgh'[action % SIZE]}{action // SIZE + 1}"


def _symmetries() -> tuple[Symmetry, ...]:
    boards: list[NDArray[np.int64]] = cell_permutations(SIZE, SIZE, "square")
    return tuple(Symmetry(board, np.append(board, PASS)) for board in boards)


GAMES = (
    Game(
        name="othello",
        title="Othello",
        version=2,  # 1 showed the discs alone
        words=3,
        actions=SQUARES + 1,
        planes=(4, SIZE, SIZE),
        max_plies=120,  # 60 discs, and between two passes there is always one
        rules=Rules(start, legal, play, mover, result, observe, canonical),
        symmetries=_symmetries(),
        view=View(
            SIZE,
            SIZE,
            "square",
            (Piece("black", "stone", "first"), Piece("white", "stone", "second")),
        ),
        cells=cells,
        label=label,
        clicks=lambda action, player: () if action == PASS else (action,),
        preset={
            "search": {"simulations": 80},
            "selfplay": {
                "first_simulations": 400,
                "temperature_plies": 10,
                "final_temperature": 0.1,
                "opening_share": 0.7,
                "opening_plies": 12,
            },
            "learner": {
                "batch_size": 256,
                "min_positions": 30_000,
                "replay_ratio": 2.5,
                "result_share": 0.25,
                "value_lambda": 0.8,
                "window_positions": 1_000_000,
            },
        },
        openspiel="othello",
    ),
)
