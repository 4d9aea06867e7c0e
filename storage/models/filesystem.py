"""Models as files of one folder, and the watch that notices a new one."""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path

from watchdog.events import (
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from engine.errors import StorageError
from storage.atomic import explain, read_whole, remove, write_atomically
from storage.layout import RunPaths, steps_in
from storage.models import Models, Signature, series

_log = logging.getLogger(__name__)


class FilesystemModels(Models):
    """The models of one run as files of its folder `models/`."""

    def __init__(self, paths: RunPaths) -> None:
        self.paths = paths

    def publish(self, data: bytes, step: int) -> None:
        """Write the snapshot of `step`, then latest.onnx, each atomically; raises StorageError."""
        write_atomically(self.paths.snapshot(step), data)
        write_atomically(self.paths.latest, data)

    def promote(self, data: bytes) -> None:
        """Write best.onnx atomically; raises StorageError."""
        write_atomically(self.paths.best, data)

    def latest(self) -> bytes | None:
        """The content of latest.onnx, None before the first was published."""
        return read_whole(self.paths.latest)

    def best(self) -> bytes | None:
        """The content of best.onnx, None before the first was promoted."""
        return read_whole(self.paths.best)

    def snapshot(self, step: int) -> bytes:
        """The model that was published at `step`; StorageError naming the steps that exist."""
        data = read_whole(self.paths.snapshot(step))
        if data is None:
            known = ", ".join(map(str, self.steps())) or "none"
            raise StorageError(f"there is no {self.paths.snapshot(step)}, steps are: {known}")
        return data

    def steps(self) -> list[int]:
        """The steps of all snapshots, ascending."""
        return steps_in(self.paths.models)

    def prune(self, keep: int, milestone_every: int, growth: float | None = None) -> None:
        """Remove snapshots but the newest `keep`, multiples of `milestone_every` and a series."""
        steps = self.steps()
        for_ever = set[int]() if growth is None else series(steps, growth)
        for step in steps[: max(0, len(steps) - keep)]:
            if step not in for_ever and step % milestone_every != 0:
                remove(self.paths.snapshot(step))

    def forget_after(self, step: int) -> None:
        """Remove the snapshots of later steps."""
        for later in self.steps():
            if later > step:
                remove(self.paths.snapshot(later))

    def signature(self) -> Signature | None:
        """Time, size and inode of latest.onnx, None if there is no such file."""
        return _signature(self.paths.latest)

    def best_signature(self) -> Signature | None:
        """Time, size and inode of best.onnx, None if there is no such file."""
        return _signature(self.paths.best)

    def snapshot_signature(self, step: int) -> Signature | None:
        """Time, size and inode of the snapshot of `step`, None if there is no such file."""
        return _signature(self.paths.snapshot(step))


def _signature(path: Path) -> Signature | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explain(f"cannot look at {path}", error) from None
    return status.st_mtime_ns, status.st_size, status.st_ino


class ModelWatch:
    """Notices that latest.onnx is another one than before.

    The file's signature, looked at once in `poll_seconds` seconds, is the truth. Events of the
    file system only bring the next look forward: on some mounts they never come.
    """

    def __init__(self, models: FilesystemModels, poll_seconds: float) -> None:
        self._models = models
        self._poll_seconds = poll_seconds
        self._hint = threading.Event()
        self._looked: float | None = None
        self._seen: Signature | None = None
        self._observer = Observer()
        try:
            self._observer.schedule(
                _Hints(models.paths.latest, self._hint),
                str(models.paths.models),
                event_filter=[FileMovedEvent, FileCreatedEvent, FileModifiedEvent],
            )
            self._observer.start()
        except OSError as error:  # no such folder yet, or the system's limit of watches is reached
            _log.warning(
                "no file events for %s (%s): looking every %g s instead",
                *(models.paths.models, error.strerror or error, poll_seconds),
            )

    def changed(self) -> bool:
        """Whether there is a latest model that no earlier call has reported; raises StorageError.

        It costs next to nothing, so it may be called between any two moves.
        """
        if not self._is_time():
            return False
        # Cleared before the look, so that a model published after it is looked at again.
        self._hint.clear()
        self._looked = time.monotonic()
        signature = self._models.signature()
        if signature is None or signature == self._seen:
            return False
        self._seen = signature
        return True

    def close(self) -> None:
        """End the thread that listens to the file system; calling it twice is allowed."""
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join()

    def _is_time(self) -> bool:
        if self._looked is None or self._hint.is_set():
            return True
        return time.monotonic() - self._looked >= self._poll_seconds


class _Hints(FileSystemEventHandler):
    """Sets `hint` whenever `latest` was replaced, made or written."""

    def __init__(self, latest: Path, hint: threading.Event) -> None:
        self._name = latest.name
        self._hint = hint

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called by watchdog's thread; a replacement is a move whose destination is the file."""
        path = event.dest_path if isinstance(event, FileMovedEvent) else event.src_path
        if Path(os.fsdecode(path)).name == self._name:
            self._hint.set()
