"""Evaluations that were made already: a hash table in arrays, keyed on the exact position.

Two entries make a bucket; a third one overwrites one of them. The table is emptied by a new epoch,
without touching its memory.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.kernels import helper

ABSENT = -1
"""No entry for this position."""
READY = -1
"""The entry's answer is there."""

_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_STEP = np.uint64(0x9E3779B97F4A7C15)


class Cache(NamedTuple):
    """E entries (a power of two; 0 = no cache), W words a state, A actions."""

    keys: NDArray[np.uint64]  # [E, W]
    judged: NDArray[np.float32]  # [E, A + 3] logits, then win, draw, loss, as the key is seen
    epoch: NDArray[np.int64]  # [E] when it was written; older ones count as empty
    row: NDArray[np.int32]  # [E] READY, or the row of the batch that will bring the answer
    now: NDArray[np.int64]  # [1] the epoch in force


def allocate_cache(megabytes: float, words: int, actions: int) -> Cache:
    """An empty cache of at most `megabytes` (10^6 bytes); 0 or too little for a bucket = none."""
    entry = 8 * words + 4 * (actions + 3) + 8 + 4
    fitting = int(megabytes * 1e6 / entry)
    entries = 1 << (fitting.bit_length() - 1) if fitting >= 2 else 0
    return Cache(
        keys=np.zeros((entries, words), np.uint64),
        judged=np.zeros((entries, actions + 3), np.float32),
        epoch=np.zeros(entries, np.int64),
        row=np.full(entries, READY, np.int32),
        now=np.ones(1, np.int64),
    )


def clear(cache: Cache) -> None:
    """Forget everything."""
    cache.now[0] += 1


@helper
def scramble(key, salt):  # type: ignore[no-untyped-def]
    """A 64-bit hash of the words of `key` (the finaliser of SplitMix64; Steele et al., 2014)."""
    mixed = salt
    for w in range(key.shape[0]):
        mixed = (mixed ^ key[w]) + _STEP
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_1
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
        mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed


@helper
def find(cache, key):  # type: ignore[no-untyped-def]
    """The entry of exactly this key, or ABSENT."""
    bucket = np.int64(scramble(key, np.uint64(0)) & np.uint64(cache.keys.shape[0] - 1))
    for entry in (bucket, bucket ^ 1):
        if cache.epoch[entry] == cache.now[0] and holds(cache, entry, key):
            return entry
    return ABSENT


@helper
def holds(cache, entry, key):  # type: ignore[no-untyped-def]
    """Whether an entry belongs to `key`."""
    for w in range(key.shape[0]):
        if cache.keys[entry, w] != key[w]:
            return False
    return True


@helper
def reserve(cache, key, row):  # type: ignore[no-untyped-def]
    """Make an entry for a key that has none; row `row` of the batch will bring its answer."""
    mixed = scramble(key, np.uint64(0))
    bucket = np.int64(mixed & np.uint64(cache.keys.shape[0] - 1))
    entry = bucket
    if cache.epoch[bucket] == cache.now[0]:
        other = bucket ^ 1
        full = cache.epoch[other] == cache.now[0]
        # A bit that chose no bucket decides who must go.
        entry = bucket if full and mixed >> np.uint64(63) else other
    for w in range(key.shape[0]):
        cache.keys[entry, w] = key[w]
    cache.epoch[entry] = cache.now[0]
    cache.row[entry] = row
    return entry
