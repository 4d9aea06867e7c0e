"""The rows of equal positions, beside a dictionary that does the same."""

from __future__ import annotations

from collections import deque

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.groups import Groups, averages


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), min_size=1, max_size=120))
def test_groups_are_what_a_dictionary_says(steps: list[tuple[int, int]]) -> None:
    """Rows join a ring of 16 and leave it; the table of 32 places is built anew now and then."""
    capacity, words = 16, 2
    groups = Groups(capacity, words)
    keys = np.zeros((capacity, words), np.uint64)
    rng = np.random.default_rng(len(steps))
    policies = rng.random((capacity, 3)).astype(np.float32)
    values = rng.random((capacity, 4)).astype(np.float32)
    held: deque[tuple[int, int]] = deque()
    seen = 0
    for key, count in steps:
        while len(held) + count > capacity:
            groups.leave(np.array([held.popleft()[0]]))
        rows = np.arange(seen, seen + count) % capacity
        keys[rows] = [[key, (key + i) % 3] for i in range(count)]
        groups.join(keys, rows, np.array([row for row, _ in held], np.int64))
        held.extend((int(row), key) for row in rows)
        seen += count
        known: dict[bytes, list[int]] = {}
        for row, _ in held:
            known.setdefault(keys[row].tobytes(), []).append(row)
        assert groups.distinct == len(known)
        for alike in known.values():
            for most in (2, 64):
                policy, value = np.zeros((1, 3), np.float32), np.zeros((1, 4), np.float32)
                averages(groups.links, np.array(alike[:1]), most, policies, values, policy, value)
                newest = alike[-most:]
                assert np.allclose(policy[0], policies[newest].mean(axis=0), atol=1e-6)
                assert np.allclose(value[0], values[newest].mean(axis=0), atol=1e-6)
