"""The synchronous variant: self-play, train, evaluate, publish; one after the other, and again."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from actor.judge import Judge
from actor.pulse import Interrupted, Pulse
from actor.yardstick import yardstick_of
from engine.config import Settings
from engine.errors import CartridgeError
from storage.layout import RunPaths
from storage.models import Models
from storage.replay import Replay
from storage.stats import Heart
from trainer import checkpoint
from trainer.continuous import Clock, prune, publish
from trainer.journal import Journal
from trainer.learner import Learner
from trainer.rollback import Safeguard

LOG = logging.getLogger(__name__)


def play_games(settings: Settings, games: int) -> None:
    """Let a crew of actors play `games` games; raises CartridgeError if it fails."""
    assignments = [f"--set={assignment}" for assignment in settings.assignments()]
    command = [sys.executable, "-m", "actor", "--max-episodes", str(games), *assignments]
    code = subprocess.run(command, check=False).returncode
    if code != 0:
        raise CartridgeError(f"self-play ended with exit code {code}, see its message above")


class Loop:
    """`settings.loop.iterations` rounds; a stopped loop continues in the round it was in."""

    def __init__(
        self,
        settings: Settings,
        learner: Learner,
        replay: Replay,
        models: Models,
        paths: RunPaths,
        stop: Callable[[], bool],
        generate: Callable[[Settings, int], None] | None = None,
    ) -> None:
        self._play = generate or play_games
        self._settings = settings
        self._learner = learner
        self._replay = replay
        self._models = models
        self._paths = paths
        self._stop = stop
        seconds, iteration = checkpoint.restore(learner, paths, replay)
        self._clock = Clock(seconds)
        self._journal = Journal(settings, paths, models)
        self._journal.forget_after(learner.step)
        self._yardstick = yardstick_of(settings)
        self._heart = Heart(paths, "trainer")
        self._guard = Safeguard(
            learner, paths, models, self._journal, self._tell, self._clock.seconds, iteration
        )
        pulse = Pulse(self._heart, paths, stop)
        self._judge = Judge(learner.game, settings, models, paths, pulse)

    def run(self, report: Callable[[int, str], None]) -> None:
        """Do the remaining iterations; `report` gets the step and what is being done."""
        loop = self._settings.loop
        self._yardstick.start()
        try:
            while self._guard.iteration < loop.iterations and not self._stop():
                name = f"iteration {self._guard.iteration + 1}/{loop.iterations}"
                self._guard.heed_the_referee()
                self._say(report, f"{name}: self-play")
                if not self._generate():
                    break
                if not self._train(report, name):
                    break
                self._say(report, f"{name}: evaluating")
                data = publish(self._learner, self._models, self._journal, self._yardstick)
                if not self._evaluate(data):
                    break
                self._guard.iteration += 1
                self._keep()
            self._say(report, "stopped" if self._stop() else "finished")
        finally:
            self._yardstick.stop()
            self._heart.stop()

    @property
    def evaluations(self) -> list[dict[str, Any]]:
        """Every match of the run, oldest first, as rows of evaluations.json."""
        return self._judge.book.model_dump(mode="json")["evaluations"]

    def _say(self, report: Callable[[int, str], None], message: str) -> None:
        self._tell(message)
        report(self._learner.step, message)

    def _tell(self, message: str) -> None:
        self._heart.beat(message, {}, force=True)
        self._journal.write(self._learner, self._replay, message, self._clock.seconds(), force=True)

    def _generate(self) -> bool:
        """Play what is missing of this iteration's games; False if told to stop meanwhile."""
        wanted = (self._guard.iteration + 1) * self._settings.loop.episodes
        missing = wanted - self._replay.totals().games
        if missing > 0:
            self._play(self._settings, missing)
        while self._learner.ingest(self._replay):
            pass
        return not self._stop()

    def _train(self, report: Callable[[int, str], None], name: str) -> bool:
        """Take this iteration's steps; False if told to stop meanwhile."""
        learner, target = self._learner, (self._guard.iteration + 1) * self._settings.loop.steps
        while learner.step < target - learner.setbacks.undone or not self._guard.is_calm:
            if self._stop():
                self._guard.finish()
                return False
            learner.seconds = self._clock.seconds()
            step = self._guard.train_step()
            if step is not None:
                self._journal.note(step)
            message = f"{name}: training"
            self._heart.beat(message, {"steps_per_second": self._journal.steps_per_second()})
            self._journal.write(self._learner, self._replay, message, self._clock.seconds())
            report(self._learner.step, message)
        return True

    def _evaluate(self, data: bytes) -> bool:
        """Meet a random mover and the best model so far; False if told to stop meanwhile."""
        try:
            self._judge.meet_random(data, self._settings.loop.random_games)
            self._judge.challenge(data)
        except Interrupted:
            self._guard.finish()
            return False
        return True

    def _keep(self) -> None:
        self._guard.keep()
        prune(self._models, self._settings.learner)
        self._replay.prune(self._settings.storage.keep_positions)
