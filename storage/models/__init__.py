"""Published models: the learner writes them, actors and the web server reload them."""

from __future__ import annotations

from typing import Protocol

Signature = tuple[int, int, int]
"""What tells one published file from the next: mtime in ns, size in bytes, inode."""


class Models(Protocol):
    """Where a run's ONNX models are kept; every call may raise StorageError."""

    def publish(self, data: bytes, step: int) -> None:
        """Store the model of `step` as a snapshot, then as the latest; each is seen whole."""
        ...

    def promote(self, data: bytes) -> None:
        """Make this model the best one."""
        ...

    def latest(self) -> bytes | None:
        """The model to play with, None before the first was published."""
        ...

    def best(self) -> bytes | None:
        """The best model by evaluation, None before the first was promoted."""
        ...

    def snapshot(self, step: int) -> bytes:
        """The model that was published at `step`; StorageError naming the steps that exist."""
        ...

    def steps(self) -> list[int]:
        """The steps of all snapshots, ascending."""
        ...

    def prune(self, keep: int, milestone_every: int, growth: float | None = None) -> None:
        """Remove snapshots but the newest `keep`, multiples of `milestone_every` and a series.

        The series, see `storage.models.series`, is for curves: its steps grow by `growth`; None =
        no series.
        """
        ...

    def forget_after(self, step: int) -> None:
        """Remove the snapshots of later steps: the learner went back, and will publish others."""
        ...

    def best_signature(self) -> Signature | None:
        """What changes whenever the best model does; None before the first."""
        ...

    def signature(self) -> Signature | None:
        """What changes whenever the latest model does; None before the first."""
        ...

    def snapshot_signature(self, step: int) -> Signature | None:
        """What changes whenever the model of `step` does, as after a step back; None without it."""
        ...


def series(steps: list[int], growth: float) -> set[int]:
    """Of ascending `steps` the first, and each that is at least `growth` times the one before.

    What once belonged to the series of a run belongs to it for ever, however many come later.
    """
    kept: list[int] = []
    for step in steps:
        if not kept or step >= growth * kept[-1]:
            kept.append(step)
    return set(kept)
