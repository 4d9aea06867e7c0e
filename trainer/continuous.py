"""The continuous learner: beside the actors, at the pace that the replay ratio allows."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from actor.yardstick import Yardstick
from engine.config import LearnerSettings, Settings
from storage.control import is_paused
from storage.layout import RunPaths
from storage.models import Models
from storage.replay import Replay
from storage.stats import FINISHED, Heart
from trainer import checkpoint
from trainer.journal import Journal
from trainer.learner import Learner
from trainer.rollback import Safeguard
from trainer.verdict import await_verdict

LOG = logging.getLogger(__name__)

IDLE_SECONDS = 0.2
LOOK_SECONDS = 0.5
"""How often the journal of games and the pause switch are looked at between steps."""


class Clock:
    """Seconds of training over all restarts of a run; immune to a wall clock that is set."""

    def __init__(self, before: float) -> None:
        self._began = time.monotonic() - before

    def seconds(self) -> float:
        """Since the run began, pauses of the process excluded."""
        return time.monotonic() - self._began


def learn(
    settings: Settings,
    learner: Learner,
    replay: Replay,
    models: Models,
    paths: RunPaths,
    stop: Callable[[], bool],
    max_steps: int | None = None,
    report: Callable[[int, str], None] = lambda step, message: None,
) -> None:
    """Learn until `stop` says so, or `max_steps` are taken in all; ends with a checkpoint.

    A run whose time is over ends when a living referee has judged its last model. Raises GaveUp
    where going back to the last good checkpoint did not help.
    """
    before, _ = checkpoint.restore(learner, paths, replay)
    clock = Clock(before)
    journal = Journal(settings, paths, models)
    journal.forget_after(learner.step)
    heart = Heart(paths, "trainer")

    def tell(message: str) -> None:
        heart.beat(message, {}, force=True)
        journal.write(learner, replay, message, clock.seconds(), force=True)

    guard = Safeguard(learner, paths, models, journal, tell, clock.seconds)
    if learner.step:
        LOG.info("continues at step %d with %d positions", learner.step, len(learner.window))
    try:
        looked, published = -LOOK_SECONDS, learner.step
        paused = False
        while not (stop() or learner.is_finished or _reached(learner.step, max_steps)):
            learner.seconds = clock.seconds()
            if time.monotonic() - looked >= LOOK_SECONDS:
                # Actors without a model can be faster than this: they wait once they are told.
                enough = time.monotonic() + LOOK_SECONDS
                while learner.ingest(replay) and not stop() and time.monotonic() < enough:
                    pass
                paused = is_paused(paths)
                guard.heed_the_referee()
                looked = time.monotonic()
            waiting = "paused" if paused else learner.waits_for()
            if waiting:
                time.sleep(IDLE_SECONDS)
            else:
                step = guard.train_step()
                if step is not None:
                    journal.note(step)
                due = learner.step % settings.learner.publish_every == 0
                if step is not None and due and guard.is_calm:
                    publish(learner, models, journal)
                    guard.keep()
                    published = learner.step
                    prune(models, settings.learner)
                    replay.prune(settings.storage.keep_positions)
            message = waiting or "training"
            heart.beat(message, {"steps_per_second": journal.steps_per_second()})
            report(learner.step, message)
            journal.write(learner, replay, message, clock.seconds())
        if learner.is_finished and learner.step > published and guard.is_calm:
            publish(learner, models, journal)
            guard.keep()
            LOG.info("finished: %g minutes of training are over", settings.learner.minutes)
        message = FINISHED if learner.is_finished else "stopped"
        journal.write(learner, replay, message, clock.seconds(), force=True)
        if learner.is_finished:
            state = f"{FINISHED}, the referee judges the last model"
            heart.beat(state, {}, force=True)
            await_verdict(paths, models, stop, lambda: heart.beat(state, {}))
    finally:
        heart.stop()
        guard.finish()


def prune(models: Models, settings: LearnerSettings) -> None:
    """Remove the snapshots that the settings do not keep."""
    models.prune(settings.keep_snapshots, settings.milestone_every, settings.snapshot_growth)


def _reached(step: int, most: int | None) -> bool:
    return most is not None and step >= most


def publish(
    learner: Learner, models: Models, journal: Journal, yardstick: Yardstick | None = None
) -> bytes:
    """Export, verify and publish the averaged network, measured if asked; returns its bytes."""
    data = learner.export()
    models.publish(data, learner.step)
    measured = yardstick.measure(data, learner.step, 0) if yardstick else []
    journal.model_changed(measured)
    shares = "".join(f", {row['wdl_optimal']:.1%} of {row['set']}" for row in measured)
    LOG.info("published step %d%s", learner.step, shares)
    return data
