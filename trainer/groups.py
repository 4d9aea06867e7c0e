"""Which rows of the window hold the same position: counts, and a chain from newest to oldest.

A hash table of keys with linear probing. A key whose last row has left keeps its place, so that the
search for others is not cut short, until the table is built anew.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

FULL = 0.75
"""Share of places taken, dead ones included, at which the table is built anew."""


class Links(NamedTuple):
    """N rows of the window, T places of the table (a power of two), W words a key."""

    place: NDArray[np.int32]  # [N] where the row's key lies in the table
    older: NDArray[np.int32]  # [N] the row before it with the same key
    newest: NDArray[np.int32]  # [T] the newest row with this key
    size: NDArray[np.int32]  # [T] rows with this key
    taken: NDArray[np.bool_]  # [T] whether a key lies here, alive or dead
    keys: NDArray[np.uint64]  # [T, W]


class Groups:
    """The rows of a window by position. Rows leave in the order in which they joined."""

    def __init__(self, capacity: int, words: int) -> None:
        places = 4
        while places < 2 * capacity:
            places *= 2
        self.links = Links(
            place=np.zeros(capacity, np.int32),
            older=np.zeros(capacity, np.int32),
            newest=np.zeros(places, np.int32),
            size=np.zeros(places, np.int32),
            taken=np.zeros(places, np.bool_),
            keys=np.zeros((places, words), np.uint64),
        )
        self.distinct = 0
        self._taken = 0

    def join(
        self, keys: NDArray[np.uint64], rows: NDArray[np.int64], held: NDArray[np.int64]
    ) -> None:
        """Add `rows`, whose keys are `keys[rows]`; `held` are those here before, oldest first."""
        if self._taken + len(rows) > FULL * len(self.links.taken):
            self.links.taken[:] = False
            self.links.size[:] = 0
            self.distinct = self._taken = 0
            self._enter(keys, held)
        self._enter(keys, rows)

    def leave(self, rows: NDArray[np.int64]) -> None:
        """Remove the oldest rows."""
        self.distinct -= _leave(self.links, rows)

    def _enter(self, keys: NDArray[np.uint64], rows: NDArray[np.int64]) -> None:
        born, fresh = _join(self.links, keys, rows)
        self.distinct += born
        self._taken += fresh


@njit(cache=True)
def _join(links, keys, rows):
    """Returns how many keys came to life, and how many of these took a new place."""
    mask = links.taken.shape[0] - 1
    born, fresh = 0, 0
    for row in rows:
        mixed = np.uint64(0x9E3779B97F4A7C15)
        for word in keys[row]:
            mixed = (mixed ^ word) * np.uint64(0xFF51AFD7ED558CCD)
            mixed ^= mixed >> np.uint64(32)
        place = np.int64(mixed & np.uint64(mask))
        while links.taken[place] and not (links.keys[place] == keys[row]).all():
            place = (place + 1) & mask
        if not links.taken[place]:
            links.taken[place] = True
            links.keys[place] = keys[row]
            links.size[place] = 0
            fresh += 1
        if links.size[place] == 0:
            born += 1
        links.place[row] = place
        links.older[row] = links.newest[place]
        links.newest[place] = row
        links.size[place] += 1
    return born, fresh


@njit(cache=True)
def _leave(links, rows):
    """Returns how many keys have no row any more."""
    died = 0
    for row in rows:
        place = links.place[row]
        links.size[place] -= 1
        if links.size[place] == 0:
            died += 1
    return died


@njit(cache=True)
def accept(
    links: Links,
    candidates: NDArray[np.int64],
    chances: NDArray[np.float64],
    surprise: NDArray[np.float32],
    mean: float,
    share: float,
    most: float,
    exponent: float,
    rows: NDArray[np.int64],
    filled: int,
) -> int:
    """Write candidates that are accepted to `rows[filled:]`; returns how many rows are filled then.

    A row whose position occurs n times is accepted n^(exponent - 1) times as often as one that
    occurs once, and in proportion to 1 - share + share * surprise / mean, at most `most`: half
    the weight by the surprise of the search is the policy surprise weighting of KataGo. A surprise
    that is not known (nan) counts as the mean.
    """
    for i in range(candidates.shape[0]):
        if filled == rows.shape[0]:
            break
        row = candidates[i]
        weight = 1.0
        if share > 0.0 and mean > 0.0 and np.isfinite(surprise[row]):
            weight = min(most, 1.0 - share + share * surprise[row] / mean)
        weight *= links.size[links.place[row]] ** (exponent - 1.0)
        if chances[i] * most < weight:
            rows[filled] = row
            filled += 1
    return filled


@njit(cache=True)
def averages(
    links: Links,
    rows: NDArray[np.int64],
    most: int,
    policies: NDArray[np.float32],
    values: NDArray[np.float32],
    policy: NDArray[np.float32],
    value: NDArray[np.float32],
) -> None:
    """Write to `policy[i]` and `value[i]` the means over the newest `most` rows like `rows[i]`."""
    for i in range(rows.shape[0]):
        place = links.place[rows[i]]
        count = min(links.size[place], most)
        row = links.newest[place] if most > 1 else rows[i]
        policy[i] = 0.0
        value[i] = 0.0
        for _ in range(count):
            policy[i] += policies[row]
            value[i] += values[row]
            row = links.older[row]
        policy[i] /= np.float32(count)
        value[i] /= np.float32(count)
