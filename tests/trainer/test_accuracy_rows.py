"""The loop measures every model that it publishes; the learner beside actors leaves it."""

from __future__ import annotations

from collections.abc import Callable

from actor.yardstick import yardstick_of
from engine.config import Settings
from engine.games import find
from storage.evaluations import read_evaluations
from storage.layout import create, run_paths
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay
from storage.stats import read_stats, write_stats
from tests.trainer.conftest import Configure
from trainer.continuous import learn
from trainer.journal import MOST_ROWS, Journal
from trainer.learner import Learner
from trainer.loop import Loop

GAME = find("tictactoe")
Generate = Callable[[Settings, int], None]


def test_every_model_of_the_loop_is_measured_and_judged(
    configure: Configure, generate: Generate
) -> None:
    sizes = {"iterations": 2, "episodes": 60, "steps": 5, "random_games": 8}
    rules = {"simulations": 5, "opening_plies": 2, "most_games": 8}
    settings = configure(
        **{f"loop__{key}": value for key, value in sizes.items()},
        **{f"referee__{key}": value for key, value in rules.items()},
    )
    paths, learner = run_paths(settings), Learner(GAME, settings)
    create(paths)
    yardstick_of(settings).prepare()  # else the first model may be too early
    models = FilesystemModels(paths)
    with SqliteReplay(paths.replay, GAME) as replay:
        loop = Loop(settings, learner, replay, models, paths, lambda: False, generate)
        loop.run(lambda step, message: None)
    stats = read_stats(paths)
    assert stats is not None
    assert [row["step"] for row in stats["accuracy"]] == [5, 10]
    assert all(0 < row["wdl_optimal"] <= 1 for row in stats["accuracy"])
    assert {(row["set"], row["simulations"]) for row in stats["accuracy"]} == {("random", 0)}
    book = read_evaluations(paths)
    met = [(row.step, row.opponent, row.games) for row in book.evaluations]
    assert met == [(5, "random", 8), (10, "random", 8), (10, "best", 8)]
    assert [row.step for row in book.judged] == [5, 10] and book.promotions[0].step == 5


def test_the_learner_beside_actors_measures_nothing(
    configure: Configure, generate: Generate
) -> None:
    settings = configure()
    generate(settings, 60)
    yardstick_of(settings).prepare()
    paths, learner = run_paths(settings), Learner(GAME, settings)
    models = FilesystemModels(paths)
    with SqliteReplay(paths.replay, GAME) as replay:
        learn(settings, learner, replay, models, paths, lambda: False, 5)
    stats = read_stats(paths)
    assert stats is not None and stats["accuracy"] == [] and models.steps() == [5]


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
