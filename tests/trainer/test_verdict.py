"""A finished learner waits for the referee's last word, where there is one, until it is stopped."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from engine.errors import StorageError
from engine.evaluator.onnx import read_card
from engine.games import find
from storage.evaluations import Evaluations, Judged, write_evaluations
from storage.layout import RunPaths, create
from storage.models.filesystem import FilesystemModels
from storage.stats import Heart
from tests.models import linear_model
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
