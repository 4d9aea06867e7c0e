"""Which model is the best: the newest one challenges it, and what follows is written down.

A challenger meets the best model over paired openings. Two sequential tests (actor/sprt.py) follow
the same games: whether he is `referee.elo1` stronger and not `referee.elo0`, which makes him the
best, and whether he has relapsed, which the learner is told. The classic rule, a share of a fixed
number of games, replaces the first test by a setting.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from functools import partial

import numpy as np

from actor.arena import NOTHING, Played, Score
from actor.contest import Heat, Match, scores, venue
from actor.pulse import Pulse
from actor.scorebook import Seat, meeting
from actor.specs import Recipe, Spec
from actor.sprt import Sprt
from engine.config import RefereeSettings, Settings
from engine.errors import ModelError, StorageError
from engine.evaluator.onnx import ModelCard, OnnxEvaluator, read_card
from engine.game import Game
from engine.search import search
from storage.evaluations import (
    Evaluations,
    Finding,
    Judged,
    MatchRow,
    PromotionRow,
    read_evaluations,
    write_evaluations,
)
from storage.layout import RunPaths
from storage.matches import append_meeting
from storage.models import Models
from storage.verdicts import Relapse, read_verdicts, write_verdicts

LOG = logging.getLogger(__name__)

RELAPSE = Sprt(-100.0, -30.0)
"""H0, a relapse: 100 Elo weaker than the best, a score of 36 %; H1: not more than 30, or 46 %.

The models of a healthy run differ by some 30 Elo from one to the next, and the best is the luckiest
of them. Against a challenger of equal strength the test cries relapse in about 0.4 % of the matches
(Wald: 19 ** -(65 / 35)), against one who is 30 weaker in 5 %.
"""


class Trial:
    """What the games of a challenger say so far; what a test has decided stays decided."""

    def __init__(self, rules: RefereeSettings) -> None:
        self._rules = rules
        self._stronger = "undecided"
        self._relapse = "undecided"

    def ask(self, score: Score) -> Finding | None:
        """The finding after these games, None if more of them are needed."""
        rules, over = self._rules, score.games >= self._rules.most_games
        if rules.promotion == "sprt":
            if self._stronger == "undecided":
                test = Sprt(rules.elo0, rules.elo1)
                self._stronger = test.verdict(score.pairs).decision
        elif over:
            self._stronger = "H1" if score.score >= rules.promotion_score else "H0"
        if self._relapse == "undecided":
            self._relapse = RELAPSE.verdict(score.pairs).decision
        if self._stronger == "H1":
            return "stronger"
        if self._relapse == "H0":
            return "weaker"
        if self._stronger == "H0" and (self._relapse == "H1" or over):
            return "not stronger"
        return "undecided" if over else None


class Judge:
    """The matches of one run's models, what they are worth, and the best of them.

    One process at a time judges a run (storage/lock.py). Everything is found again after a kill:
    evaluations.json is written first, best.onnx and verdicts.json follow from it.
    """

    def __init__(
        self, game: Game, settings: Settings, models: Models, paths: RunPaths, pulse: Pulse
    ) -> None:
        self.book: Evaluations = read_evaluations(paths)
        self._game = game
        self._settings = settings
        self._models = models
        self._paths = paths
        self._pulse = pulse
        self._settle()

    def save(self) -> None:
        """Write evaluations.json, then what follows from it; nothing where nothing is new."""
        if read_evaluations(self._paths) != self.book:
            write_evaluations(self._paths, self.book)
        if read_verdicts(self._paths) != self.book.verdicts:
            write_verdicts(self._paths, self.book.verdicts)

    def check(self, data: bytes) -> ModelCard:
        """The card of a model that can play; ModelError or EvaluationError for any other."""
        evaluator = OnnxEvaluator(self._game, data)
        search(self._game, self._game.new()[None], 1, evaluator, self._settings.search)
        return evaluator.card

    def challenge(self, data: bytes, skipped: Sequence[int] = ()) -> Finding | None:
        """Let the model `data` meet the best; promote it, or note a relapse, if that is found.

        The first model becomes the best without a match. None for the best model itself. `skipped`
        are the steps that were passed over for this one. Raises ModelError or EvaluationError for a
        model that cannot play, and Interrupted; then nothing is written.
        """
        card = self.check(data)
        judged = Judged(step=card.step, sha256=card.sha256, skipped=list(skipped))
        best = self._best()
        if best is None:
            self.book.close(judged)
            self._promote(data, card, None)
            return "stronger"
        against = read_card(best)
        if against.sha256 == card.sha256:
            self.book.close(judged)
            self.save()
            return None
        trial, finding, score = Trial(self._settings.referee), None, NOTHING
        place = f"step {card.step} against the best, step {against.step}"
        self._pulse.say(place)
        opponent = self._recipe(best, against)
        games = self._settings.referee.most_games
        with closing(self._scores(data, card, opponent, games)) as running:
            for score in running:
                self._pulse.say(f"{place}: {score.games} games, {score.score:.1%}")
                finding = trial.ask(score)
                if finding:
                    break
        assert finding is not None  # the last game decides
        self.book.close(judged)
        self._write_down(card, "best", score, against.step, finding)
        if finding == "stronger":
            self._promote(data, card, against.step)
        else:
            self.save()
        return finding

    def meet_random(self, data: bytes, games: int) -> Score:
        """Let the model play against a random mover, and write down how it ended."""
        card, score = self.check(data), NOTHING
        with closing(self._scores(data, card, Recipe(Spec("random")), games)) as running:
            for score in running:
                self._pulse.say(f"step {card.step} against random: {score.games} games")
        self._write_down(card, "random", score)
        self.save()
        return score

    def _scores(
        self, data: bytes, card: ModelCard, opponent: Recipe, games: int
    ) -> Generator[Score]:
        settings = self._settings
        seed = np.random.SeedSequence([settings.run.seed, card.step]).generate_state(1)[0]
        match = Match(games, settings.referee.opening_plies, int(seed))
        players = self._recipe(data, card), opponent
        first, second = (Seat(str(player.spec), player.digest()) for player in players)

        def keep(heat: Heat, played: Played) -> None:
            append_meeting(self._paths, "referee", meeting(first, second, heat.number, played))

        make = partial(venue, watched=self._pulse.watched)
        return scores(self._game, settings.search, players, match, make, keep)

    def _recipe(self, data: bytes, card: ModelCard) -> Recipe:
        simulations = self._settings.referee.simulations
        return Recipe(Spec("model", simulations, f"step_{card.step:06d}"), data)

    def _write_down(
        self,
        card: ModelCard,
        opponent: str,
        score: Score,
        against: int | None = None,
        finding: Finding | None = None,
    ) -> None:
        row = MatchRow(
            step=card.step,
            opponent=opponent,
            against=against,
            games=score.games,
            score=score.score,
            interval=score.interval,
            finding=finding,
        )
        self.book.add_match(row)
        if against is not None:
            self.book.relapse = self._relapse(row) if finding == "weaker" else None
        LOG.info("step %d against %s: %s", card.step, opponent, _told(row))

    def _relapse(self, row: MatchRow) -> Relapse:
        assert row.against is not None
        return Relapse(
            step=row.step,
            against=row.against,
            score=row.score,
            interval=row.interval,
            at=time.time(),
        )

    def _best(self) -> bytes | None:
        data = self._models.best()
        if data is not None:
            try:
                OnnxEvaluator(self._game, data)
            except ModelError as error:
                LOG.error("best.onnx cannot play, the next model takes its place: %s", error)
                return None
        return data

    def _promote(self, data: bytes, card: ModelCard, against: int | None) -> None:
        row = PromotionRow(step=card.step, sha256=card.sha256, against=against, at=time.time())
        self.book.promotions = [*self.book.promotions, row]
        self.book.pending, self.book.relapse = True, None
        write_evaluations(self._paths, self.book)
        self._models.promote(data)
        self.book.pending = False
        self.save()
        LOG.info("step %d is the new best model", card.step)

    def _settle(self) -> None:
        """Finish what a process that was killed had decided."""
        if self.book.pending:
            promoted = self.book.promotions[-1]
            data = self._find(promoted)
            if data is None:
                LOG.warning("step %d is gone before it could become the best", promoted.step)
                self.book.promotions = self.book.promotions[:-1]
            else:
                self._models.promote(data)
            self.book.pending = False
        self._adopt()
        self.save()

    def _adopt(self) -> None:
        """Let the book know a best.onnx that somebody else has put there."""
        data = self._best()
        if data is None:
            return
        card, known = read_card(data), self.book.promotions
        if not known or known[-1].sha256 != card.sha256:
            row = PromotionRow(step=card.step, sha256=card.sha256, against=None, at=time.time())
            self.book.promotions = [*known, row]
            LOG.info("best.onnx is of step %d", card.step)

    def _find(self, promoted: PromotionRow) -> bytes | None:
        try:
            snapshot = self._models.snapshot(promoted.step)
        except StorageError:
            snapshot = None
        for data in (self._models.best(), self._models.latest(), snapshot):
            if data is not None and _sha256(data) == promoted.sha256:
                return data
        return None


def _sha256(data: bytes) -> str | None:
    try:
        return read_card(data).sha256
    except ModelError:
        return None


def _told(row: MatchRow) -> str:
    low, high = row.interval
    found = f": {row.finding}" if row.finding else ""
    return f"{row.score:.1%} of {row.games} games ({low:.1%} to {high:.1%}){found}"
