"""Games and evaluators written only for tests: small, odd, and with known answers."""

from __future__ import annotations

import hashlib

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.game import ONGOING, Game, Piece, Rules, View
from engine.symmetry import Symmetry

# A game in which players do not alternate: stones are taken from a heap, one, two or four at a
# time. Taking two lets the same player move again. The last stone wins; the margin is 1.
#
#     state[0] = stones left      state[1] = mover      state[2] = last taker


@njit(cache=True)
def start(state):  # type: ignore[no-untyped-def]
    state[0] = np.uint64(7)
    state[1] = np.uint64(0)
    state[2] = np.uint64(0)


@njit(cache=True)
def mover(state):  # type: ignore[no-untyped-def]
    return 1 if state[1] == np.uint64(1) else 0


@njit(cache=True)
def result(state):  # type: ignore[no-untyped-def]
    if state[0] > np.uint64(0):
        return ONGOING
    return 1 if state[2] == np.uint64(0) else -1


@njit(cache=True)
def legal(state, actions):  # type: ignore[no-untyped-def]
    count = 0
    for action in range(1, 5):  # action 0 does not exist and 3 is never legal: gaps in the ids
        if action != 3 and np.uint64(action) <= state[0]:
            actions[count] = action
            count += 1
    return count


@njit(cache=True)
def play(state, action):  # type: ignore[no-untyped-def]
    state[0] = state[0] - np.uint64(action)
    state[2] = state[1]
    if action != 2:
        state[1] = np.uint64(1) - state[1]


@njit(cache=True)
def observe(state, planes):  # type: ignore[no-untyped-def]
    for i in range(8):
        planes[0, 0, i] = np.float32(1.0) if np.uint64(i) < state[0] else np.float32(0.0)
        planes[1, 0, i] = np.float32(0.0)


HEAP = Game(
    name="heap",
    title="Heap",
    version=1,
    words=3,
    actions=5,
    planes=(2, 1, 8),
    max_plies=7,
    rules=Rules(start, legal, play, mover, result, observe),
    symmetries=(Symmetry(np.arange(8), np.arange(5)),),
    view=View(1, 8, "square", (Piece("stone", "stone", "first"), Piece("none", "ring", "second"))),
    cells=lambda state: [1 if i < int(state[0]) else 0 for i in range(8)],
    label=str,
    clicks=lambda action, player: (),
)


class HashEvaluator:
    """Arbitrary but fixed opinions: logits and value from a hash of the observation.

    All numbers are multiples of 1/8, so that sums are exact in any order and in float32.
    """

    def __init__(self, game: Game) -> None:
        self._actions = game.actions
        self.calls = 0
        self.rows = 0

    def evaluate(
        self, observations: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.calls += 1
        self.rows += len(observations)
        answers = [self.judge(observation) for observation in observations]
        return np.stack([a for a, _ in answers]), np.stack([w for _, w in answers])

    def judge(
        self, observation: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        seen = np.ascontiguousarray(observation).tobytes()
        *digest, win, draw = hashlib.shake_256(seen).digest(self._actions + 2)
        logits = np.array([b % 17 for b in digest], np.float32) / np.float32(8)
        win, draw = win % 5, draw % 4
        return logits, np.array([win, draw, 8 - win - draw], np.float32) / np.float32(8)


class Asked:
    """Says the same of every position and does not declare it."""

    def __init__(self, game: Game, wdl: tuple[float, float, float] = (0, 1, 0)) -> None:
        self._actions, self._wdl = game.actions, np.array(wdl, np.float32)

    def evaluate(
        self, observations: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rows = len(observations)
        return np.zeros((rows, self._actions), np.float32), np.tile(self._wdl, (rows, 1))


class Alike(Asked):
    """The same, declared; it must not be asked."""

    @property
    def alike(self) -> NDArray[np.float32]:
        return self._wdl

    def evaluate(
        self, observations: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        raise AssertionError("this evaluator was asked")
