from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import BusyError, StorageError
from storage.layout import RunPaths
from storage.lock import learner_lock

Spawn = Callable[..., subprocess.Popen[str]]


def test_a_second_learner_is_refused(paths: RunPaths, spawn: Spawn) -> None:
    learner = spawn("lock", paths.root)
    assert learner.stdout.readline() == "locked\n"
    with pytest.raises(BusyError, match=r"'run' and holds .*learner\.lock; stop it first, or"):
        learner_lock(paths).__enter__()
    learner.communicate()
    assert learner.returncode == 0
    with learner_lock(paths):
        pass


def test_a_killed_learner_holds_nothing(paths: RunPaths, spawn: Spawn) -> None:
    learner = spawn("lock", paths.root)
    assert learner.stdout.readline() == "locked\n"
    learner.send_signal(signal.SIGKILL)
    learner.wait()
    with learner_lock(paths):
        pass


def test_the_same_process_is_refused_too(paths: RunPaths) -> None:
    with learner_lock(paths), pytest.raises(BusyError):
        learner_lock(paths).__enter__()


def test_a_failure_inside_frees_the_lock(paths: RunPaths) -> None:
    with pytest.raises(ZeroDivisionError), learner_lock(paths):
        raise ZeroDivisionError
    with learner_lock(paths):
        pass


def test_another_run_is_free(paths: RunPaths, tmp_path: Path) -> None:
    with learner_lock(paths), learner_lock(RunPaths(tmp_path)):
        pass


def test_a_lock_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match=r"cannot lock .*learner\.lock: .*path is a file"):
        learner_lock(RunPaths(tmp_path / "file")).__enter__()
