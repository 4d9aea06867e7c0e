"""Hex on 7x7 cells: player 0 joins the top to the bottom, player 1 the left to the right.

 0  1  2  3  4  5  6              action = cell = bit = 7 * row + column
   7  8  9 10 11 12 13            state[0] = stones of player 0
    14 15 16 17 18 19 20          state[1] = stones of player 1
      21 22 23 24 25 26 27        state[2] = player to move, + 2 once the game is over
        28 29 30 31 32 33 34
          35 36 37 38 39 40 41    Cell 24 touches 17 18 23 25 30 31.
            42 43 44 45 46 47 48

A full board joins exactly one pair of edges, so there is no draw: who has moved last has won. There
is no swap rule.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from engine.game import ONGOING, Game, Piece, Rules, State, View
from engine.symmetry import Symmetry, cell_permutations

SIZE, CELLS = 7, 49
ONE = np.uint64(1)
ZERO = np.uint64(0)
OVER = np.uint64(2)
LEFT = np.uint64(sum(1 << SIZE * row for row in range(SIZE)))
RIGHT = np.uint64(sum(1 << SIZE * row + SIZE - 1 for row in range(SIZE)))
TOP = np.uint64((1 << SIZE) - 1)
BOTTOM = np.uint64(((1 << SIZE) - 1) << SIZE * (SIZE - 1))


@njit(cache=True)
def _touched(stones):
    """All cells that touch one of `stones`; a few beyond the bottom are no cells."""
    not_left, not_right = stones & ~LEFT, stones & ~RIGHT
    beside = (not_left >> np.uint64(1)) | (not_right << np.uint64(1))
    above = (stones >> np.uint64(SIZE)) | (not_right >> np.uint64(SIZE - 1))
    return beside | above | (stones << np.uint64(SIZE)) | (not_left << np.uint64(SIZE - 1))


@njit(cache=True)
def _group(stone, stones):
    """The stones that hang together with `stone`."""
    group, grown = ZERO, stone
    while grown != group:
        group = grown
        grown = group | (_touched(group) & stones)
    return group


@njit(cache=True)
def start(state):
    state[0] = ZERO
    state[1] = ZERO
    state[2] = ZERO


@njit(cache=True)
def mover(state):
    return 1 if state[2] & ONE else 0


@njit(cache=True)
def result(state):
    if state[2] & OVER == ZERO:
        return ONGOING
    return -1 if mover(state) == 0 else 1


@njit(cache=True)
def legal(state, actions):
    if state[2] & OVER:
        return 0
    occupied = state[0] | state[1]
    count = 0
    for cell in range(CELLS):
        if (occupied >> np.uint64(cell)) & ONE == ZERO:
            actions[count] = cell
            count += 1
    return count


@njit(cache=True)
def play(state, action):
    player = mover(state)
    stone = ONE << np.uint64(action)
    state[player] = state[player] | stone
    group = _group(stone, state[player])
    one, other = (TOP, BOTTOM) if player == 0 else (LEFT, RIGHT)
    state[2] = state[2] ^ ONE
    if group & one and group & other:
        state[2] = state[2] | OVER


@njit(cache=True)
def observe(state, planes):
    """Own stones, the other's, and a plane of ones for player 1: the sides have other edges."""
    own = mover(state)
    for row in range(SIZE):
        for column in range(SIZE):
            shift = np.uint64(SIZE * row + column)
            planes[0, row, column] = np.float32((state[own] >> shift) & ONE)
            planes[1, row, column] = np.float32((state[1 - own] >> shift) & ONE)
            planes[2, row, column] = np.float32(own)


@njit(cache=True)
def _turned(stones):
    """The stones after half a turn: the bits of the word in reverse, shifted back into place."""
    for step, kept in (
        (np.uint64(1), np.uint64(0x5555555555555555)),
        (np.uint64(2), np.uint64(0x3333333333333333)),
        (np.uint64(4), np.uint64(0x0F0F0F0F0F0F0F0F)),
        (np.uint64(8), np.uint64(0x00FF00FF00FF00FF)),
        (np.uint64(16), np.uint64(0x0000FFFF0000FFFF)),
    ):
        stones = ((stones >> step) & kept) | ((stones & kept) << step)
    return ((stones >> np.uint64(32)) | (stones << np.uint64(32))) >> np.uint64(64 - CELLS)


@njit(cache=True)
def canonical(state, key):
    """The sides stay what they are: exchanged, they would have to exchange their edges too."""
    first, second = _turned(state[0]), _turned(state[1])
    key[2] = state[2]
    if first < state[0] or (first == state[0] and second < state[1]):
        key[0], key[1] = first, second
        return 1
    key[0], key[1] = state[0], state[1]
    return 0


def cells(state: State) -> list[int]:
    first, second = int(state[0]), int(state[1])
    return [1 if first >> c & 1 else 2 if second >> c & 1 else 0 for c in range(CELLS)]


def label(action: int) -> str:
    return f"{'abcdefg'[action % SIZE]}{action // SIZE + 1}"


def highlight(state: State) -> list[int]:
    """The cells of the group that joins the winner's edges."""
    final = result(state)
    if final == ONGOING:
        return []
    stones, one, other = (state[0], TOP, BOTTOM) if final > 0 else (state[1], LEFT, RIGHT)
    for cell in range(CELLS):
        group = int(_group(stones & one & np.uint64(1 << cell), stones))
        if group & int(other):
            return [c for c in range(CELLS) if group >> c & 1]
    return []


GAMES = (
    Game(
        name="hex7",
        title="Hex 7×7",
        version=1,
        words=3,
        actions=CELLS,
        planes=(3, SIZE, SIZE),
        max_plies=CELLS,
        rules=Rules(start, legal, play, mover, result, observe, canonical),
        symmetries=tuple(Symmetry(b, b) for b in cell_permutations(SIZE, SIZE, "turn")),
        view=View(
            SIZE,
            SIZE,
            "hex",
            (Piece("red", "disc", "first"), Piece("blue", "ring", "second")),
            edges=("first", "second", "first", "second"),
        ),
        cells=cells,
        label=label,
        clicks=lambda action, player: (action,),
        highlight=highlight,
        preset={
            "learner": {"min_positions": 20_000},
        },
        openspiel="hex(board_size=7)",
    ),
)
