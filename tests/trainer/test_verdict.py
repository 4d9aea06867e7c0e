"""A finished learner waits for the referee's last word, where there is one, until it is stopped."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from engine.errors import StorageError
from engine.evaluator.onnx import read_card
from engine.games import find
from storage.atomic import read_json, write_json
from storage.evaluations import Evaluations, Judged, read_evaluations, write_evaluations
from storage.layout import RunPaths, create
from storage.models.filesystem import FilesystemModels
from storage.stats import Heart, heartbeats
from tests.models import linear_model
from trainer import verdict
from trainer.verdict import await_verdict

GAME = find("tictactoe")


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    paths = RunPaths(tmp_path / "run")
    create(paths)
    return paths


@pytest.fixture
def models(paths: RunPaths) -> FilesystemModels:
    models = FilesystemModels(paths)
    models.publish(linear_model(GAME, 7), 7)
    return models


def judged(paths: RunPaths, models: FilesystemModels) -> None:
    data = models.latest()
    assert data is not None
    row = Judged(step=7, sha256=read_card(data).sha256)
    write_evaluations(paths, Evaluations(judged=[row]))


def never() -> bool:
    return False


def test_nobody_waits_where_nobody_judges(paths: RunPaths, models: FilesystemModels) -> None:
    told: list[int] = []
    await_verdict(paths, models, never, lambda: told.append(1))
    assert told == [1]


def test_it_waits_until_the_last_model_is_judged(paths: RunPaths, models: FilesystemModels) -> None:
    heart = Heart(paths, "referee")
    heart.beat("judges", {}, force=True)
    threading.Timer(0.7, judged, (paths, models)).start()
    told: list[int] = []
    began = time.monotonic()
    await_verdict(paths, models, never, lambda: told.append(1))
    assert time.monotonic() - began >= 0.5 and len(told) >= 2  # it gave signs of life meanwhile


def test_a_referee_that_ends_ends_the_wait(paths: RunPaths, models: FilesystemModels) -> None:
    heart = Heart(paths, "referee")
    heart.beat("judges", {}, force=True)
    threading.Timer(0.3, heart.stop).start()
    end = time.monotonic() + 60  # a failure, not a test that hangs
    await_verdict(paths, models, lambda: time.monotonic() > end, lambda: None)
    assert time.monotonic() < end


def starved(paths: RunPaths) -> None:
    """A referee that gave its last sign of life a minute ago."""
    Heart(paths, "referee").beat("judges", {}, force=True)
    beat = read_json(paths.heartbeat("referee")) or {}
    write_json(paths.heartbeat("referee"), {**beat, "at": beat["at"] - 60})
    assert not heartbeats(paths)[0].alive


def test_a_referee_that_was_kept_from_work_gets_time(
    paths: RunPaths, models: FilesystemModels
) -> None:
    starved(paths)
    threading.Timer(0.7, judged, (paths, models)).start()
    await_verdict(paths, models, never, lambda: None)
    data = models.latest()
    assert data is not None and read_evaluations(paths).knows(read_card(data).sha256)


def test_a_referee_that_stays_silent_ends_the_wait_and_is_named(
    paths: RunPaths,
    models: FilesystemModels,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    starved(paths)
    monkeypatch.setattr(verdict, "PATIENCE", 1.0)
    told: list[int] = []
    await_verdict(paths, models, lambda: len(told) == 500, lambda: told.append(1))
    assert 1 < len(told) < 500
    assert "the last model is not judged: there is no referee, or it is silent" in caplog.messages


def test_a_stop_ends_the_wait(paths: RunPaths, models: FilesystemModels) -> None:
    Heart(paths, "referee").beat("judges", {}, force=True)
    told: list[int] = []
    await_verdict(paths, models, lambda: len(told) == 2, lambda: told.append(1))
    assert len(told) == 2


def test_a_run_without_a_model_has_nothing_to_judge(paths: RunPaths) -> None:
    Heart(paths, "referee").beat("judges", {}, force=True)
    await_verdict(paths, FilesystemModels(paths), never, lambda: pytest.fail("it waited"))


def test_a_damaged_file_is_reported(paths: RunPaths, models: FilesystemModels) -> None:
    paths.evaluations.write_text("{")
    with pytest.raises(StorageError, match=r"evaluations.json"):
        await_verdict(paths, models, never, lambda: None)
