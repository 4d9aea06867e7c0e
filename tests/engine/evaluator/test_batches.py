"""Batches of any size in slots of a few sizes: every row once, in order, without allocation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluator.batches import SIZES, FixedBatches, plan, slices

PLANES = (1, 2, 3)


class Adding:
    """Answers a row with its sum, and its sum again as the chance to win."""

    def __init__(self, rows: int) -> None:
        self.observations = np.zeros((rows, *PLANES), np.float32)
        self.logits = np.zeros((rows, 2), np.float32)
        self.wdl = np.zeros((rows, 3), np.float32)
        self.runs = 0

    def run(self) -> None:
        self.runs += 1
        self.logits[:] = self.wdl[:, :2] = self.observations.sum(axis=(1, 2, 3))[:, None]


def batches(batch: int = 1) -> tuple[FixedBatches, dict[int, Adding]]:
    made: dict[int, Adding] = {}

    def make(rows: int) -> Adding:
        assert rows not in made, "a slot is made once"
        made[rows] = Adding(rows)
        return made[rows]

    return FixedBatches(make, PLANES, 2, batch), made


def rows_of(count: int) -> np.ndarray:
    rows = np.zeros((count, *PLANES), np.float32)
    rows[:, 0, 1, 2] = np.arange(count)
    return rows


@given(st.lists(st.integers(0, 1300), min_size=1, max_size=4), st.integers(1, 700))
def test_every_row_is_answered_in_its_place(counts: list[int], batch: int) -> None:
    evaluator, _ = batches(batch)
    for count in counts:
        logits, wdl = evaluator.evaluate(rows_of(count))
        assert logits.shape == (count, 2) and wdl.shape == (count, 3)
        assert np.array_equal(logits[:, 1], np.arange(count))
        assert np.array_equal(wdl[:, 0], np.arange(count))


@given(st.integers(0, 3000), st.sampled_from([1, 100, 128, 400]))
def test_little_is_padded(rows: int, batch: int) -> None:
    sizes = sorted({*SIZES, batch})
    parts = plan(rows, sizes)
    assert sum(parts) >= rows and sum(parts[:-1]) < max(rows, 1)
    assert sum(parts) - rows <= max(8, rows / 4)
    assert set(parts) <= set(sizes)


def test_the_batch_in_use_needs_one_call_and_no_padding() -> None:
    for batch in (1, 100, 128, 300, 512):
        evaluator, made = batches(batch)
        evaluator.evaluate(rows_of(batch))
        assert list(made) == [batch] and made[batch].runs == 1


def test_large_batches_are_split() -> None:
    evaluator, made = batches(5000)
    evaluator.evaluate(rows_of(1030))
    assert {rows: slot.runs for rows, slot in made.items()} == {512: 2, 8: 1}


@pytest.mark.parametrize("count", [7, 128, 100, 700])
def test_no_call_allocates_its_answer(count: int) -> None:
    evaluator, _ = batches()
    first = evaluator.evaluate(rows_of(count))
    second = evaluator.evaluate(rows_of(count))
    for one, other in zip(first, second, strict=True):
        assert one.ctypes.data == other.ctypes.data


@pytest.mark.parametrize("shape", [(4, 1, 1, 1), (4, 3, 2, 1), (4, 6), (4,)])
def test_rows_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    evaluator, _ = batches()
    with pytest.raises(ValueError, match=r"rows are .*, the model takes \(1, 2, 3\)"):
        evaluator.evaluate(np.zeros(shape, np.float32))


@given(st.integers(0, 300), st.integers(1, 70))
def test_slices_cover_all_rows_with_one_size(rows: int, batch: int) -> None:
    parts = list(slices(rows, batch))
    covered = {row for part in parts for row in range(rows)[part]}
    assert covered == set(range(rows))
    assert {part.stop - part.start for part in parts} <= {min(rows, batch)}
