"""The learner's memory: the newest positions as NumPy rings, and batches drawn from them.

States are kept, not observations; planes, symmetries and value targets are computed on sampling.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.game import Game, value_for
from engine.kernels import bind, legal, observe
from storage.replay.record import GameRecord


class Batch(NamedTuple):
    """B samples ready for the network."""

    observations: NDArray[np.float32]  # [B, C, H, W]
    policy: NDArray[np.float32]  # [B, A] what the search found
    wdl: NDArray[np.float32]  # [B, 3] final result for the sample's mover, one-hot
    root_value: NDArray[np.float32]  # [B] the search's value for the sample's mover
    illegal: NDArray[np.bool_]  # [B, A]


class Window:
    """A ring of the newest `capacity` positions of one game.

    Position number n lies at row n % capacity, so a window refilled from the replay is the same to
    the row: sampling with a restored generator continues exactly.
    """

    def __init__(self, game: Game, capacity: int) -> None:
        self.game = game
        self.capacity = capacity
        self.seen = 0
        self._filled = 0
        self._states = np.zeros((capacity, game.words), np.uint64)
        self._policy = np.zeros((capacity, game.actions), np.float32)
        self._results = np.zeros(capacity, np.float32)
        self._root_values = np.zeros(capacity, np.float32)
        self._observe = bind(observe_all, game)
        self._cells = np.stack([s.cells for s in game.symmetries])
        self._actions = np.stack([s.actions for s in game.symmetries])

    def __len__(self) -> int:
        return self._filled

    def start_at(self, seen: int) -> None:
        """Make the next position added number `seen`, when refilling after a restart."""
        self.seen = seen

    def add(self, record: GameRecord) -> None:
        """Append the samples of a game, each labelled for its own mover."""
        count = len(record.plies)
        rows = np.arange(self.seen, self.seen + count) % self.capacity
        self._states[rows] = record.states
        self._policy[rows] = record.policies
        self._results[rows] = [value_for(record.result, int(mover)) for mover in record.movers]
        self._root_values[rows] = record.root_values
        self.seen += count
        self._filled = min(self._filled + count, self.capacity)

    def draw(self, size: int, rng: np.random.Generator) -> Batch:
        """`size` samples with replacement, each seen through a random symmetry."""
        rows = (self.seen - 1 - rng.integers(0, self._filled, size)) % self.capacity
        symmetries = rng.integers(0, len(self._cells), size)
        planes = np.empty((size, *self.game.planes), np.float32)
        illegal = np.ones((size, self.game.actions), np.bool_)
        self._observe(self._states[rows], planes, illegal, np.empty(self.game.actions, np.int16))
        flat = planes.reshape(size, planes.shape[1], -1)
        cells = self._cells[symmetries][:, None, :]
        actions = self._actions[symmetries]
        results = self._results[rows]
        return Batch(
            observations=np.take_along_axis(flat, cells, axis=2).reshape(planes.shape),
            policy=np.take_along_axis(self._policy[rows], actions, axis=1),
            wdl=np.stack([results > 0, results == 0, results < 0], axis=1).astype(np.float32),
            root_value=self._root_values[rows],
            illegal=np.take_along_axis(illegal, actions, axis=1),
        )


def observe_all(states, planes, illegal, scratch):
    """Write planes and clear the legal entries of the mask, all True before, of `states [B, W]`."""
    for i in range(states.shape[0]):
        observe(states[i], planes[i])
        for k in range(legal(states[i], scratch)):
            illegal[i, scratch[k]] = False
