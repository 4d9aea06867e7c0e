"""The referee: judges published models beside the learner, with what time nobody else wants.

It takes the newest model that was not judged yet; what was published meanwhile is passed over, and
it says so. A model is measured on the run's solved positions, by its policy and with a search, then
challenges the best model, and now and then enters the run's ladder. The referee alone writes
evaluations.json, verdicts.json and best.onnx as long as it lives.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from functools import partial
from itertools import takewhile

from actor.contest import venue
from actor.judge import Judge
from actor.pulse import IDLE_SECONDS, Interrupted, Pulse
from actor.tournament import Plan, Tournament
from actor.yardstick import yardstick_of
from engine.config import Settings
from engine.errors import CartridgeError, EvaluationError, ModelError
from engine.evaluator.onnx import ModelCard, read_card
from engine.game import Game
from engine.games import find
from engine.heuristics import blind, heuristic_for
from storage.evaluations import Judged
from storage.events import Events
from storage.layout import run_paths
from storage.lock import ladder_lock
from storage.matches import append_meeting
from storage.models.filesystem import FilesystemModels, ModelWatch
from storage.stats import Heart

LOG = logging.getLogger(__name__)

LADDER_MEETINGS = 4
"""Meetings in the ladder after a model has entered it."""
LADDER_GAMES = 20
"""Games of one meeting."""


class Referee:
    """Judges the models of the run that `settings` name until `stop` says so."""

    def __init__(self, settings: Settings, stop: Callable[[], bool]) -> None:
        self._settings = settings
        self._game = find(settings.run.game)
        self._paths = run_paths(settings)
        self._models = FilesystemModels(self._paths)
        self._heart = Heart(self._paths, "referee")
        self._pulse = Pulse(self._heart, self._paths, stop)
        self._judge = Judge(self._game, settings, self._models, self._paths, self._pulse)
        self._yardstick = yardstick_of(settings)
        self._events: Events | None = None
        if settings.learner.tensorboard:
            self._events = Events(self._paths.events("referee"))

    def run(self) -> None:
        """Judge until told to stop; what was begun then is begun anew by the next start."""
        os.nice(self._settings.referee.niceness)
        watch = ModelWatch(self._models, self._settings.selfplay.reload_seconds)
        self._yardstick.start()
        try:
            while True:
                self._pulse.say("waiting for a model")
                if watch.changed():
                    self.look()
                else:
                    time.sleep(IDLE_SECONDS)
        except Interrupted:
            LOG.info("stopped")
        finally:
            watch.close()
            self._yardstick.stop()
            self._heart.stop()

    def look(self) -> None:
        """Judge the latest model, if that was not done yet; one that cannot play is reported."""
        data = self._models.latest()
        if data is None:
            return
        try:
            card = read_card(data)
        except ModelError as error:
            LOG.error("latest.onnx is not judged: %s", error)
            return
        if self._judge.book.knows(card.sha256):
            return
        skipped = self._skipped(card.step)
        if skipped:
            LOG.info("steps %s are not judged, step %d is newer", _listed(skipped), card.step)
        try:
            self._measure(data, card)
            self._judge.challenge(data, skipped)
        except (ModelError, EvaluationError) as error:
            LOG.error("step %d cannot be judged: %s", card.step, error)
            row = Judged(step=card.step, sha256=card.sha256, skipped=skipped)
            self._judge.book.close(row)
            self._judge.save()
            return
        self._extend_ladder(card)

    def _skipped(self, step: int) -> list[int]:
        """The snapshots between the last model that was judged and this one."""
        judged = self._judge.book.judged
        last = judged[-1].step if judged else 0
        return [known for known in self._models.steps() if last < known < step]

    def _measure(self, data: bytes, card: ModelCard) -> None:
        """Compare the model with exact play, unless a killed referee had come so far."""
        book = self._judge.book
        if book.measured == card.sha256:
            return
        rows = []
        for simulations in (0, self._settings.referee.simulations):
            how = f"with {simulations} simulations" if simulations else "by its policy"
            self._pulse.say(f"step {card.step} on solved positions, {how}")
            rows += self._yardstick.measure(data, card.step, simulations, self._pulse.watched)
        book.add_accuracy(card.step, card.sha256, rows)
        self._judge.save()
        for row in rows:
            if self._events is not None:
                self._events.write(f"accuracy/{row['set']}@{row['simulations']}", row)
            LOG.info(
                "step %d keeps the result in %.1f %% of %d solved positions (%s, %d simulations)",
                *(card.step, 100 * row["wdl_optimal"], row["positions"]),
                *(row["set"], row["simulations"]),
            )

    def _extend_ladder(self, card: ModelCard) -> None:
        """Let the model enter the ladder, if it is its turn; a ladder that fails stops nothing."""
        if not self._enters(card):
            return
        name = f"step_{card.step:06d}@{self._settings.referee.simulations}"
        self._pulse.say(f"step {card.step} in the ladder")
        try:
            with ladder_lock(self._paths):
                self._play_ladder(name, card)
        except CartridgeError as error:
            LOG.warning("step %d does not enter the ladder: %s", card.step, error)

    def _play_ladder(self, name: str, card: ModelCard) -> None:
        book, rules = self._judge.book, self._settings.referee
        if read_card(self._models.snapshot(card.step)).sha256 != card.sha256:
            raise ModelError(f"its snapshot is another model by now; {name} would be two players")
        plan = Plan(LADDER_GAMES, 0, rules.opening_plies, self._settings.run.seed)
        ladder = Tournament(
            *(self._game, self._settings.search, self._models, self._paths.ratings, plan),
            make=partial(venue, watched=self._pulse.watched),
            keep=partial(append_meeting, self._paths, "tournament"),
        )
        # Where a model of this step was published before, this one gets another name.
        name = ladder.enter([*anchors(self._game), name])[-1]
        book.entered[name] = card.sha256
        self._judge.save()
        rated = ladder.turn(LADDER_MEETINGS)
        entry = rated.entry(name)
        if entry.rating is not None:
            LOG.info("%s in the ladder: %.0f Elo above random", name, entry.rating)

    def _enters(self, card: ModelCard) -> bool:
        every, book = self._settings.referee.ladder_every, self._judge.book
        if not every:
            return False
        entered = set(book.entered.values())
        since = takewhile(lambda row: row.sha256 not in entered, reversed(book.judged))
        return (
            card.step % self._settings.learner.milestone_every == 0
            or sum(1 for _ in since) >= every
        )


def anchors(game: Game) -> list[str]:
    """Players of fixed strength that every ladder has beside random.

    Without a rule of thumb alpha-beta sees nothing but finished games, and looks far for nothing.
    """
    searchers = [] if heuristic_for(game) is blind else ["alphabeta:2", "alphabeta:4"]
    return ["greedy", *searchers, "mcts:100"]


def _listed(steps: list[int]) -> str:
    return ", ".join(map(str, steps))
