"""What a run tells TensorBoard is what it tells the page, and only if it is asked to."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import pytest

from engine.config import Settings
from engine.games import find
from storage.layout import RunPaths, run_paths
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay
from storage.stats import read_stats
from tests.events import numbers
from tests.trainer.conftest import Configure
from trainer.continuous import learn
from trainer.learner import Learner

Generate = Callable[[Settings, int], None]


@pytest.fixture
def trained(configure: Configure, generate: Generate) -> RunPaths:
    """A run that was stopped at step 12 and went on from there to step 20."""
    settings = configure(learner__tensorboard=True)
    generate(settings, 60)
    paths, game = run_paths(settings), find(settings.run.game)
    with SqliteReplay(paths.replay, game) as replay:
        for steps in (12, 20):
            models = FilesystemModels(paths)
            learn(settings, Learner(game, settings), replay, models, paths, lambda: False, steps)
    return paths


def test_the_learner_tells_what_it_tells_the_page(trained: RunPaths) -> None:
    told = {
        (step, tag): number
        for path in sorted(trained.events("learner").iterdir())
        for step, tag, number in numbers(path)
    }
    stats = read_stats(trained)
    assert stats is not None and len(stats["history"]) >= 2
    for row in stats["history"]:
        assert told[row["step"], "learner/loss"] == pytest.approx(row["loss"])
    watched = stats["quality"]["history"][-1]
    known = {name: value for name, value in watched["values"].items() if value is not None}
    assert "duplicates" in known
    for name, value in known.items():
        assert told[watched["step"], f"quality/{name}"] == pytest.approx(value)


@pytest.mark.skipif(
    importlib.util.find_spec("tensorboard") is None, reason="the extra tensorboard is missing"
)
def test_tensorboard_reads_it(trained: RunPaths) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(trained.events("learner")))
    read.Reload()
    steps = [event.step for event in read.Scalars("learner/loss")]
    assert steps == sorted(set(steps)) and steps[-1] == 20


def test_without_the_setting_there_is_nothing(configure: Configure, generate: Generate) -> None:
    settings = configure()
    generate(settings, 60)
    paths, game = run_paths(settings), find(settings.run.game)
    with SqliteReplay(paths.replay, game) as replay:
        models = FilesystemModels(paths)
        learn(settings, Learner(game, settings), replay, models, paths, lambda: False, 6)
    assert not paths.tensorboard.exists()
