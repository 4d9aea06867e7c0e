"""The evaluator of a worker: the newest good model, on a backend that agrees, told to the page."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from actor.worker import Gate, Speaker, positions_for, work
from engine.config import Settings
from engine.errors import ConfigError
from engine.evaluator import backends
from engine.evaluator.onnx import OnnxEvaluator
from engine.evaluator.report import Report
from engine.games import find
from engine.sources import load
from storage import stats
from storage.effort import spent
from storage.layout import RunPaths, create, run_paths
from storage.live import Playing, playing
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay
from storage.stats import FINISHED, Heart, heartbeats, write_stats
from tests.engine.evaluator.networks import conv_model
from tests.models import linear_model

GAME = find("tictactoe")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    given = load(
        {
            "run": {"game": GAME.name},
            "storage": {"data_dir": tmp_path},
            "search": {"simulations": 8},
            "selfplay": {"games": 4, "reload_seconds": 1e-9, "niceness": 0},
            "evaluator": {"positions": 60},
        }
    )
    create(run_paths(given))
    return given


@pytest.fixture
def paths(settings: Settings) -> RunPaths:
    return run_paths(settings)


@pytest.fixture
def speaker(settings: Settings, paths: RunPaths) -> Iterator[Speaker]:
    with SqliteReplay(paths.replay, GAME) as replay:
        made = Speaker(GAME, settings, positions_for(settings, 0, GAME, replay))
        yield made
        made.close()


def test_the_newest_model_speaks_and_its_backend_is_told(
    speaker: Speaker, paths: RunPaths, caplog: pytest.LogCaptureFixture
) -> None:
    speaker.refresh()
    assert speaker.step == -1 and speaker.report is None
    for step in (5, 6):
        data = conv_model(GAME, step=step)
        FilesystemModels(paths).publish(data, step)
        with caplog.at_level(logging.INFO):
            speaker.refresh()
        assert speaker.step == step and speaker.report
        assert speaker.report.step == step
        assert f"step {step} is judged by {speaker.report.backend}" in caplog.text
        rows = GAME.observe(GAME.new())[None]
        expected, _ = OnnxEvaluator(GAME, data).evaluate(rows)
        assert np.abs(speaker.evaluator.evaluate(rows)[0] - expected).max() < 0.1


def test_a_model_that_does_not_fit_leaves_the_old_one_in_service(
    speaker: Speaker, paths: RunPaths, caplog: pytest.LogCaptureFixture
) -> None:
    FilesystemModels(paths).publish(conv_model(GAME, step=5), 5)
    speaker.refresh()
    before = (speaker.evaluator, speaker.step, speaker.report)
    for data in (conv_model(find("connect4")), conv_model(GAME)[:500]):
        FilesystemModels(paths).publish(data, 6)
        speaker.refresh()
        assert (speaker.evaluator, speaker.step, speaker.report) == before
    assert caplog.text.count("latest.onnx is refused, step 5 stays in service") == 2


def test_a_heartbeat_carries_the_report(speaker: Speaker, paths: RunPaths) -> None:
    FilesystemModels(paths).publish(conv_model(GAME), 7)
    speaker.refresh()
    Heart(paths, "actor-0").beat("playing", {}, evaluator=speaker.report)
    (beat,) = heartbeats(paths)
    assert beat.evaluator == speaker.report and beat.evaluator is not None


@pytest.fixture
def handlers() -> Iterator[None]:
    """Puts back the handlers of signals that a worker sets for its own process."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_a_worker_plays_with_the_chosen_backend_and_tells_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stats, "_BEAT_SECONDS", 0.0)
    paths = run_paths(settings)
    FilesystemModels(paths).publish(linear_model(GAME, step=9, flops=1000), 9)
    left = iter(range(6))
    told: list[Report | None] = []
    shown: list[Playing] = []

    def publish(counters: object) -> None:
        told.extend(beat.evaluator for beat in heartbeats(paths))
        shown.extend(playing(paths))

    work(settings, 0, lambda: next(left, None) is not None, publish)
    assert told[0] is None and told[-1] is not None and told[-1].step == 9
    assert {glance.actor for glance in shown} == {"actor-0"} and playing(paths) == []
    assert shown[-1].model_step == 9
    assert max(len(glance.games) for glance in shown) == settings.selfplay.games
    assert any(game.visits for glance in shown for game in glance.games)
    cost = spent(paths)
    assert cost.evaluations > 0 and cost.flops == 1000 * cost.evaluations
    assert 0 < cost.core_seconds < 60
    with SqliteReplay(paths.replay, GAME) as replay:
        games = replay.newest(10)
    assert len(games) == 6 and {record.model_step for _, record in games} == {9}


@pytest.mark.usefixtures("handlers")
def test_a_backend_that_is_missing_ends_the_worker_at_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends.cuda, "missing", lambda: "no GPU here")
    evaluator = settings.evaluator.model_copy(update={"backend": "cuda"})
    asked = settings.model_copy(update={"evaluator": evaluator})
    with pytest.raises(ConfigError, match=r"evaluator.backend = 'cuda' cannot be used: no GPU"):
        work(asked, 0, lambda: True, lambda counters: None)
    assert heartbeats(run_paths(settings)) == []


@pytest.mark.parametrize(
    ("message", "alive", "reason"),
    [
        ("training", True, None),
        (FINISHED, True, "the learner has finished"),
        (FINISHED, False, None),  # of an earlier start: this one may go on playing
    ],
)
def test_nobody_plays_for_a_learner_whose_time_is_over(
    settings: Settings, paths: RunPaths, message: str, alive: bool, reason: str | None
) -> None:
    if alive:
        Heart(paths, "trainer").beat(message, {}, force=True)
    write_stats(paths, {"samples_used": 0, "message": message})
    with SqliteReplay(paths.replay, GAME) as replay:
        assert Gate(paths, settings, replay).closed() == reason
