"""The referee on real files and as a real process: newest first, killed, resumed, paused."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from actor.referee import Referee, anchors
from actor.yardstick import yardstick_of
from engine.config import Settings
from engine.evaluator.onnx import read_card
from engine.games import find
from engine.sources import load
from storage.control import set_paused
from storage.evaluations import Evaluations, read_evaluations
from storage.ladder import read_ladder
from storage.layout import RunPaths, create, run_paths
from storage.lock import ladder_lock, referee_lock
from storage.matches import read_meetings
from storage.models.filesystem import FilesystemModels
from storage.stats import heartbeats
from storage.verdicts import read_verdicts
from tests.actor.test_judge import STRONG, WEAK
from tests.events import numbers
from tests.models import linear_model

ROOT = Path(__file__).resolve().parents[2]
GAME = find("tictactoe")
QUICK = {
    "niceness": 0,  # the process of the tests is to stay as it is
    "simulations": 10,
    "opening_plies": 2,
    "most_games": 96,
    "ladder_every": 0,
}


class Run:
    """A run in an empty folder whose learner is the test."""

    def __init__(self, folder: Path, **rules: object) -> None:
        self.settings: Settings = load(
            {
                "run": {"game": GAME.name},
                "storage": {"data_dir": folder},
                "selfplay": {"reload_seconds": 0.05},
                "referee": {**QUICK, **rules},
            }
        )
        self.paths: RunPaths = run_paths(self.settings)
        create(self.paths)
        self.models = FilesystemModels(self.paths)

    def publish(self, step: int, seed: int) -> None:
        self.models.publish(linear_model(GAME, step, seed=seed), step)

    def judge(self, *, until: Callable[[], bool] | None = None) -> Evaluations:
        """Let a referee work until the latest model is judged, or `until` then."""
        Referee(self.settings, until or self.is_judged).run()
        return self.book

    def is_judged(self) -> bool:
        data = self.models.latest()
        return data is not None and self.book.knows(read_card(data).sha256)

    @property
    def book(self) -> Evaluations:
        return read_evaluations(self.paths)

    def best(self) -> int | None:
        data = self.models.best()
        return read_card(data).step if data else None


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_a_model_is_measured_and_meets_the_best(run: Run) -> None:
    yardstick_of(run.settings).prepare()  # else the models may be too early for it
    run.publish(100, WEAK)
    run.judge()
    assert run.best() == 100
    run.publish(200, STRONG)
    book = run.judge()
    assert run.best() == 200 and read_verdicts(run.paths).best_step == 200
    assert [row.step for row in book.judged] == [100, 200]
    assert [(row.step, row.finding) for row in book.evaluations] == [(200, "stronger")]
    measured = [(row["step"], row["set"], row["simulations"]) for row in book.accuracy]
    assert measured == [(step, "random", n) for step in (100, 200) for n in (0, 10)]
    alone, searched = (row["wdl_optimal"] for row in book.accuracy[-2:])
    assert 0.5 < alone < searched <= 1
    assert heartbeats(run.paths) == []


def test_tensorboard_gets_the_accuracy_if_it_is_wanted(tmp_path: Path) -> None:
    run = Run(tmp_path)
    wanted = run.settings.learner.model_copy(update={"tensorboard": True})
    run.settings = run.settings.model_copy(update={"learner": wanted})
    yardstick_of(run.settings).prepare()
    run.publish(100, WEAK)
    (alone, _) = run.judge().accuracy
    (path,) = run.paths.events("referee").iterdir()
    told = {(step, tag): number for step, tag, number in numbers(path)}
    share = told[100, "accuracy/random@0/wdl_optimal"]
    assert share == pytest.approx(alone["wdl_optimal"])


def test_the_newest_model_is_judged_and_the_others_are_named(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    for step in (100, 200, 300):
        run.publish(step, WEAK)
    with caplog.at_level(logging.INFO):
        book = run.judge()
    assert [(row.step, row.skipped) for row in book.judged] == [(300, [100, 200])]
    assert "steps 100, 200 are not judged, step 300 is newer" in caplog.text


def test_nothing_is_judged_twice(run: Run) -> None:
    run.publish(100, WEAK)
    book = run.judge()
    before = run.paths.evaluations.stat().st_mtime_ns
    looks = iter(range(5))
    run.judge(until=lambda: next(looks, None) is None)
    assert run.book == book and run.paths.evaluations.stat().st_mtime_ns == before


def test_a_step_that_is_published_anew_is_judged_anew(run: Run) -> None:
    run.publish(100, STRONG)
    run.judge()
    run.publish(300, WEAK)
    book = run.judge()
    assert book.relapse is not None and read_verdicts(run.paths).relapse == book.relapse
    again = linear_model(GAME, 200, seed=WEAK, sha256="a" * 64)  # the learner has gone back
    run.models.publish(again, 200)
    book = run.judge()
    assert [row.step for row in book.judged] == [100, 300, 200]
    assert {row["step"] for row in book.accuracy} <= {100, 200}


def test_a_damaged_model_is_named_and_the_next_one_judged(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    run.paths.latest.write_bytes(b"half")
    looks = iter(range(3))
    run.judge(until=lambda: next(looks, None) is None)
    assert "latest.onnx is not judged: not a complete ONNX model" in caplog.text
    run.publish(100, WEAK)
    run.judge()
    assert run.best() == 100


def test_a_model_that_cannot_play_never_becomes_the_best(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    run.models.publish(linear_model(GAME, 100, win=float("nan")), 100)
    book = run.judge()
    assert "step 100 cannot be judged" in caplog.text and run.best() is None
    assert [row.step for row in book.judged] == [100] and book.promotions == []


def test_it_rests_while_the_run_is_paused(run: Run) -> None:
    run.publish(100, WEAK)
    set_paused(run.paths, True)
    seen: list[str] = []

    def look() -> bool:
        seen.extend(beat.state for beat in heartbeats(run.paths))
        if len(seen) == 5:
            assert run.book.judged == []
            set_paused(run.paths, False)
        return run.is_judged()

    run.judge(until=look)
    assert seen[0] == "paused" and run.best() == 100


def test_milestones_and_every_kth_model_enter_the_ladder(tmp_path: Path) -> None:
    run = Run(tmp_path, ladder_every=2)

    def rated(step: int) -> bool:
        ladder = read_ladder(run.paths.ratings)
        names = {entry.spec for entry in ladder.players if entry.rating} if ladder else set()
        return f"step_{step:06d}@10" in names

    run.publish(100, WEAK)
    run.judge()
    assert not run.paths.ratings.exists()
    run.publish(200, STRONG)
    run.judge(until=lambda: rated(200))
    run.publish(300, WEAK)
    run.judge()
    run.publish(5000, STRONG)
    run.judge(until=lambda: rated(5000))
    ladder = read_ladder(run.paths.ratings)
    assert ladder is not None
    names = [entry.spec for entry in ladder.players]
    assert names == ["random", *anchors(GAME), "step_000200@10", "step_005000@10"]
    assert sum(result.meetings for result in ladder.results) == 8
    assert set(run.book.entered) == {"step_000200@10", "step_005000@10"}


def test_a_ladder_in_other_hands_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = Run(tmp_path, ladder_every=1)
    run.publish(100, WEAK)
    told = "step 100 does not enter the ladder: another tournament extends"
    with ladder_lock(run.paths):
        run.judge(until=lambda: told in caplog.text)
    assert run.best() == 100 and not run.paths.ratings.exists()


def test_two_models_of_one_name_are_not_one_player(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = Run(tmp_path, ladder_every=1)
    run.publish(100, WEAK)
    run.judge(until=run.paths.ratings.exists)
    run.models.publish(linear_model(GAME, 100, seed=STRONG, sha256="b" * 64), 100)
    with caplog.at_level(logging.INFO):
        run.judge(until=lambda: "step_000100-bbbbbbbb@10 in the ladder: " in caplog.text)
    ladder = read_ladder(run.paths.ratings)
    assert ladder is not None
    assert ladder.meetings("step_000100@10", "step_000100-bbbbbbbb@10") == 0
    stored = {m.second: m.second_sha256 for m in read_meetings(run.paths, "tournament")}
    assert stored["step_000100@10"] != stored["step_000100-bbbbbbbb@10"] == "b" * 64


def test_alphabeta_is_an_anchor_where_it_knows_something() -> None:
    assert anchors(GAME) == ["greedy", "mcts:100"]
    assert anchors(find("kalaha")) == ["greedy", "alphabeta:2", "alphabeta:4", "mcts:100"]


@contextmanager
def process(run: Run) -> Iterator[subprocess.Popen[str]]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CARTRIDGE_")}
    assignments = [f"--set={text}" for text in run.settings.assignments()]
    referee = subprocess.Popen(
        [sys.executable, "-m", "actor", "referee", *assignments],
        env={**clean, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    with referee:
        try:
            yield referee
        finally:
            referee.kill()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_killed_in_a_match_it_goes_on_and_a_signal_ends_it(tmp_path: Path) -> None:
    run = Run(tmp_path, most_games=2000, promotion="score")  # long enough to be hit
    run.publish(100, WEAK)
    with process(run) as first:
        until(lambda: run.best() == 100)
        run.publish(200, STRONG)
        until(lambda: any("against the best" in beat.state for beat in heartbeats(run.paths)))
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert [row.step for row in run.book.judged] == [100]
    quick = Run(tmp_path)
    with process(quick) as second:
        until(quick.is_judged)
        with pytest.raises(Exception, match="another process judges the models"):
            referee_lock(run.paths).__enter__()
        second.terminate()
        _, told = second.communicate(timeout=30)
    assert second.returncode == 0, told
    assert "step 200 is the new best model" in told and told.rstrip().endswith("stopped")
    assert [row.step for row in run.book.judged] == [100, 200]
    assert [(row.step, row.against) for row in run.book.promotions] == [(100, None), (200, 100)]
    assert len(run.book.evaluations) == 1 and run.best() == 200
    assert heartbeats(run.paths) == []
