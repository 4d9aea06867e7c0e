"""Tic-tac-toe on 3x3 cells.

0 1 2     action = cell = 3 * row + column
3 4 5     state[0] = crosses (player 0), bit = cell; bit 63 set when player 1 moves
6 7 8     state[1] = rings   (player 1), bit = cell
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.game import ONGOING, Game, Piece, Rules, State, View
from engine.symmetry import Symmetry, cell_permutations

CELLS = 9
LINES = (
    *(0b000000111, 0b000111000, 0b111000000),
    *(0b001001001, 0b010010010, 0b100100100),
    *(0b100010001, 0b001010100),
)
FULL = np.uint64(0b111111111)
ONE = np.uint64(1)
ZERO = np.uint64(0)
TURN = np.uint64(1 << 63)
_LINES = np.array(LINES, dtype=np.uint64)

# The eight images of every set of cells: [cells, symmetry].
_BOARDS: list[NDArray[np.int64]] = cell_permutations(3, 3, "square")
_IMAGES = np.zeros((1 << CELLS, len(_BOARDS)), dtype=np.uint64)
for _stones in range(1 << CELLS):
    for _symmetry, _board in enumerate(_BOARDS):
        for _cell in range(CELLS):
            _IMAGES[_stones, _symmetry] |= np.uint64((_stones >> int(_board[_cell]) & 1) << _cell)


@njit(cache=True)
def _has_line(stones):
    for i in range(_LINES.shape[0]):
        if stones & _LINES[i] == _LINES[i]:
            return True
    return False


@njit(cache=True)
def start(state):
    state[0] = ZERO
    state[1] = ZERO


@njit(cache=True)
def mover(state):
    return 1 if state[0] & TURN else 0


@njit(cache=True)
def result(state):
    if _has_line(state[0]):
        return 1
    if _has_line(state[1]):
        return -1
    return 0 if (state[0] | state[1]) & FULL == FULL else ONGOING


@njit(cache=True)
def legal(state, actions):
    if result(state) != ONGOING:
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
    state[player] = state[player] | (ONE << np.uint64(action))
    state[0] = state[0] ^ TURN


@njit(cache=True)
def observe(state, planes):
    own = mover(state)
    for cell in range(CELLS):
        shift = np.uint64(cell)
        planes[0, cell // 3, cell % 3] = np.float32((state[own] >> shift) & ONE)
        planes[1, cell // 3, cell % 3] = np.float32((state[1 - own] >> shift) & ONE)


@njit(cache=True)
def canonical(state, key):
    own = mover(state)
    mine, theirs = _IMAGES[state[own] & FULL], _IMAGES[state[1 - own] & FULL]
    # The symmetry is written behind the two sets of cells: the least number knows where it is from.
    least = ~ZERO
    for symmetry in range(_IMAGES.shape[1]):
        image = (mine[symmetry] << np.uint64(CELLS)) | theirs[symmetry]
        least = min(least, (image << np.uint64(3)) | np.uint64(symmetry))
    key[0] = least >> np.uint64(CELLS + 3)
    key[1] = (least >> np.uint64(3)) & FULL
    return np.int64(least & np.uint64(7))


def cells(state: State) -> list[int]:
    first, second = int(state[0]), int(state[1])
    return [1 if first >> c & 1 else 2 if second >> c & 1 else 0 for c in range(CELLS)]


def label(action: int) -> str:
    return f"{'abc'[action % 3]}{3 - action // 3}"


def highlight(state: State) -> list[int]:
    for line in LINES:
        for stones in (int(state[0]), int(state[1])):
            if stones & line == line:
                return [c for c in range(CELLS) if line >> c & 1]
    return []


GAMES = (
    Game(
        name="tictactoe",
        title="Tic-tac-toe",
        version=1,
        words=2,
        actions=CELLS,
        planes=(2, 3, 3),
        max_plies=CELLS,
        rules=Rules(start, legal, play, mover, result, observe, canonical),
        symmetries=tuple(Symmetry(board, board) for board in _BOARDS),
        view=View(
            3, 3, "square", (Piece("cross", "cross", "first"), Piece("ring", "ring", "second"))
        ),
        cells=cells,
        label=label,
        clicks=lambda action, player: (action,),
        highlight=highlight,
        preset={
            "search": {"simulations": 50},
            "selfplay": {
                "temperature_plies": 4,
                "opening_share": 0.8,
                "opening_plies": 6,
            },
            "network": {"family": "mlp", "width": 128, "depth": 2},
            "learner": {
                "horizon_steps": 12_000,
                "window_positions": 100_000,
                "replay_ratio": 8.0,
                "publish_every": 1_000,
            },
            "quality": {"duplicates": 0.0},  # there are no more than 765 positions
            "referee": {"opening_plies": 2},  # after four most games are decided
        },
        openspiel="tic_tac_toe",
    ),
)
