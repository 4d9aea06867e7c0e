from __future__ import annotations

import errno
import logging
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from watchdog.events import (
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
)
from watchdog.observers import Observer

from engine.errors import StorageError
from storage.layout import RunPaths
from storage.models import filesystem
from storage.models.filesystem import FilesystemModels, ModelWatch, _Hints

NEVER = 1e9
"""Seconds between two looks of a watch that lives by events alone."""


@pytest.fixture
def models(paths: RunPaths) -> FilesystemModels:
    return FilesystemModels(paths)


def test_nothing_is_published_at_first(models: FilesystemModels) -> None:
    assert models.latest() is models.best() is models.signature() is None
    assert models.steps() == []
    with pytest.raises(StorageError, match=r"no .*step_000200\.onnx, steps are: none"):
        models.snapshot(200)


def test_publishing_and_promoting(models: FilesystemModels) -> None:
    models.publish(b"two", 200)
    first = models.signature()
    models.publish(b"four", 400)
    models.promote(b"two")
    assert (models.latest(), models.best()) == (b"four", b"two")
    assert (models.snapshot(200), models.snapshot(400)) == (b"two", b"four")
    assert models.steps() == [200, 400]
    assert None is not models.signature() != first
    with pytest.raises(StorageError, match="steps are: 200, 400"):
        models.snapshot(300)


def test_the_snapshot_is_stored_before_the_latest(
    models: FilesystemModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.publish(b"old", 1)
    replace = os.replace

    def fail_for_latest(source: str, target: Path) -> None:
        if target == models.paths.latest:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail_for_latest)
    with pytest.raises(StorageError, match=r"latest\.onnx .*free some space"):
        models.publish(b"new", 2)
    assert (models.latest(), models.snapshot(2)) == (b"old", b"new")


def test_pruning_keeps_the_newest_and_the_milestones(models: FilesystemModels) -> None:
    for step in range(100, 1100, 100):
        models.publish(b"%d" % step, step)
    models.promote(b"best")
    models.prune(keep=3, milestone_every=500)
    assert models.steps() == [500, 800, 900, 1000]
    models.prune(keep=100, milestone_every=500)
    assert models.steps() == [500, 800, 900, 1000]
    models.prune(keep=0, milestone_every=10_000)
    assert models.steps() == []
    assert (models.latest(), models.best()) == (b"1000", b"best")


def test_pruning_leaves_a_series_for_curves(models: FilesystemModels) -> None:
    for step in range(100, 2100, 100):
        models.publish(b"%d" % step, step)
        models.prune(keep=2, milestone_every=10_000, growth=1.5)
    # 100 x 1.5 = 150, 200 x 1.5 = 300, 450, 750, 1200, 1800; whatever the order of events
    assert models.steps() == [100, 200, 300, 500, 800, 1200, 1800, 1900, 2000]
    models.prune(keep=0, milestone_every=10_000, growth=1.5)
    assert models.steps() == [100, 200, 300, 500, 800, 1200, 1800]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    models = FilesystemModels(RunPaths(tmp_path))
    with pytest.raises(StorageError, match=r"cannot list .*models: No such file"):
        models.steps()
    with pytest.raises(StorageError, match="check that its folder exists"):
        models.publish(b"new", 1)


def test_a_reader_never_sees_a_torn_model(
    models: FilesystemModels, spawn: Callable[..., subprocess.Popen[str]]
) -> None:
    publisher = spawn("publish", models.paths.root, 60)
    sizes = set()
    ended = False
    while not ended:
        ended = publisher.poll() is not None  # asked first: the last look comes after the end
        for data in (models.latest(), *map(models.snapshot, models.steps())):
            if data is not None:
                assert data == data[:1] * len(data)
                sizes.add(len(data))
    assert publisher.returncode == 0
    assert sizes == {1, 3_000_000}
    assert sorted(path.name for path in models.paths.models.iterdir()) == [
        "latest.onnx",
        *(f"step_00000{step}.onnx" for step in range(4)),
    ]


@pytest.fixture
def watching(models: FilesystemModels) -> Iterator[Callable[[float], ModelWatch]]:
    watches = []

    def watch(poll_seconds: float) -> ModelWatch:
        watches.append(ModelWatch(models, poll_seconds))
        return watches[-1]

    yield watch
    for made in watches:
        made.close()
        made.close()


def waits_for_change(watch: ModelWatch) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if watch.changed():
            return True
        time.sleep(0.005)
    return False


def test_a_model_that_is_there_is_reported_once(models: FilesystemModels, watching) -> None:
    models.publish(b"one", 1)
    watch = watching(NEVER)
    assert watch.changed()
    assert not watch.changed()


def test_events_bring_the_look_forward(models: FilesystemModels, watching) -> None:
    watch = watching(NEVER)
    assert not watch.changed()
    for step in (1, 2, 3):
        models.publish(b"%d" % step, step)
        assert waits_for_change(watch)
        assert models.latest() == b"%d" % step


@pytest.mark.parametrize(
    ("event", "hints"),
    [
        (FileMovedEvent("models/.latest.onnx.abc.tmp", "models/latest.onnx"), True),
        (FileMovedEvent(b"models/.latest.onnx.abc.tmp", b"models/latest.onnx"), True),
        (FileMovedEvent("models/latest.onnx", "models/old.onnx"), False),
        (FileMovedEvent("models/.best.onnx.abc.tmp", "models/best.onnx"), False),
        (FileCreatedEvent("models/.latest.onnx.abc.tmp"), False),
        (FileModifiedEvent("models/latest.onnx"), True),  # copied there by hand
    ],
)
def test_only_the_latest_model_is_a_hint(event: FileSystemEvent, hints: bool) -> None:
    hint = threading.Event()
    _Hints(Path("models/latest.onnx"), hint).on_any_event(event)
    assert hint.is_set() is hints


class Deaf(Observer):  # type: ignore[misc, valid-type]
    """Events that never come, as on some mounts."""

    def schedule(self, *_: object, **__: object) -> None:
        pass


class Exhausted(Observer):  # type: ignore[misc, valid-type]
    """The system's limit of watches is reached."""

    def start(self) -> None:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")


def test_polling_is_enough(models: FilesystemModels, watching, monkeypatch) -> None:
    monkeypatch.setattr(filesystem, "Observer", Deaf)
    watch = watching(0.01)
    for step in (1, 2):
        models.publish(b"%d" % step, step)
        assert waits_for_change(watch)
    slow = watching(NEVER)
    assert slow.changed()
    models.publish(b"3", 3)
    assert not slow.changed()


def test_polling_takes_over_where_events_fail(
    models: FilesystemModels, watching, monkeypatch, caplog
) -> None:
    monkeypatch.setattr(filesystem, "Observer", Exhausted)
    with caplog.at_level(logging.WARNING):
        watch = watching(0)
    assert "inotify watch limit reached): looking every 0 s instead" in caplog.text
    assert not watch.changed()
    models.publish(b"one", 1)
    assert watch.changed()
    assert not watch.changed()


def test_a_folder_that_comes_later_is_polled(tmp_path: Path, caplog) -> None:
    models = FilesystemModels(RunPaths(tmp_path / "run"))
    watch = ModelWatch(models, 0)
    assert "no file events" in caplog.text
    assert not watch.changed()
    models.paths.models.mkdir(parents=True)
    models.publish(b"one", 1)
    assert watch.changed()
    watch.close()


def test_a_model_that_went_is_no_change(models: FilesystemModels, watching) -> None:
    models.publish(b"one", 1)
    watch = watching(0)
    assert watch.changed()
    models.paths.latest.unlink()
    assert not watch.changed()
    models.publish(b"two!", 2)
    assert watch.changed()
