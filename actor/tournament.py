"""A tournament that never has to end: players meet, and the games go where they tell most.

At first everybody meets everybody, or only who stands near. Then, round by round, those meet whose
games make the ratings most certain (actor/rating.py). Each meeting has a seed made of the players'
names and of how often they have met, so the same calls give the same ladder, however many processes
play. All k-th meetings begin from the same openings.

A model is known by the digest of its weights. Where a learner went back and published another model
of the same step, the old one keeps its results and plays no more; the new one enters as a player of
its own, with the digest in its name.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from actor.arena import Played, openings, pairs_of
from actor.contest import Heat, PlayHeat, Venue, venue
from actor.rating import next_pairings, rate
from actor.scorebook import Seat, discard, meeting
from actor.specs import Recipe, Spec, marked, no_zoo, parse, pinned, recipe, unmarked
from actor.workshop import Workshop
from engine.config import SearchSettings
from engine.errors import ConfigError, ModelError, StorageError
from engine.game import Game
from storage.ladder import ANCHOR, Entry, Ladder, read_ladder, write_ladder
from storage.matches import Meeting
from storage.models import Models

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """How a ladder plays: games of a meeting (even), rounds after the first, processes.

    With `reach` only players at most so many places apart, in the order in which they entered, meet
    at first: where the order is roughly known, the others would tell little.
    """

    games: int
    rounds: int
    opening_plies: int
    seed: int
    workers: int = 1
    reach: int | None = None


class Tournament:
    """The ladder kept in `path`, continued; saved after each meeting.

    `keep` is given the games of a meeting before the ladder has its score.
    """

    def __init__(
        self,
        game: Game,
        search: SearchSettings,
        models: Models,
        path: Path,
        plan: Plan,
        report: Callable[[Ladder], None] = lambda ladder: None,
        make: Callable[[Venue], PlayHeat] = venue,
        zoo: Callable[[], bytes] = no_zoo,
        keep: Callable[[Meeting], None] = discard,
    ) -> None:
        pairs_of(plan.games)
        self._game = game
        self._search = search
        self._models = models
        self._path = path
        self._plan = plan
        self._report = report
        self._make = make
        self._zoo = zoo
        self._keep = keep
        self.ladder = self._opened()
        self._learn_digests()

    def enter(self, specs: Iterable[str]) -> list[str]:
        """Add players; returns the names under which they play.

        A name that changes its meaning is replaced by the step it means now. Raises ConfigError for
        a name that is none, ModelError or StorageError for a missing model: a newcomer that cannot
        play is refused, not retired.
        """
        names = []
        for text in specs:
            spec = pinned(parse(text), self._models, self._zoo)
            digest = recipe(spec, self._models, self._zoo).digest()
            names.append(self._name(spec, digest))
            self.ladder.enter(names[-1], digest)
        return names

    def _name(self, spec: Spec, digest: str | None) -> str:
        """The name of a player who may be there already, under this name or a marked one."""
        plain = unmarked(spec)
        alike = [e for e in self.ladder.players if unmarked(parse(e.spec)) == plain]
        for entry in alike:
            if entry.sha256 == digest:
                return entry.spec
        return str(marked(spec, digest) if alike and digest else spec)

    def run(self) -> Ladder:
        """Let those meet who have not, then play the rounds; returns the ladder, rated.

        Raises ConfigError when there are fewer than two players.
        """
        recipes, active = self._present()
        with self._workshop(recipes) as workshop:
            self._play(workshop, self._unmet(active))
            for _ in range(self._plan.rounds):
                self._play(workshop, self._best_pairings(active, len(active)))
        return self.ladder

    def turn(self, meetings: int) -> Ladder:
        """Play the `meetings` that tell most, even where some have never met; returns the ladder.

        A newcomer's rating is the least certain of all, so most of them are his. Raises ConfigError
        when there are fewer than two players.
        """
        recipes, active = self._present()
        with self._workshop(recipes) as workshop:
            self._play(workshop, self._best_pairings(active, meetings))
        return self.ladder

    def _present(self) -> tuple[dict[str, Recipe], list[int]]:
        recipes = self._recipes()
        if len(recipes) < 2:
            raise ConfigError(
                "a tournament needs a player besides random; name one, such as greedy"
            )
        return recipes, [self.ladder.index(name) for name in recipes]

    def _workshop(self, recipes: dict[str, Recipe]) -> Workshop[Venue, Heat, Played]:
        place = Venue(self._game.name, self._search, recipes)
        return Workshop(self._make, place, self._plan.workers)

    def _best_pairings(self, active: list[int], meetings: int) -> list[tuple[int, int]]:
        return next_pairings(self.ladder.counts(), active, meetings, self._plan.games)

    def _opened(self) -> Ladder:
        plan, search = self._plan, self._search.model_dump(mode="json")
        ladder = read_ladder(self._path)
        if ladder is None:
            return Ladder(
                game=self._game.name,
                seed=plan.seed,
                opening_plies=plan.opening_plies,
                search=search,
                players=[Entry(spec=ANCHOR)],
            )
        for what, kept, asked in (
            ("game", ladder.game, self._game.name),
            ("seed", ladder.seed, plan.seed),
            ("opening plies", ladder.opening_plies, plan.opening_plies),
        ):
            if kept != asked:
                raise ConfigError(
                    f"{self._path} has {what} {kept}, this call asks for {asked};"
                    " ask for the same, or move the file away to begin a new ladder"
                )
        changed = sorted(
            key
            for key in ladder.search.keys() | search.keys()
            if ladder.search.get(key) != search.get(key)
        )
        if changed:
            LOG.warning("search settings differ from earlier games: %s", ", ".join(changed))
        ladder.search = search
        return ladder

    def _learn_digests(self) -> None:
        """Take the models of an older ladder, which knew names alone, for those of today."""
        for entry in self.ladder.players:
            if entry.sha256 is None:
                try:
                    entry.sha256 = recipe(parse(entry.spec), self._models, self._zoo).digest()
                except (ModelError, StorageError):
                    continue  # it plays no more, see `_recipes`
                if entry.sha256 is not None:
                    LOG.info("%s is taken for the model %s", entry.spec, entry.sha256[:8])

    def _recipes(self) -> dict[str, Recipe]:
        """How to make each player that can still play; a ladder outlives pruned snapshots."""
        found = {}
        for entry in self.ladder.players:
            try:
                made = recipe(parse(entry.spec), self._models, self._zoo)
                _refuse_another(entry, made.digest())
                found[entry.spec] = made
            except (ModelError, StorageError) as error:
                LOG.warning("%s keeps its results and plays no more: %s", entry.spec, error)
        return found

    def _unmet(self, active: Sequence[int]) -> list[tuple[int, int]]:
        names = [player.spec for player in self.ladder.players]
        reach = len(names) if self._plan.reach is None else self._plan.reach
        return [
            (i, j)
            for i in active
            for j in active
            if i < j <= i + reach and not self.ladder.meetings(names[i], names[j])
        ]

    def _play(
        self, workshop: Workshop[Venue, Heat, Played], pairings: Sequence[tuple[int, int]]
    ) -> None:
        """Play a round, write down each meeting as it ends, then rate."""
        heats = self._heats(pairings)
        for heat, played in zip(heats, workshop.answers(heats), strict=True):
            self._keep(
                meeting(self._seat(heat.first), self._seat(heat.second), heat.number, played)
            )
            self.ladder.record(heat.first, heat.second, played.score)
            write_ladder(self._path, self.ladder)
            self._report(self.ladder)
        self._rate()
        write_ladder(self._path, self.ladder)

    def _rate(self) -> None:
        """Make the ratings anew from the results."""
        ratings = rate(self.ladder.counts(), self.ladder.index(ANCHOR))
        numbers = zip(ratings.elo, ratings.low, ratings.high, strict=True)
        for player, (elo, low, high) in zip(self.ladder.players, numbers, strict=True):
            if player.games:
                player.rating, player.low, player.high = float(elo), float(low), float(high)

    def _seat(self, name: str) -> Seat:
        return Seat(name, self.ladder.entry(name).sha256)

    def _heats(self, pairings: Sequence[tuple[int, int]]) -> list[Heat]:
        names = [player.spec for player in self.ladder.players]
        again: dict[tuple[int, int], int] = {}
        heats = []
        for i, j in pairings:
            met = again.get((i, j), self.ladder.meetings(names[i], names[j]))
            again[i, j] = met + 1
            heats.append(self._heat(names[i], names[j], met))
        return heats

    def _heat(self, first: str, second: str, met: int) -> Heat:
        plan = self._plan
        rng = np.random.default_rng((plan.seed, 1 + met))
        starts = openings(self._game, plan.games // 2, plan.opening_plies, rng)
        entropy = (plan.seed, 1 + met, zlib.crc32(first.encode()), zlib.crc32(second.encode()))
        return Heat(first, second, tuple(starts), entropy, met)


def _refuse_another(entry: Entry, digest: str | None) -> None:
    if digest != entry.sha256:
        old, new = ((sha256 or "no model")[:8] for sha256 in (entry.sha256, digest))
        raise ModelError(f"its snapshot was published anew, {old} then and {new} now")
