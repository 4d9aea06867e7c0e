"""A history that is thinned again and again still tells of the whole run, evenly."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from trainer.thinning import thinned

STEPS = 5_000


@pytest.mark.parametrize(("most", "whole"), [(200, 1), (600, 150), (10, 3)])
def test_the_newest_rows_are_whole_and_the_earlier_ones_evenly_spread(
    most: int, whole: int
) -> None:
    rows: list[dict[str, Any]] = []
    for step in range(1, STEPS + 1):
        rows = thinned([*rows, {"step": step, "seconds": 2.0 * step}], most, whole)
        assert len(rows) == min(step, most)
    steps = [row["step"] for row in rows]
    assert steps[0] == 1
    assert steps[-whole:] == list(range(STEPS - whole + 1, STEPS + 1))
    gaps = [later - earlier for earlier, later in pairwise(steps)]
    assert max(gaps) <= 2 * STEPS / (most - whole)  # no part of the run is forgotten


def test_a_long_history_of_before_is_thinned_at_once() -> None:
    rows = [{"step": step, "seconds": 5.0 * step} for step in range(41)]
    kept = [row["step"] for row in thinned(rows, 11)]
    assert kept[0] == 0 and kept[-1] == 40 and len(kept) == 11
    assert {later - earlier for earlier, later in pairwise(kept)} <= {2, 4, 8}


def test_a_clock_that_stands_still_loses_nothing_new() -> None:
    rows = [{"step": step, "seconds": 5.0} for step in range(30)]
    kept = thinned(rows, 20, 5)
    assert kept[0] == rows[0] and kept[-5:] == rows[-5:] and len(kept) == 20
    assert thinned(rows[:20], 20, 5) == rows[:20]
