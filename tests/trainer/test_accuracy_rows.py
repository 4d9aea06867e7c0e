"""Every published model is measured against exact play, as long as there is a yardstick."""

from __future__ import annotations

from collections.abc import Callable

from actor.yardstick import yardstick_of
from engine.config import Settings
from engine.games import find
from storage.layout import run_paths
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay
from storage.stats import read_stats, write_stats
from tests.trainer.conftest import Configure
from trainer.continuous import learn
from trainer.journal import MOST_ROWS, Journal
from trainer.learner import Learner

GAME = find("tictactoe")
Generate = Callable[[Settings, int], None]


def test_every_published_model_is_measured(configure: Configure, generate: Generate) -> None:
    settings = configure()
    generate(settings, 60)
    paths, learner = run_paths(settings), Learner(GAME, settings)
    yardstick_of(settings).prepare()  # else the first model may be too early
    with SqliteReplay(paths.replay, GAME) as replay:
        learn(settings, learner, replay, FilesystemModels(paths), paths, lambda: False, 12)
    stats = read_stats(paths)
    assert stats is not None
    assert [row["step"] for row in stats["accuracy"]][-1:] == [10]
    assert all(0 < row["wdl_optimal"] <= 1 for row in stats["accuracy"])
    assert {(row["set"], row["simulations"]) for row in stats["accuracy"]} == {("random", 0)}


def test_rows_of_an_older_run_get_their_set(configure: Configure, generate: Generate) -> None:
    settings = configure()
    generate(settings, 1)
    paths = run_paths(settings)
    write_stats(paths, {"accuracy": [{"step": 5, "wdl_optimal": 0.5}]})
    journal = Journal(settings, paths, FilesystemModels(paths))
    known = {"step": 5, "wdl_optimal": 0.5, "set": "random", "simulations": 0}
    assert journal.accuracy == [known]


def test_thinning_keeps_every_set_of_a_step(configure: Configure, generate: Generate) -> None:
    settings = configure()
    generate(settings, 1)
    paths = run_paths(settings)
    journal = Journal(settings, paths, FilesystemModels(paths))
    for step in range(MOST_ROWS):
        row = {"step": step, "simulations": 0}
        journal.model_changed([{**row, "set": name} for name in ("random", "hard")])
    assert len(journal.accuracy) <= MOST_ROWS
    steps = {row["step"] for row in journal.accuracy}
    assert len(journal.accuracy) == 2 * len(steps)
