"""Every setting changes behaviour: for each one, the same real work with two values differs.

`PROBES` maps a setting to two values and to what is done with each; a setting without an entry
fails the test, and so does an entry whose two outcomes are equal.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fastapi import HTTPException
from starlette.testclient import TestClient

from actor.crew import Crew
from actor.judge import Judge
from actor.positions import observed, random_states
from actor.pulse import Pulse
from actor.referee import Referee
from actor.selfplay import SelfPlay
from actor.worker import Gate, Speaker, positions_for
from engine.cli import LogFormat
from engine.config import Settings, names
from engine.errors import ConfigError
from engine.evaluator.agreement import Positions, ask, compare, objections
from engine.evaluator.function import FunctionEvaluator
from engine.evaluator.onnx import OnnxEvaluator
from engine.game import Game
from engine.games import find
from engine.sources import load, merge
from storage.layout import create, run_paths
from storage.models.filesystem import FilesystemModels
from storage.replay import Origin
from storage.replay.record import GameRecord
from storage.replay.sqlite import SqliteReplay
from storage.stats import Heart, Heartbeat, write_stats
from storage.zoo import Zoo
from tests.exhibits import exhibit
from tests.models import linear_model
from tests.toys import HashEvaluator
from trainer.__main__ import make_learner
from trainer.alarms import Alarms, Moment
from trainer.continuous import learn
from trainer.divergence import Diverged, Exploded, GaveUp, LossWatch
from trainer.learner import Learner, StepReport, device_of
from trainer.loop import Loop
from web.__main__ import listen
from web.app import create_app

Make = Callable[..., Settings]
ROOT = Path(__file__).resolve().parents[1]
TINY: dict[str, dict[str, Any]] = {
    "run": {"game": "tictactoe"},
    "search": {"simulations": 12},
    "selfplay": {"games": 8, "opening_share": 0.5, "opening_plies": 3, "workers": 1},
    "network": {"family": "mlp", "width": 16, "depth": 1},
    "learner": {
        "batch_size": 32,
        "min_positions": 60,
        "publish_every": 5,
        "warmup_steps": 3,
        "horizon_steps": 20,
        "replay_ratio": 8.0,
        "window_positions": 400,
        "clip_norm": 100.0,
        "snapshot_growth": 100.0,
    },
    "loop": {
        "iterations": 1,
        "episodes": 30,
        "steps": 4,
        "random_games": 8,
    },
    "referee": {"simulations": 5, "opening_plies": 2, "most_games": 32},
}


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Tiny settings, each call in a data folder of its own, with one setting changed."""
    monkeypatch.chdir(tmp_path)
    count = iter(range(1000))

    def settings(**changes: Any) -> Settings:
        place = {"data_dir": tmp_path / f"data{next(count)}", "zoo_dir": "nowhere"}
        given = merge(TINY, {"storage": place})
        for name, value in changes.items():
            section, key = name.split("__", 1)
            given = merge(given, {section: {key: value}})
        return load(given)

    return settings


def _records(settings: Settings, games: int = 20) -> list[GameRecord]:
    game = find(settings.run.game)
    left = iter(range(games))
    selfplay = SelfPlay(game, settings, may_begin=lambda: next(left, None) is not None)
    evaluator = HashEvaluator(game)
    records: list[GameRecord] = []
    while not selfplay.is_done:
        records += selfplay.step(evaluator)
    return records


def selfplay(settings: Settings) -> object:
    """Everything that is recorded of some games."""
    return [(r.moves.tolist(), r.policies.tolist()) for r in _records(settings)]


def late_selfplay(settings: Settings) -> object:
    """The simulations of searches when half of the schedule is over."""
    game = find(settings.run.game)
    playing, evaluator = SelfPlay(game, settings), HashEvaluator(game)
    for _ in range(30):
        playing.step(evaluator, model_step=5, progress=0.5)
    return playing.counters.simulations / playing.counters.searches


def _with(settings: Settings, **search: Any) -> Settings:
    return settings.model_copy(update={"search": settings.search.model_copy(update=search)})


def gumbel(settings: Settings) -> object:
    return selfplay(_with(settings, root="gumbel"))


def many_fast_searches(settings: Settings) -> object:
    played = settings.selfplay.model_copy(update={"full_share": 0.5})
    return selfplay(settings.model_copy(update={"selfplay": played}))


def mixed(settings: Settings) -> object:
    played = settings.selfplay.model_copy(update={"mixed_share": 1.0})
    return selfplay(settings.model_copy(update={"selfplay": played}))


def work_of_the_network(settings: Settings) -> object:
    """How many positions the network sees in a dozen waves."""
    game = find(settings.run.game)
    playing, evaluator = SelfPlay(game, settings), HashEvaluator(game)
    for _ in range(12):
        playing.step(evaluator)
    return evaluator.rows


def seen_by_the_network(settings: Settings) -> object:
    game, seen = find(settings.run.game), []
    playing, evaluator = SelfPlay(game, settings), HashEvaluator(game)

    def look(observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        seen.append(observations.tolist())
        return evaluator.evaluate(observations)

    watched = FunctionEvaluator(game, look)
    for _ in range(8):
        playing.step(watched)
    return seen


def peaked(settings: Settings) -> object:
    """With priors below the one beyond which all are alike to the shape of the noise."""
    return selfplay(_with(settings, root_temperature=0.2))


def rows_of_a_wave(settings: Settings) -> object:
    game = find(settings.run.game)
    evaluator = HashEvaluator(game)
    SelfPlay(game, _with(settings, cache_megabytes=0)).step(evaluator)  # none is shared
    return evaluator.rows


def folder(settings: Settings) -> object:
    return run_paths(settings).root


def name_of_folder(settings: Settings) -> object:
    return run_paths(settings).root.name


def crew(settings: Settings) -> object:
    return Crew(settings, None, LogFormat.text).size


def _worker(settings: Settings, script: str) -> str:
    """What a script prints that has the settings `given` in a process of its own."""
    create(run_paths(settings))
    reading = (
        "import os, sys; from engine.sources import load, merge, parse_assignment\n"
        "from actor.worker import work\n"
        "given = {}\n"
        "for text in sys.argv[1:]:\n"
        "    section, key, value = parse_assignment(text)\n"
        "    given = merge(given, {section: {key: value}})\n"
    )
    command = [sys.executable, "-c", reading + script, *settings.assignments()]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.check_output(command, env=environment, text=True)


def niceness(settings: Settings) -> object:
    """What a worker does to its own process."""
    return _worker(
        settings, "work(load(given), 0, lambda: False, lambda counters: None)\nprint(os.nice(0))\n"
    )


def games_on_show(settings: Settings) -> object:
    """How many games people see of a worker that plays some."""
    return _worker(
        _with(settings, cache_megabytes=0),  # else a wave or two may be enough
        "from storage import live, layout, stats\n"
        "stats._BEAT_SECONDS, paths, shown = 0, layout.run_paths(load(given)), set()\n"
        "left = iter(range(20))\n"
        "look = lambda counters: shown.update(len(one.games) for one in live.playing(paths))\n"
        "work(load(given), 0, lambda: next(left, None) is not None, look)\n"
        "print(max(shown))\n",
    )


def may_play_on(settings: Settings) -> object:
    """Whether a worker waits when it is 300 positions ahead of a learner that used 80 samples."""
    paths = run_paths(settings)
    create(paths)
    Heart(paths, "trainer").beat("training", {}, force=True)
    write_stats(paths, {"samples_used": 80, "message": "training"})
    with SqliteReplay(paths.replay, find(settings.run.game)) as replay:
        while replay.totals().positions < 300:
            for record in _records(settings):
                replay.append(record)
        return Gate(paths, settings, replay).closed() is None


def sees_a_new_model(settings: Settings) -> object:
    """Whether the very next look finds a model when the file system sends no events."""
    paths, game = run_paths(settings), find(settings.run.game)
    speaker = Speaker(game, settings, lambda: random_positions(game))  # no folder: no events
    speaker.refresh()
    create(paths)
    FilesystemModels(paths).publish(linear_model(game, step=9), 9)
    speaker.refresh()
    speaker.close()
    return speaker.step


def random_positions(game: Game) -> Positions:
    states = random_states(game, np.random.default_rng(0))
    return observed(game, np.stack(list(islice(states, 40))))


def backends(settings: Settings) -> object:
    """Which backends a worker takes into consideration for a new model."""
    paths, game = run_paths(settings), find(settings.run.game)
    create(paths)
    FilesystemModels(paths).publish(linear_model(game), 7)
    speaker = Speaker(game, settings, lambda: random_positions(game))
    speaker.refresh()
    speaker.close()
    assert speaker.report
    return sorted(candidate.backend for candidate in speaker.report.candidates)


def compared_positions(settings: Settings) -> object:
    paths, game = run_paths(settings), find(settings.run.game)
    create(paths)
    with SqliteReplay(paths.replay, game) as replay:
        return len(positions_for(settings, 0, game, replay)().legal)


def disagreement(settings: Settings) -> object:
    """What is said of one model that stands in for another."""
    game = find(settings.run.game)
    positions = random_positions(game)
    one, other = (
        ask(OnnxEvaluator(game, linear_model(game, step=step)), positions, 40) for step in (1, 2)
    )
    return objections(compare(one, other, positions.legal), settings.evaluator)


def _learner(settings: Settings) -> Learner:
    learner = make_learner(settings)
    for record in _records(settings, 40):
        learner.window.add(record)
    return learner


def network(settings: Settings) -> object:
    return [(name, tuple(t.shape)) for name, t in _learner(settings).network.state_dict().items()]


def two_steps(settings: Settings) -> object:
    """Weights, averages and reports after two steps, the rate at three places."""
    learner = _learner(settings)
    reports = [learner.train_step() for _ in range(2)]
    weights = [t.tolist() for t in (*learner.network.parameters(), *learner.averaged.parameters())]
    return reports, weights, learner.samples_used


def late_rate(settings: Settings) -> object:
    learner = _learner(settings)
    learner.step = 30
    return learner.train_step().learning_rate


def waits(settings: Settings) -> object:
    learner = _learner(settings)
    learner.samples_used = 600
    return learner.waits_for()


def window(settings: Settings) -> object:
    return len(_learner(settings).window)


def growing_window(settings: Settings) -> object:
    learner = settings.learner.model_copy(update={"window_start": 50})
    return window(settings.model_copy(update={"learner": learner}))


def finished(settings: Settings) -> object:
    """Whether a learner stops after two minutes, and its rate there."""
    learner = _learner(settings)
    learner.seconds = 120.0
    return learner.is_finished, learner.train_step().learning_rate


def conv_network(settings: Settings) -> object:
    convolutions = settings.network.model_copy(update={"family": "conv"})
    return network(settings.model_copy(update={"network": convolutions}))


def device(settings: Settings) -> object:
    """Where the network is, or why it cannot be there."""
    try:
        return device_of(settings).type
    except ConfigError as error:
        return str(error)


def threads(settings: Settings) -> object:
    before = torch.get_num_threads()
    _learner(settings)
    used = torch.get_num_threads()
    torch.set_num_threads(before)
    return used


def continuous(settings: Settings) -> object:
    """What a run of the learner leaves behind: snapshots and stored games."""
    paths = run_paths(settings)
    create(paths)
    learner, models = make_learner(settings), FilesystemModels(paths)
    with SqliteReplay(paths.replay, learner.game) as replay:
        for record in _records(settings, 80):
            replay.append(record)
        learn(settings, learner, replay, models, paths, lambda: False, max_steps=20)
        return models.steps(), replay.stored()


def few_snapshots(settings: Settings) -> object:
    learner = settings.learner.model_copy(update={"keep_snapshots": 1})
    return continuous(settings.model_copy(update={"learner": learner}))


def explosion(settings: Settings) -> object:
    """How many losses of a rising series are looked at before the watch has seen enough."""
    watch, losses = LossWatch(settings.learner), [1.0] * 200 + [2.5] * 30 + [9.0] * 30
    for step, loss in enumerate(losses):
        try:
            watch.look(step, loss)
        except Exploded:
            return step
    return None


def troubled(settings: Settings) -> object:
    """What becomes of a learner that diverges at steps 3, 5, 13 and 15 and publishes nothing."""
    learns = settings.learner.model_copy(update={"publish_every": 100})
    settings = settings.model_copy(update={"learner": learns})
    paths = run_paths(settings)
    create(paths)
    learner, models, faults = make_learner(settings), FilesystemModels(paths), [3, 5, 13, 15]
    take, message = learner.train_step, ""

    def step() -> StepReport:
        if faults and learner.step == faults[0]:
            faults.pop(0)
            raise Diverged("a fault")
        return take()

    learner.train_step = step  # type: ignore[method-assign]
    with SqliteReplay(paths.replay, learner.game) as replay:
        for record in _records(settings, 80):
            replay.append(record)
        try:
            learn(settings, learner, replay, models, paths, lambda: False, max_steps=16)
        except GaveUp as error:
            message = str(error)
    return message, len(faults), learner.optimizer.param_groups[0]["lr"]


def few_rollbacks(settings: Settings) -> object:
    learner = settings.learner.model_copy(update={"most_rollbacks": 2})
    return troubled(settings.model_copy(update={"learner": learner}))


def event_files(settings: Settings) -> object:
    continuous(settings)
    return len(list(run_paths(settings).tensorboard.glob("learner/events.*")))


def loop(settings: Settings) -> object:
    """What the synchronous variant plays, learns, evaluates and promotes."""
    paths = run_paths(settings)
    create(paths)
    learner, models = make_learner(settings), FilesystemModels(paths)
    played: list[int] = []
    with SqliteReplay(paths.replay, learner.game) as replay:

        def generate(settings: Settings, games: int) -> None:
            played.append(games)
            for record in _records(settings, games):
                replay.append(record)

        models.promote(linear_model(learner.game, step=0, scale=3.0))
        rounds = Loop(settings, learner, replay, models, paths, lambda: False, generate)
        rounds.run(lambda step, message: None)
        best = models.best()
    return played, learner.step, rounds.evaluations, best == models.latest()


def alarms(settings: Settings) -> object:
    """Which figures about two hundred games, an old sample and a flat search are alarms."""
    learner = make_learner(settings)
    for number, record in enumerate(_records(settings, 200)):
        learner.take(number, record)
    counted = {"searches": 1.0, "simulations": 12.0, "leaves": 6.0, "edges": 24.0}
    rates = {f"{name}_per_second": rate for name, rate in counted.items()}
    actor = Heartbeat("actor-0", "playing", rates, pid=1, age_seconds=0.0, alive=True)
    moment = Moment(step=10, oldest=Origin(0.0, -1), beats=[actor], now=7200.0)
    figures = Alarms(settings).look(learner.quality.measure(), moment)
    return [figure.name for figure in figures if figure.alarm]


def _judged(settings: Settings, newer: int, **rules: Any) -> object:
    """What is said of a model, by the seed of `tests.models`, that challenges another."""
    game, paths = find(settings.run.game), run_paths(settings)
    create(paths)
    settings = settings.model_copy(update={"referee": settings.referee.model_copy(update=rules)})
    pulse = Pulse(Heart(paths, "referee"), paths, lambda: False)
    judge = Judge(game, settings, FilesystemModels(paths), paths, pulse)
    for step, seed in ((1, 195), (2, newer)):
        judge.challenge(linear_model(game, step, seed=seed))
    return judge.book.evaluations


def much_stronger(settings: Settings) -> object:
    return _judged(settings, 186, most_games=128)


def as_strong(settings: Settings) -> object:
    return _judged(settings, 195, most_games=64)


def as_strong_by_score(settings: Settings) -> object:
    return _judged(settings, 195, promotion="score")


def ladder(settings: Settings) -> object:
    """Whether the first model that is judged opens the ladder."""
    paths, game = run_paths(settings), find(settings.run.game)
    create(paths)
    FilesystemModels(paths).publish(linear_model(game), 7)
    Referee(settings, lambda: False).look()
    return paths.ratings.exists()


def niceness_of_referee(settings: Settings) -> object:
    create(run_paths(settings))
    script = (
        "import os, sys; from actor.referee import Referee\n"
        "from engine.cli import flags; from engine.sources import load\n"
        "Referee(load(flags(assignments=sys.argv[1:])), lambda: True).run()\n"
        "print(os.nice(0))\n"
    )
    command = [sys.executable, "-c", script, *settings.assignments()]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.check_output(command, env=environment, text=True)


def _client(settings: Settings) -> TestClient:
    return TestClient(create_app(settings))


def _moves(settings: Settings, **body: Any) -> Any:
    game: Game = find(settings.run.game)
    action = game.legal(game.new())[0]
    question = {"game": game.name, "moves": [], "action": action, **body}
    return _client(settings).post("/move", json=question)


def reply(settings: Settings) -> object:
    return _moves(settings).json()["thoughts"][0]["simulations"]


def large_request(settings: Settings) -> object:
    return _moves(settings, simulations=500).status_code


def long_request(settings: Settings) -> object:
    return _moves(settings, milliseconds=500).status_code


def places(settings: Settings) -> object:
    """Searches that are admitted at once, and what the next one hears."""
    pool = _client(settings).app.state.services.pool  # type: ignore[attr-defined]
    for number in range(100):
        try:
            pool.admit()
        except HTTPException as error:
            return number, error.detail
    raise AssertionError("there is no end to it")


def impatient(settings: Settings) -> object:
    client = _client(settings)
    question = {"game": "tictactoe", "moves": [], "action": 0, "reply": False}
    return [client.post("/move", json=question).status_code for _ in range(12)]


def zoo_of_the_server(settings: Settings) -> object:
    """Which model plays when the zoo of one of two folders is filled."""
    game = find(settings.run.game)
    Path("one").mkdir(exist_ok=True)
    Zoo(Path("one")).add(exhibit(game))
    return _moves(settings).json()["model"]["name"]


def control(settings: Settings) -> object:
    return _client(settings).post("/selfplay", json={"command": "stop"}).status_code


def address(settings: Settings) -> object:
    with listen(settings.web.host, settings.web.port) as listener:
        return listener.getsockname()


def _free_ports() -> Iterator[int]:
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            yield listener.getsockname()[1]


PROBES: dict[str, tuple[Any, Any, Callable[[Settings], object]]] = {
    "run.game": ("tictactoe", "connect4", selfplay),
    "run.name": ("one", "two", name_of_folder),
    "run.seed": (1, 2, selfplay),
    "storage.data_dir": ("a", "b", folder),
    "storage.zoo_dir": ("one", "two", zoo_of_the_server),
    "storage.keep_positions": (400, 2000, continuous),
    "search.simulations": (11, 13, selfplay),
    "search.c_init": (0.5, 3.0, selfplay),
    "search.c_base": (2.0, 20000.0, selfplay),
    "search.fpu_reduction": (0.0, 0.9, selfplay),
    "search.dirichlet_total": (0.5, 50.0, selfplay),
    "search.dirichlet_fraction": (0.0, 0.9, selfplay),
    "search.root_temperature": (0.3, 3.0, selfplay),
    "search.dirichlet_shape": (0.0, 1.0, peaked),
    "search.root": ("puct", "gumbel", selfplay),
    "search.forced_playouts": (0.0, 20.0, selfplay),
    "search.considered": (2, 9, gumbel),
    "search.value_visits": (0.0, 500.0, gumbel),
    "search.value_scale": (0.01, 10.0, gumbel),
    "search.prove": (True, False, selfplay),
    "search.cache_megabytes": (0.0, 1.0, work_of_the_network),
    "search.share_duplicates": (True, False, work_of_the_network),
    "search.symmetry": ("as_is", "random", seen_by_the_network),
    "search.reuse_tree": (True, False, work_of_the_network),
    "selfplay.skip_forced": (True, False, selfplay),
    "selfplay.full_share": (0.3, 1.0, selfplay),
    "selfplay.fast_simulations": (2, 12, many_fast_searches),
    "selfplay.first_simulations": (3, 15, selfplay),
    "selfplay.final_simulations": (0, 30, late_selfplay),
    "selfplay.workers": (1, 3, crew),
    "selfplay.games": (4, 9, rows_of_a_wave),
    "selfplay.temperature": (0.1, 5.0, selfplay),
    "selfplay.temperature_plies": (0, 9, selfplay),
    "selfplay.final_temperature": (0.1, 5.0, selfplay),
    "selfplay.opening_share": (0.0, 1.0, selfplay),
    "selfplay.opening_plies": (1, 4, selfplay),
    "selfplay.mixed_share": (0.0, 0.5, selfplay),
    "selfplay.mixed_player": ("greedy", "mcts:5", mixed),
    "selfplay.lead_positions": (5, 5000, may_play_on),
    "selfplay.niceness": (0, 3, niceness),
    "selfplay.reload_seconds": (1e-9, 1000.0, sees_a_new_model),
    "selfplay.live_games": (2, 3, games_on_show),
    "evaluator.backend": ("auto", "onnxruntime", backends),
    "evaluator.positions": (20, 30, compared_positions),
    "evaluator.max_policy_kl": (0.0, 100.0, disagreement),
    "evaluator.max_value_error": (0.0, 2.0, disagreement),
    "evaluator.min_top1": (0.0, 1.0, disagreement),
    "network.family": ("mlp", "conv", network),
    "network.width": (8, 16, network),
    "network.depth": (1, 2, network),
    "network.pooled_blocks": (0, 1, conv_network),
    "learner.batch_size": (16, 32, two_steps),
    "learner.learning_rate": (1e-3, 1e-2, two_steps),
    "learner.final_learning_rate": (1e-5, 1e-4, late_rate),
    "learner.warmup_steps": (0, 5, two_steps),
    "learner.horizon_steps": (25, 60, late_rate),
    "learner.minutes": (0.0, 1.0, finished),
    "learner.weight_decay": (0.0, 1.0, two_steps),
    "learner.clip_norm": (1e-4, 100.0, two_steps),
    "learner.ema_decay": (0.0, 0.99, two_steps),
    "learner.value_weight": (0.5, 2.0, two_steps),
    "learner.result_share": (0.0, 1.0, two_steps),
    "learner.value_lambda": (0.0, 1.0, two_steps),
    "learner.reply_weight": (0.0, 1.0, two_steps),
    "learner.ending_weight": (0.0, 1.0, two_steps),
    "learner.merge_exponent": (0.0, 1.0, two_steps),
    "learner.surprise_share": (0.0, 1.0, two_steps),
    "learner.precision": ("float32", "bfloat16", two_steps),
    "learner.device": ("cpu", "cuda", device),
    "learner.replay_ratio": (1.0, 8.0, waits),
    "learner.min_positions": (60, 100_000, waits),
    "learner.window_positions": (50, 400, window),
    "learner.window_start": (0, 50, window),
    "learner.window_exponent": (0.5, 1.0, growing_window),
    "learner.window_scale": (0.1, 1.0, growing_window),
    "learner.publish_every": (5, 10, continuous),
    "learner.keep_snapshots": (1, 3, continuous),
    "learner.milestone_every": (5, 1000, few_snapshots),
    "learner.snapshot_growth": (1.0, 100.0, few_snapshots),
    "learner.tensorboard": (False, True, event_files),
    "learner.threads": (1, 2, threads),
    "learner.explosion_factor": (2.0, 5.0, explosion),
    "learner.explosion_steps": (5, 25, explosion),
    "learner.rollback_factor": (0.1, 1.0, troubled),
    "learner.most_rollbacks": (0, 9, troubled),
    "learner.rollback_span": (5, 1000, few_rollbacks),
    "loop.iterations": (1, 2, loop),
    "loop.episodes": (30, 40, loop),
    "loop.steps": (3, 5, loop),
    "loop.random_games": (8, 12, loop),
    "referee.niceness": (3, 5, niceness_of_referee),
    "referee.simulations": (1, 60, loop),
    "referee.opening_plies": (1, 3, loop),
    "referee.promotion": ("sprt", "score", much_stronger),
    "referee.elo0": (-900.0, 0.0, as_strong),
    "referee.elo1": (1.0, 900.0, as_strong),
    "referee.most_games": (8, 12, loop),
    "referee.promotion_score": (0.0, 1.0, as_strong_by_score),
    "referee.ladder_every": (0, 1, ladder),
    "quality.duplicates": (0.2, 0.0, alarms),
    "quality.leaves": (0.6, 0.4, alarms),
    "quality.depth": (3.0, 1.5, alarms),
    "quality.target_entropy": (2.1, 0.1, alarms),
    "quality.surprise": (1e-3, 5.0, alarms),
    "quality.calibration_error": (1e-4, 0.9, alarms),
    "quality.game_length": (9.0, 5.0, alarms),
    "quality.first_move_entropy": (2.2, 0.1, alarms),
    "quality.result_share": (0.2, 0.99, alarms),
    "quality.oldest_hours": (1.0, 3.0, alarms),
    "quality.oldest_steps": (9, 11, alarms),
    "quality.model_lag": (1.9, 2.1, alarms),
    "web.host": ("127.0.0.1", "127.0.0.2", address),
    "web.port": (*_free_ports(), address),
    "web.simulations": (5, 9, reply),
    "web.max_simulations": (400, 600, large_request),
    "web.max_milliseconds": (400, 600, long_request),
    "web.searches": (1, 3, places),
    "web.queue": (0, 5, places),
    "web.rate": (6, 60, impatient),
    "web.allow_training": (True, False, control),
}


def test_no_setting_is_forgotten() -> None:
    assert sorted(PROBES) == sorted(names())


@pytest.mark.parametrize("name", names())
def test_setting_changes_behaviour(name: str, make: Make) -> None:
    one, other, probe = PROBES[name]
    outcomes = [probe(make(**{name.replace(".", "__"): value})) for value in (one, other)]
    assert repr(outcomes[0]) != repr(outcomes[1])


@pytest.mark.parametrize(
    "probe", dict.fromkeys(p for *_, p in PROBES.values()), ids=lambda p: p.__name__
)
def test_nothing_else_changes_what_the_probe_sees(
    probe: Callable[[Settings], object], make: Make, tmp_path: Path
) -> None:
    """The same settings twice give the same outcome, so a difference is due to the setting."""
    same = {"storage__data_dir": tmp_path} if probe is folder else {"web__port": 0}
    outcomes = [probe(make(**same)) for _ in range(2)]
    if probe is address:  # port 0 is another port each time
        outcomes = [outcome[0] for outcome in outcomes]  # type: ignore[index]
    assert repr(outcomes[0]) == repr(outcomes[1])
