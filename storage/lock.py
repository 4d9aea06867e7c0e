"""One process at a time: the operating system holds a lock, and frees it when its owner dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from engine.errors import BusyError
from storage.atomic import explain
from storage.layout import RunPaths


def learner_lock(paths: RunPaths) -> AbstractContextManager[None]:
    """Be the run's only learner inside the block; BusyError if another one lives.

    Raises StorageError where the lock file cannot be made.
    """
    return _alone(
        paths.learner_lock,
        f"another learner trains the run {paths.root.name!r} and holds {paths.learner_lock};"
        f" stop it first, or choose another --run-name",
    )


def referee_lock(paths: RunPaths) -> AbstractContextManager[None]:
    """Be the only one who judges the run's models; BusyError if somebody else does.

    Raises StorageError where the lock file cannot be made.
    """
    return _alone(
        paths.referee_lock,
        f"another process judges the models of the run {paths.root.name!r} and holds"
        f" {paths.referee_lock}; stop it first, or choose another --run-name",
    )


def ladder_lock(paths: RunPaths) -> AbstractContextManager[None]:
    """Extend the run's ladder alone inside the block; BusyError if somebody else is at it.

    Raises StorageError where the lock file cannot be made.
    """
    return _alone(
        paths.ratings_lock,
        f"another tournament extends {paths.ratings} and holds {paths.ratings_lock};"
        " wait for its end or stop it first",
    )


def levels_lock(paths: RunPaths) -> AbstractContextManager[None]:
    """Rate levels of the run's models alone inside the block; BusyError if somebody else does.

    Raises StorageError where the lock file cannot be made.
    """
    return _alone(
        paths.levels_lock,
        f"somebody else rates the levels of the run {paths.root.name!r} and holds"
        f" {paths.levels_lock}; wait for its end or stop it first",
    )


@contextmanager
def _alone(path: Path, busy: str) -> Iterator[None]:
    # A soft lock, filelock's way out on a disk without flock, would outlive a killed owner.
    lock = FileLock(path, timeout=0, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(busy) from None
    except OSError as error:
        raise explain(f"cannot lock {path}", error) from None
    try:
        yield
    finally:
        lock.release()
