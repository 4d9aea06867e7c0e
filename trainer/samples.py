"""The learner's memory: the newest positions as NumPy rings, and batches drawn from them.

States are kept as their canonical images, so that equal positions are found whatever side or
symmetry they came from; planes and symmetries are computed when a batch is drawn. What is learnt
about a position that occurs many times is the mean of its newest occurrences (trainer/groups.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.config import LearnerSettings
from engine.game import Game
from engine.kernels import bind, canonical, legal, observe, template
from storage.replay.record import GameRecord
from trainer.groups import Groups, accept, averages
from trainer.targets import endings, has_owners, replies, value_targets

MOST_MERGED = 64
"""Newest occurrences of a position whose targets are averaged."""
MOST_SURPRISE = 4.0
"""A sample is drawn at most this many times as often as an average one."""
CANDIDATES = 3
"""Rows drawn for each sample wanted, of which some are passed over."""


class Batch(NamedTuple):
    """B samples ready for the network."""

    observations: NDArray[np.float32]  # [B, C, H, W]
    policy: NDArray[np.float32]  # [B, A] what the search found
    wdl: NDArray[np.float32]  # [B, 3] final result for the sample's mover
    root_value: NDArray[np.float32]  # [B] the search's value for the sample's mover
    reply: NDArray[np.float32]  # [B, A] the move after the sample's own; all 0 where there is none
    ending: NDArray[np.float32]  # [B, E] the end of the game for the mover; see `endings`
    illegal: NDArray[np.bool_]  # [B, A]


def window_size(seen: int, settings: LearnerSettings) -> int:
    """How many of `seen` positions are sampled from.

    c (1 + beta ((seen / c)^alpha - 1) / alpha) with c = window_start, at most window_positions: the
    window of KataGo (Wu, 2019, appendix C). A window_start of 0 is a window of constant size.
    """
    start, most = settings.window_start, settings.window_positions
    if start == 0 or seen <= start:
        return most if start == 0 else min(most, max(seen, 1))
    alpha, beta = settings.window_exponent, settings.window_scale
    return min(most, int(start * (1 + beta * ((seen / start) ** alpha - 1) / alpha)))


class Window:
    """A ring of the newest positions of one game, as many as `window_size` says.

    Position number n lies at row n % capacity, so a window refilled from the replay is the same to
    the row: sampling with a restored generator continues exactly.
    """

    def __init__(self, game: Game, settings: LearnerSettings) -> None:
        self.game = game
        self.capacity = capacity = settings.window_positions
        self.seen = 0
        self._settings = settings
        self._first = 0  # number of the oldest position held
        self._unknown = 0  # positions whose surprise is not known
        self._keys = np.zeros((capacity, game.words), np.uint64)
        self._policy = np.zeros((capacity, game.actions), np.float32)
        self._values = np.zeros((capacity, 4), np.float32)  # win, draw, loss; the search's value
        self._reply = np.full(capacity, -1, np.int16)
        self._ending = np.zeros((capacity, game.view.rows * game.view.columns + 1), np.int8)
        self._surprise = np.zeros(capacity, np.float32)
        self._groups = Groups(capacity, game.words)
        self._file = bind(file_positions, game)
        self._observe = bind(observe_all, game)
        self._cells = np.stack([s.cells for s in game.symmetries])
        self._actions = np.stack([s.actions for s in game.symmetries])

    def __len__(self) -> int:
        return self.seen - self._first

    @property
    def size(self) -> int:
        """How many positions it holds now, at most."""
        return window_size(self.seen, self._settings)

    def start_at(self, seen: int) -> None:
        """Make the next position added number `seen`, when refilling after a restart."""
        self.seen = self._first = seen

    def add(self, record: GameRecord) -> None:
        """Append the samples of a game, each labelled for its own mover."""
        count = len(record.plies)
        rows = np.arange(self.seen, self.seen + count) % self.capacity
        self._evict(self.seen + count - self.capacity)
        final = self.game.new()
        for action in record.moves:
            self.game.rules.play(final, action)
        seen_as = np.empty(count, np.int64)
        self._file(record.states, self._keys, rows, seen_as)
        actions, cells = self._actions[seen_as], self._cells[seen_as]
        self._policy[rows] = np.take_along_axis(record.policies, actions, axis=1)
        self._values[rows] = value_targets(record, self._settings.value_lambda)
        self._reply[rows] = replies(record, np.argsort(actions, axis=1))
        ends = endings(self.game, final, record)
        if has_owners(self.game):
            ends[:, 1:] = np.take_along_axis(ends[:, 1:], cells, axis=1)
        self._ending[rows] = ends
        self._surprise[rows] = record.surprises
        self._unknown += int(np.isnan(record.surprises).sum())
        self._groups.join(self._keys, rows, self._held())
        self.seen += count
        self._evict(self.seen - self.size)

    def _evict(self, first: int) -> None:
        """Hold no position with a number below `first`."""
        if first > self._first:
            gone = self._held()[: first - self._first]
            self._groups.leave(gone)
            self._unknown -= int(np.isnan(self._surprise[gone]).sum())
            self._surprise[gone] = 0
            self._first = first

    def _held(self) -> NDArray[np.int64]:
        """The rows in use, oldest first."""
        return np.arange(self._first, self.seen) % self.capacity

    @property
    def distinct(self) -> int:
        """How many different positions it holds, up to symmetry."""
        return self._groups.distinct

    def draw(self, size: int, rng: np.random.Generator) -> Batch:
        """`size` samples with replacement, each seen through a random symmetry.

        A position that occurs n times is drawn n^merge_exponent times as often as one that occurs
        once; its targets are means.
        """
        rows = self._choose(size, rng)
        game, settings = self.game, self._settings
        symmetries = rng.integers(0, len(self._cells), size)
        policy = np.zeros((size, game.actions), np.float32)
        values = np.zeros((size, 4), np.float32)
        most = MOST_MERGED if settings.merge_exponent < 1 else 1
        averages(self._groups.links, rows, most, self._policy, self._values, policy, values)
        planes = np.empty((size, *game.planes), np.float32)
        illegal = np.ones((size, game.actions), np.bool_)
        self._observe(self._keys[rows], planes, illegal, np.empty(game.actions, np.int16))
        flat = planes.reshape(size, planes.shape[1], -1)
        cells = self._cells[symmetries]
        actions = self._actions[symmetries]
        reply = (self._reply[rows, None] == np.arange(game.actions)).astype(np.float32)
        ending = self._ending[rows].astype(np.float32)
        if has_owners(game):
            ending[:, 1:] = np.take_along_axis(ending[:, 1:], cells, axis=1)
        return Batch(
            observations=np.take_along_axis(flat, cells[:, None, :], axis=2).reshape(planes.shape),
            policy=np.take_along_axis(policy, actions, axis=1),
            wdl=values[:, :3],
            root_value=values[:, 3],
            reply=np.take_along_axis(reply, actions, axis=1),
            ending=ending,
            illegal=np.take_along_axis(illegal, actions, axis=1),
        )

    def _choose(self, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Rows of the window, likelier where they are rare or surprised the search."""
        settings, held = self._settings, len(self)
        share, mean, most = settings.surprise_share, 0.0, 1.0
        if share > 0:
            known = max(1, held - self._unknown)
            mean, most = float(np.nansum(self._surprise, dtype=np.float64)) / known, MOST_SURPRISE
        rows = np.empty(size, np.int64)
        filled = 0
        while filled < size:
            numbers = self._first + rng.integers(0, held, CANDIDATES * size)
            filled = accept(
                self._groups.links, numbers % self.capacity, rng.random(CANDIDATES * size),
                self._surprise, mean, share, most, settings.merge_exponent, rows, filled,
            )  # fmt: skip
        return rows


@template
def file_positions(states, keys, rows, symmetries):
    """Write the canonical image of `states[i]` to `keys[rows[i]]` and through which it is seen."""
    for i in range(rows.shape[0]):
        symmetries[i] = canonical(states[i], keys[rows[i]])


@template
def observe_all(states, planes, illegal, scratch):
    """Write planes and clear the legal entries of the mask, all True before, of `states [B, W]`."""
    for i in range(states.shape[0]):
        observe(states[i], planes[i])
        for k in range(legal(states[i], scratch)):
            illegal[i, scratch[k]] = False
