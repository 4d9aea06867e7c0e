"""One self-play process: play, store finished games, follow the newest model, obey the pause."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from actor.meter import Meter
from actor.positions import run_positions
from actor.selfplay import Counters, SelfPlay
from engine.cli import stop_on_signals
from engine.config import Settings
from engine.errors import ModelError
from engine.evaluator import Evaluator
from engine.evaluator.agreement import Positions
from engine.evaluator.choose import Chooser
from engine.evaluator.report import Report
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.games import find
from storage.control import is_paused
from storage.effort import Effort
from storage.layout import RunPaths, run_paths
from storage.live import Showcase
from storage.models.filesystem import FilesystemModels, ModelWatch
from storage.replay import Replay
from storage.replay.sqlite import SqliteReplay
from storage.stats import FINISHED, Heart, heartbeats, read_stats

LOG = logging.getLogger(__name__)

IDLE_SECONDS = 0.2
CHECK_SECONDS = 1.0

_POSITIONS_STREAM = 1  # the self-play of the same worker draws from a stream of its own


class Speaker:
    """The evaluator in force: uniform until a model exists, then always the newest good one.

    `positions()` gives positions of the run's games, on which the choice of its backend rests.
    Raises ConfigError when the settings ask for a backend that this machine does not have.
    """

    def __init__(self, game: Game, settings: Settings, positions: Callable[[], Positions]) -> None:
        self.evaluator: Evaluator = UniformEvaluator(game)
        self.step = -1
        self.progress = 0.0
        self.flops = 0
        """Operations of one evaluation; the uniform evaluator needs none."""
        self.report: Report | None = None
        self._chooser = Chooser(game, settings.evaluator, settings.selfplay.games, positions)
        self._models = FilesystemModels(run_paths(settings))
        self._watch = ModelWatch(self._models, settings.selfplay.reload_seconds)

    def refresh(self) -> None:
        """Load the latest model if it changed; one that does not fit is reported and not used."""
        if not self._watch.changed():
            return
        data = self._models.latest()
        if data is None:
            return
        try:
            opened = self._chooser.open(data)
        except ModelError as error:
            LOG.error("latest.onnx is refused, step %d stays in service: %s", self.step, error)
            return
        self.evaluator, self.step, self.report = opened.evaluator, opened.card.step, opened.report
        self.progress, self.flops = opened.card.progress, opened.card.flops

    def close(self) -> None:
        """Stop watching."""
        self._watch.close()


def positions_for(
    settings: Settings, worker: int, game: Game, replay: Replay
) -> Callable[[], Positions]:
    """Gives a worker other positions of the run's newest games at every call."""
    rng = np.random.default_rng([settings.run.seed, worker, _POSITIONS_STREAM])
    return partial(run_positions, game, replay, settings.evaluator.positions, rng)


class Gate:
    """Whether a worker may play: not while paused, nor too far ahead of a living learner.

    Nor when the learner's time is over and it only waits for the referee: nobody would learn from
    those games, and the referee needs the cores.
    """

    def __init__(self, paths: RunPaths, settings: Settings, replay: SqliteReplay) -> None:
        self._paths = paths
        self._settings = settings
        self._replay = replay
        self._checked = -CHECK_SECONDS
        self._reason: str | None = None

    def closed(self) -> str | None:
        """Why the worker must wait, in words, or None; looks at the files once a second."""
        now = time.monotonic()
        if now - self._checked >= CHECK_SECONDS:
            self._checked = now
            self._reason = "paused" if is_paused(self._paths) else self._no_need()
        return self._reason

    def _no_need(self) -> str | None:
        learner_lives = any(b.alive and b.name == "trainer" for b in heartbeats(self._paths))
        stats = read_stats(self._paths) if learner_lives else None
        if stats is None:
            return None
        if stats["message"] == FINISHED:
            return "the learner has finished"
        used = stats["samples_used"] / self._settings.learner.replay_ratio
        ahead = self._replay.totals().positions - int(used)
        lead = self._settings.selfplay.lead_positions
        return (
            f"waiting for the learner: {ahead} of {lead} positions ahead" if ahead > lead else None
        )


def work(
    settings: Settings,
    worker: int,
    may_begin: Callable[[], bool],
    publish: Callable[[Counters], None],
) -> None:
    """Play until told to stop by SIGTERM or SIGINT, or until `may_begin` grants no more games.

    `publish` gets the counters after each wave. A game is stored in one transaction; games in
    progress are lost when the process is stopped, finished ones never.
    """
    # The crew and a supervisor may both send a signal; the crew kills who does not listen.
    stop = stop_on_signals(second_kills=False)
    parent = os.getppid()
    game = find(settings.run.game)
    paths = run_paths(settings)
    os.nice(settings.selfplay.niceness)
    heart = Heart(paths, f"actor-{worker}")
    effort = Effort(paths, f"actor-{worker}")
    selfplay = SelfPlay(game, settings, worker, may_begin)
    showcase = Showcase(paths, f"actor-{worker}")
    counters = selfplay.counters
    meter = Meter(counters, settings.selfplay.games)
    with SqliteReplay(paths.replay, game) as replay:
        speaker = Speaker(game, settings, positions_for(settings, worker, game, replay))
        gate = Gate(paths, settings, replay)
        try:
            while not (selfplay.is_done or stop() or os.getppid() != parent):
                reason = gate.closed()
                if heart.beat(reason or "playing", meter.rates(), evaluator=speaker.report):
                    showcase.show(selfplay.playing(settings.selfplay.live_games), speaker.step)
                publish(counters)
                began = time.perf_counter()
                if reason:
                    time.sleep(IDLE_SECONDS)
                    counters.waiting_seconds += time.perf_counter() - began
                    continue
                speaker.refresh()
                counters.loading_seconds += time.perf_counter() - began
                evaluated = counters.evaluations
                try:
                    records = selfplay.step(speaker.evaluator, speaker.step, speaker.progress)
                except BaseException:
                    for record in selfplay.ended():  # finished games are never lost
                        replay.append(record)
                    raise
                began = time.perf_counter()
                for record in records:
                    replay.append(record)
                counters.storing_seconds += time.perf_counter() - began
                asked = counters.evaluations - evaluated
                effort.add(asked if speaker.step >= 0 else 0, asked * speaker.flops)
                effort.save()
            publish(counters)
            effort.save(force=True)
        finally:
            speaker.close()
            showcase.clear()
            heart.stop()
