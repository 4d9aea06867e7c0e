"""The yardstick of a run: solved positions, made once, the same for every model."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.config import Settings
from engine.game import State
from engine.games import find
from engine.solver.exhaustive import ExhaustiveSolver
from storage.layout import RunPaths, create, run_paths
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay
from storage.stats import read_stats
from tests.models import linear_model
from tests.trainer.conftest import Configure
from trainer.continuous import learn
from trainer.learner import Learner
from trainer.yardstick import POSITIONS, Yardstick, make_positions, solver_of

GAME = find("tictactoe")


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    made = RunPaths(tmp_path / "run")
    create(made)
    return made


def test_positions_are_solved_distinct_and_can_be_played_wrong() -> None:
    solver = ExhaustiveSolver(GAME)
    positions = make_positions(GAME, solver_of(GAME))
    assert len(positions) == POSITIONS
    assert len({tuple(GAME.replay(moves)) for moves, _ in positions}) == POSITIONS
    for moves, values in positions:
        assert values == solver.solve(GAME.replay(moves)).values
        assert len(set(np.sign(list(values.values())))) > 1


def test_they_are_made_once_and_measure_a_model_exactly(paths: RunPaths) -> None:
    asked: list[int] = []
    solve = solver_of(GAME)

    def counted(state: State) -> dict[int, int] | None:
        asked.append(1)
        return solve(state)

    def measured() -> dict[str, Any] | None:
        yardstick = Yardstick(GAME, paths, counted)
        yardstick.prepare()
        return yardstick.measure(linear_model(GAME, 9, seed=1), 9)

    row = measured()
    before = len(asked)
    again = measured()
    assert row == again and len(asked) == before > 0
    assert row is not None and row["positions"] == POSITIONS and row["step"] == 9
    low, high = row["wdl_interval"]
    assert low < row["wdl_optimal"] < high and 0 < row["random_wdl_optimal"] < 1


def test_a_solver_that_reaches_nothing_measures_nothing(paths: RunPaths) -> None:
    yardstick = Yardstick(GAME, paths, lambda state: None)
    yardstick.prepare()
    assert yardstick.positions == [] and yardstick.measure(b"", 1) is None
    assert paths.yardstick.read_bytes() == b""


def test_every_published_model_is_measured(
    configure: Configure, generate: Callable[[Settings, int], None]
) -> None:
    settings = configure()
    generate(settings, 60)
    paths, learner = run_paths(settings), Learner(GAME, settings)
    Yardstick(GAME, paths, solver_of(GAME)).prepare()  # else the first model may be too early
    with SqliteReplay(paths.replay, GAME) as replay:
        learn(settings, learner, replay, FilesystemModels(paths), paths, lambda: False, 12)
    stats = read_stats(paths)
    assert stats is not None
    assert [row["step"] for row in stats["accuracy"]][-1:] == [10]
    assert all(0 < row["wdl_optimal"] <= 1 for row in stats["accuracy"])


def test_preparing_can_be_given_up(paths: RunPaths) -> None:
    entered = threading.Event()

    def slow(state: State) -> dict[int, int] | None:
        entered.set()
        time.sleep(0.01)
        return None

    yardstick = Yardstick(GAME, paths, slow)
    yardstick.start()
    assert entered.wait(30)
    yardstick.stop()
    assert not paths.yardstick.exists() and yardstick.measure(b"", 1) is None
