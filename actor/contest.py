"""Matches by players' names, cut into heats that several processes play.

A heat is a fixed number of openings with a seed of its own and players made for it, so a match has
the same result however many processes share it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from actor.arena import NOTHING, Moves, Played, Score, openings, pairs_of, play_pairs
from actor.players import Player, as_it_is
from actor.specs import Recipe
from actor.sprt import Sprt, Verdict
from actor.workshop import Workshop
from engine.config import SearchSettings
from engine.game import Game
from engine.games import find

HEAT = 16
"""Openings of a heat: enough games at once for a network's batch, few enough to share."""


@dataclass(frozen=True)
class Venue:
    """What every process needs: the game's name, the search, and how to make each player."""

    game: str
    search: SearchSettings
    recipes: dict[str, Recipe]


@dataclass(frozen=True)
class Heat:
    """Games of two players of the venue from `starts`, each twice; their `number`-th heat."""

    first: str
    second: str
    starts: tuple[Moves, ...]
    entropy: tuple[int, ...]
    number: int = 0


PlayHeat = Callable[[Heat], Played]
"""Plays a heat; the score is its first player's."""

Keep = Callable[[Heat, Played], None]
"""Is told the games of a heat before its score counts."""


def forget(heat: Heat, played: Played) -> None:
    """Keeps no game."""


def venue(place: Venue, watched: Callable[[Player], Player] = as_it_is) -> PlayHeat:
    """The tool of the workshop: a function that plays heats, its players `watched`."""
    game = find(place.game)

    def play(heat: Heat) -> Played:
        # Anew for each heat: what a player remembers must not depend on who played before.
        first, second = (
            watched(place.recipes[name].player(game, place.search))
            for name in (heat.first, heat.second)
        )
        return play_pairs(game, first, second, heat.starts, np.random.default_rng(heat.entropy))

    return play


@dataclass(frozen=True)
class Outcome:
    """A match: its score, how many different openings it had, and what the test said, if any."""

    score: Score
    openings: int
    verdict: Verdict | None = None

    def as_dict(self) -> dict[str, object]:
        """For JSON; with `sprt` where there was a test."""
        found = {**self.score.as_dict(), "openings": self.openings}
        return {**found, "sprt": self.verdict.as_dict()} if self.verdict else found


@dataclass(frozen=True)
class Match:
    """How a match is played; with `test` it has at most `games` games (an even number)."""

    games: int
    opening_plies: int
    seed: int
    workers: int = 1
    test: Sprt | None = None


def contest(
    game: Game,
    search: SearchSettings,
    recipes: Sequence[Recipe],
    match: Match,
    report: Callable[[Score], None] = lambda score: None,
) -> Outcome:
    """Let two recipes meet; `match.test` is asked after each heat whether that is enough.

    `report` is told the score after each heat. Raises ConfigError for an odd number of games.
    """
    score, verdict = NOTHING, None
    with closing(scores(game, search, recipes, match)) as running:
        for score in running:
            report(score)
            if match.test is not None:
                verdict = match.test.verdict(score.pairs)
                if verdict.decision != "undecided":
                    break
    played = _starts(game, match)[: score.games // 2]
    return Outcome(score, len(set(played)), verdict)


def scores(
    game: Game,
    search: SearchSettings,
    recipes: Sequence[Recipe],
    match: Match,
    make: Callable[[Venue], PlayHeat] = venue,
    keep: Keep = forget,
) -> Generator[Score]:
    """The score of all games so far, after each heat of a match; `match.test` is not asked.

    `make` says how a heat is played, see `venue`; `keep` is told its games. Raises ConfigError for
    an odd number of games.
    """
    starts = _starts(game, match)
    heats = [
        Heat("first", "second", starts[i : i + HEAT], (match.seed, 1 + i // HEAT), i // HEAT)
        for i in range(0, len(starts), HEAT)
    ]
    place = Venue(game.name, search, dict(zip(("first", "second"), recipes, strict=True)))
    score = NOTHING
    with Workshop(make, place, match.workers) as workshop:
        for heat, part in zip(heats, workshop.answers(heats), strict=True):
            keep(heat, part)
            score += part.score
            yield score


def _starts(game: Game, match: Match) -> tuple[Moves, ...]:
    rng = np.random.default_rng(match.seed)
    return tuple(openings(game, pairs_of(match.games), match.opening_plies, rng))
