from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actor.selfplay import SelfPlay
from engine.config import Settings
from engine.evaluator.uniform import UniformEvaluator
from engine.games import find
from engine.sources import load, merge
from storage.layout import RunPaths, create, run_paths
from storage.replay.sqlite import SqliteReplay

Configure = Callable[..., Settings]

TINY: dict[str, dict[str, Any]] = {
    "run": {"game": "tictactoe"},
    "search": {"simulations": 10},
    "selfplay": {"games": 16},
    "network": {"family": "mlp", "width": 16, "depth": 1},
    "learner": {
        "batch_size": 32,
        "min_positions": 100,
        "publish_every": 5,
        "warmup_steps": 3,
        "horizon_steps": 40,
        "replay_ratio": 4.0,
        "window_positions": 5000,
    },
}


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    """Settings of a tiny run in an empty folder; keywords are `section__key=value`."""

    def settings(**changes: Any) -> Settings:
        given = merge(TINY, {"storage": {"data_dir": tmp_path / "data"}})
        for name, value in changes.items():
            section, key = name.split("__")
            given = merge(given, {section: {key: value}})
        return load(given)

    return settings


@pytest.fixture
def generate() -> Callable[[Settings, int], None]:
    """Self-play of some games into the run's replay, in this process, the same every time."""

    def play(settings: Settings, games: int) -> None:
        left = [games]

        def may_begin() -> bool:
            left[0] -= 1
            return left[0] >= 0

        game, paths = find(settings.run.game), run_paths(settings)
        create(paths)
        selfplay = SelfPlay(game, settings, may_begin=may_begin)
        evaluator = UniformEvaluator(game)
        with SqliteReplay(paths.replay, game) as replay:
            while not selfplay.is_done:
                for record in selfplay.step(evaluator):
                    replay.append(record)

    return play


@pytest.fixture
def paths_of() -> Callable[[Settings], RunPaths]:
    return run_paths
