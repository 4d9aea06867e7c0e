"""Kalaha: two rows of six pits, a store at the right end of each player's row.

             5   4   3   2   1   0          player 1's pits, from his left
    store 1                        store 0
             0   1   2   3   4   5          player 0's pits, from his left = his actions

state[0] = player 0: bytes 0-5 his pits, byte 6 his store, byte 7 the player to move
state[1] = player 1: bytes 0-5 his pits, byte 6 his store

The stones of a pit are sown one by one, counter-clockwise: own pits, own store, the other's pits,
not his store, and on a full lap into the pit they came from. A last stone in the own store gives
another turn. A last stone in an own pit that was empty captures it and the stones opposite, if
there are any ("no empty capture"). When a side is empty after a move, the stones of the other go to
their owner's store and the game is over. The margin counts stones.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from engine.game import ONGOING, Game, Piece, Rules, State, View
from engine.symmetry import Symmetry

PITS, STORE, CYCLE = 6, 6, 13
MOST = 72
"""Stones of the larger game: no pit ever holds more."""
LEVELS = 13
ONE = np.uint64(1)
ZERO = np.uint64(0)
BYTE = np.uint64(0xFF)
PIT_BYTES = np.uint64(0x0000_FFFF_FFFF_FFFF)
TURN = np.uint64(1 << 56)

# What sowing adds to the mover's and to the other's word: [pit, stones, 0 own or 1 other].
_SOWN = np.zeros((PITS, MOST + 1, 2), dtype=np.uint64)
for _pit in range(PITS):
    for _stones in range(1, MOST + 1):
        _side, _place = divmod((_pit + _stones) % CYCLE, STORE + 1)
        _SOWN[_pit, _stones] = _SOWN[_pit, _stones - 1]
        _SOWN[_pit, _stones, _side] += np.uint64(1 << 8 * _place)


@njit(cache=True)
def _held(word, place):
    return np.int64((word >> np.uint64(8 * place)) & BYTE)


@njit(cache=True)
def _swept(word):
    """The word with all its stones in the store."""
    stones = 0
    for pit in range(PITS):
        stones += _held(word, pit)
    return (word & ~PIT_BYTES) + (np.uint64(stones) << np.uint64(8 * STORE))


@njit(cache=True)
def start_with_six(state):
    state[0] = np.uint64(0x060606060606)
    state[1] = np.uint64(0x060606060606)


@njit(cache=True)
def start_with_four(state):
    state[0] = np.uint64(0x040404040404)
    state[1] = np.uint64(0x040404040404)


@njit(cache=True)
def mover(state):
    return 1 if state[0] & TURN else 0


@njit(cache=True)
def result(state):
    if state[0] & PIT_BYTES:  # both sides are swept together
        return ONGOING
    return _held(state[0], STORE) - _held(state[1], STORE)


@njit(cache=True)
def legal(state, actions):
    own = state[mover(state)]
    count = 0
    for pit in range(PITS):
        if (own >> np.uint64(8 * pit)) & BYTE:
            actions[count] = pit
            count += 1
    return count


@njit(cache=True)
def play(state, action):
    player = mover(state)
    mine, theirs = state[player], state[1 - player]
    stones = _held(mine, action)
    last = (action + stones) % CYCLE
    mine = (mine & ~(BYTE << np.uint64(8 * action))) + _SOWN[action, stones, 0]
    theirs = theirs + _SOWN[action, stones, 1]
    if last < STORE and _held(mine, last) == 1:
        opposite = np.uint64(8 * (PITS - 1 - last))
        captured = (theirs >> opposite) & BYTE
        if captured:
            theirs = theirs & ~(BYTE << opposite)
            mine = mine & ~(BYTE << np.uint64(8 * last))
            mine = mine + ((captured + ONE) << np.uint64(8 * STORE))
    if mine & PIT_BYTES == ZERO or theirs & PIT_BYTES == ZERO:
        mine, theirs = _swept(mine), _swept(theirs)
    state[player] = mine
    state[1 - player] = theirs
    if last != STORE:
        state[0] = state[0] ^ TURN


@njit(cache=True)
def observe(state, planes):
    """Row 0 the mover's pits from his left and his store, row 1 the other's, from HIS left.

    planes[0] = stones / 32; planes[k] = 1 where there are at least k stones, k = 1 .. 13: whether
    a pit reaches the store, an empty pit or a full lap is then a difference of two inputs.
    """
    own = mover(state)
    for row in range(2):
        word = state[own if row == 0 else 1 - own]
        for place in range(STORE + 1):
            stones = _held(word, place)
            planes[0, row, place] = np.float32(stones) / np.float32(32)
            for level in range(1, LEVELS + 1):
                planes[level, row, place] = np.float32(stones >= level)


@njit(cache=True)
def canonical(state, key):
    own = mover(state)
    key[0], key[1] = state[own] & ~TURN, state[1 - own] & ~TURN
    return 0


def cells(state: State) -> list[int]:
    first, second = ([int(word) >> 8 * p & 0xFF for p in range(STORE + 1)] for word in state)
    return second[::-1] + first


def label(action: int) -> str:
    return f"pit {action + 1}"


def clicks(action: int, player: int) -> tuple[int]:
    return (STORE + 1 + action if player == 0 else PITS - action,)


def _game(
    name: str, title: str, stones: int, start: Callable[[State], None], openspiel: str | None
) -> Game:
    total = 2 * PITS * stones
    return Game(
        name=name,
        title=title,
        version=1,
        words=2,
        actions=PITS,
        planes=(1 + LEVELS, 2, STORE + 1),
        # Let a stone in pit i weigh 6 - i: at first 42 * stones. A move that banks nothing takes
        # at least 1 away, one that banks k adds at most 29 * k, and at most all are banked.
        max_plies=42 * stones + 30 * total,
        rules=Rules(start, legal, play, mover, result, observe, canonical),
        symmetries=(Symmetry(np.arange(2 * (STORE + 1)), np.arange(PITS)),),  # none
        view=View(
            2,
            STORE + 1,
            "pits",
            (Piece("south", "disc", "first"), Piece("north", "ring", "second")),
            edges=("second", "first", "first", "second"),
        ),
        cells=cells,
        label=label,
        clicks=clicks,
        preset={
            "search": {"simulations": 200},
            "selfplay": {
                "full_share": 0.25,
                "fast_simulations": 32,
                "first_simulations": 400,
                "temperature_plies": 16,
            },
            "network": {"family": "mlp", "width": 256, "depth": 3},
            "learner": {"min_positions": 30_000},
        },
        openspiel=openspiel,
    )


GAMES = (
    _game("kalaha", "Kalaha", 6, start_with_six, None),
    _game("kalaha4", "Kalaha (4 stones)", 4, start_with_four, "mancala"),
)
