"""One self-play process: play, store finished games, follow the newest model, obey the pause."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import astuple

from actor.selfplay import Counters, SelfPlay
from engine.cli import stop_on_signals
from engine.config import Settings
from engine.errors import ModelError
from engine.evaluator import Evaluator
from engine.evaluator.onnx import OnnxEvaluator
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.games import find
from storage.control import is_paused
from storage.layout import RunPaths, run_paths
from storage.models.filesystem import FilesystemModels, ModelWatch
from storage.replay.sqlite import SqliteReplay
from storage.stats import Heart, heartbeats, read_stats

LOG = logging.getLogger(__name__)

IDLE_SECONDS = 0.2
CHECK_SECONDS = 1.0
RATE_SECONDS = 5.0
FIRST_RATE_SECONDS = 1.0


class Speaker:
    """The evaluator in force: uniform until a model exists, then always the newest good one."""

    def __init__(self, game: Game, paths: RunPaths, reload_seconds: float) -> None:
        self.evaluator: Evaluator = UniformEvaluator(game)
        self.step = -1
        self._game = game
        self._models = FilesystemModels(paths)
        self._watch = ModelWatch(self._models, reload_seconds)

    def refresh(self) -> None:
        """Load the latest model if it changed; one that does not fit is reported and not used."""
        if not self._watch.changed():
            return
        data = self._models.latest()
        if data is None:
            return
        try:
            evaluator = OnnxEvaluator(self._game, data)
        except ModelError as error:
            LOG.error("latest.onnx is refused, step %d stays in service: %s", self.step, error)
            return
        self.evaluator, self.step = evaluator, evaluator.card.step
        LOG.info("plays with the model of step %d", self.step)

    def close(self) -> None:
        """Stop watching."""
        self._watch.close()


class Gate:
    """Whether a worker may play: not while paused, not too far ahead of a living learner."""

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
            self._reason = "paused" if is_paused(self._paths) else self._too_far_ahead()
        return self._reason

    def _too_far_ahead(self) -> str | None:
        learner_lives = any(b.alive and b.name == "trainer" for b in heartbeats(self._paths))
        stats = read_stats(self._paths) if learner_lives else None
        if stats is None:
            return None
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
    speaker = Speaker(game, paths, settings.selfplay.reload_seconds)
    selfplay = SelfPlay(game, settings, worker, may_begin)
    meter = Meter(selfplay.counters)
    try:
        with SqliteReplay(paths.replay, game) as replay:
            gate = Gate(paths, settings, replay)
            while not (selfplay.is_done or stop() or os.getppid() != parent):
                reason = gate.closed()
                heart.beat(reason or "playing", meter.rates())
                publish(selfplay.counters)
                if reason:
                    time.sleep(IDLE_SECONDS)
                    continue
                speaker.refresh()
                for record in selfplay.step(speaker.evaluator, speaker.step):
                    replay.append(record)
            publish(selfplay.counters)
    finally:
        speaker.close()
        heart.stop()


class Meter:
    """Counts per second over the last few seconds."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._before = (time.monotonic(), astuple(counters))
        self._rates: dict[str, float] = {}

    def rates(self) -> dict[str, float]:
        """Games, positions, simulations, evaluations per second and the network's share of time.

        Empty for the first second: zeros would say that nothing happens.
        """
        now = time.monotonic()
        elapsed = now - self._before[0]
        if elapsed >= (RATE_SECONDS if self._rates else FIRST_RATE_SECONDS):
            after = astuple(self._counters)
            change = Counters(*(b - a for a, b in zip(self._before[1], after, strict=True)))
            self._before = (now, after)
            busy = change.network_seconds + change.tree_seconds
            self._rates = {
                "games_per_second": change.games / max(elapsed, 1e-9),
                "positions_per_second": change.positions / max(elapsed, 1e-9),
                "simulations_per_second": change.simulations / max(elapsed, 1e-9),
                "evaluations_per_second": change.evaluations / max(elapsed, 1e-9),
                "network_share": change.network_seconds / busy if busy else 0.0,
            }
        return self._rates
