"""Batches of any size on runtimes that like fixed ones.

A runtime prepares a slot for each of a few sizes, with buffers of its own, when that size is first
needed. A call of n rows uses the slots that hold them with little padding, so no call allocates
and the runtime never meets a new shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SIZES = (1, 8, 16, 32, 64, 128, 256, 512)
"""Rows of a slot; a batch size in constant use is added to these."""

_SPARE_ROWS = 8
_SPARE_SHARE = 0.25


class Slot(Protocol):
    """One prepared batch of fixed size B; all three arrays are reused by every run."""

    observations: NDArray[np.float32]
    """`float32[B, C, H, W]`, to be filled in place."""
    logits: NDArray[np.float32]
    """`float32[B, A]`, valid after `run`."""
    wdl: NDArray[np.float32]
    """`float32[B, 3]`, valid after `run`."""

    def run(self) -> None:
        """Judge what is in `observations`."""
        ...


class FixedBatches:
    """An `Evaluator` over the slots that `make(rows)` prepares; used by one thread at a time."""

    def __init__(
        self,
        make: Callable[[int], Slot],
        planes: tuple[int, int, int],
        actions: int,
        batch: int,
        sizes: tuple[int, ...] = SIZES,
    ) -> None:
        self._make = make
        self._planes = planes
        self._actions = actions
        self._sizes = sorted({*sizes, batch}) if batch <= sizes[-1] else list(sizes)
        self._slots: dict[int, Slot] = {}
        self._plans: dict[int, list[Slot]] = {}
        self._logits = np.zeros((0, actions), np.float32)
        self._wdl = np.zeros((0, 3), np.float32)

    def evaluate(
        self, observations: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Evaluator`; raises ValueError for rows that are not `[C, H, W]` of this game."""
        if observations.shape[1:] != self._planes:
            # Assigning them to the buffer would broadcast or fail with an obscure message.
            raise ValueError(f"rows are {observations.shape[1:]}, the model takes {self._planes}")
        rows = len(observations)
        slots = self._plans.get(rows)
        if slots is None:
            slots = self._plans[rows] = [self._slot(size) for size in plan(rows, self._sizes)]
        if len(slots) != 1:
            return self._joined(observations, slots)
        slot = slots[0]
        slot.observations[:rows] = observations
        slot.run()
        return slot.logits[:rows], slot.wdl[:rows]

    def _joined(
        self, observations: NDArray[np.float32], slots: list[Slot]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rows = len(observations)
        if rows > len(self._logits):
            self._logits = np.zeros((rows, self._actions), np.float32)
            self._wdl = np.zeros((rows, 3), np.float32)
        start = 0
        for slot in slots:
            count = min(len(slot.observations), rows - start)
            part = slice(start, start + count)
            slot.observations[:count] = observations[part]
            slot.run()
            self._logits[part] = slot.logits[:count]
            self._wdl[part] = slot.wdl[:count]
            start += count
        return self._logits[:rows], self._wdl[:rows]

    def _slot(self, size: int) -> Slot:
        slot = self._slots.get(size)
        if slot is None:
            slot = self._slots[size] = self._make(size)
        return slot


def plan(rows: int, sizes: list[int]) -> list[int]:
    """The slots for `rows` rows, in order; only the last one has unused rows.

    One slot where at most a quarter of the rows, or eight of them, are padding; otherwise the
    largest full slot first. `sizes` is ascending and begins with 1.
    """
    parts: list[int] = []
    while rows > 0:
        enough = next((size for size in sizes if size >= rows), None)
        if enough is not None and enough - rows <= max(_SPARE_ROWS, _SPARE_SHARE * rows):
            return [*parts, enough]
        parts.append(max(size for size in sizes if size <= rows))
        rows -= parts[-1]
    return parts


def slices(rows: int, batch: int) -> Iterator[slice]:
    """Slices of `batch` rows each that cover `rows` rows; fewer only where there are no more.

    The last one overlaps with the one before it, so that all have the same size.
    """
    for start in range(0, rows, batch):
        yield slice(max(0, min(start, rows - batch)), min(start + batch, rows))
