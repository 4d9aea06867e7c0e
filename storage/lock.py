"""One learner per run: the operating system holds the lock, and frees it when its owner dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from engine.errors import BusyError
from storage.atomic import explain
from storage.layout import RunPaths


@contextmanager
def learner_lock(paths: RunPaths) -> Iterator[None]:
    """Be the run's only learner inside the block; BusyError if another one lives.

    Raises StorageError where the lock file cannot be made.
    """
    # A soft lock, filelock's way out on a disk without flock, would outlive a killed owner.
    lock = FileLock(paths.learner_lock, timeout=0, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"another learner trains the run {paths.root.name!r} and holds {paths.learner_lock};"
            f" stop it first, or choose another --run-name"
        ) from None
    except OSError as error:
        raise explain(f"cannot lock {paths.learner_lock}", error) from None
    try:
        yield
    finally:
        lock.release()
