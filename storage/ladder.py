"""The ladder of a run, ratings.json: who has met whom, how it ended, and the ratings that follow.

The results are the truth; ratings are made from them and may lag behind by a round of games. Every
write replaces the whole file, so it can be read, and the tournament killed, at any moment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.errors import StorageError
from storage.atomic import read_json, write_json

ANCHOR = "random"
"""The player whose rating is 0; every ladder has it."""

Count = Annotated[int, Field(ge=0)]


class Outcome(Protocol):
    """How a meeting ended for its first player; see `Result`."""

    @property
    def wins(self) -> int:
        """Games won."""

    @property
    def draws(self) -> int:
        """Games drawn."""

    @property
    def losses(self) -> int:
        """Games lost."""

    @property
    def pairs(self) -> tuple[int, ...]:
        """Openings by half points."""


class Entry(BaseModel):
    """A player: name, Elo and its 95 % limits (None before the first rating), games played.

    `sha256` is that of its model's weights: a name alone may come to mean another model.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    spec: str
    sha256: str | None = None
    rating: float | None = None
    low: float | None = None
    high: float | None = None
    games: Count = 0


class Result(BaseModel):
    """All games of two players: wins, draws and losses of `first`.

    `pairs[k]` openings gave him k half points; `meetings` is how often they were sent to play.
    """

    model_config = ConfigDict(extra="forbid")

    first: str
    second: str
    wins: Count
    draws: Count
    losses: Count
    pairs: Annotated[list[Count], Field(min_length=5, max_length=5)]
    meetings: Count

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        games = self.wins + self.draws + self.losses
        half_points = sum(k * count for k, count in enumerate(self.pairs))
        if games != 2 * sum(self.pairs) or half_points != 2 * self.wins + self.draws:
            raise ValueError(f"{self.first} - {self.second}: pairs and games do not agree")
        return self


class Ladder(BaseModel):
    """The content of ratings.json."""

    model_config = ConfigDict(extra="forbid")

    game: str
    seed: Count
    opening_plies: Count
    search: dict[str, Any]
    """The search settings of the last call, beside the simulations in the players' names."""
    players: list[Entry]
    results: list[Result] = []

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        names = [player.spec for player in self.players]
        if len(set(names)) != len(names):
            raise ValueError("a player stands there twice")
        if ANCHOR not in names:
            raise ValueError(f"the player {ANCHOR!r}, rated 0, is missing")
        met = [frozenset((result.first, result.second)) for result in self.results]
        if len(set(met)) != len(met) or any(len(pair) != 2 for pair in met):
            raise ValueError("two players have more than one result, or one has met itself")
        unknown = sorted(frozenset().union(*met) - set(names))
        if unknown:
            raise ValueError(f"results of unknown players: {', '.join(unknown)}")
        return self

    def enter(self, spec: str, sha256: str | None = None) -> None:
        """Add a player, once."""
        if all(player.spec != spec for player in self.players):
            self.players.append(Entry(spec=spec, sha256=sha256))

    def entry(self, spec: str) -> Entry:
        """The player of this name."""
        return self.players[self.index(spec)]

    def index(self, spec: str) -> int:
        """The place of a player in `players`."""
        return next(i for i, player in enumerate(self.players) if player.spec == spec)

    def meetings(self, one: str, other: str) -> int:
        """How often the two were sent to play."""
        found = [r for r in self.results if {r.first, r.second} == {one, other}]
        return found[0].meetings if found else 0

    def record(self, first: str, second: str, score: Outcome) -> None:
        """Add the games of one meeting; the score is that of `first`."""
        for known in self.results:
            if (known.first, known.second) == (first, second):
                result = known
                break
        else:
            result = Result(
                first=first, second=second, wins=0, draws=0, losses=0, pairs=[0] * 5, meetings=0
            )
            self.results.append(result)
        result.wins += score.wins
        result.draws += score.draws
        result.losses += score.losses
        result.pairs = [a + b for a, b in zip(result.pairs, score.pairs, strict=True)]
        result.meetings += 1
        for spec in (first, second):
            self.entry(spec).games += score.wins + score.draws + score.losses

    def counts(self) -> NDArray[np.int64]:
        """The results as actor/rating.py counts them, `int64[n, n, 5]`."""
        counts = np.zeros((len(self.players), len(self.players), 5), np.int64)
        for result in self.results:
            i, j = self.index(result.first), self.index(result.second)
            counts[min(i, j), max(i, j)] += result.pairs if i < j else result.pairs[::-1]
        return counts


def read_ladder(path: Path) -> Ladder | None:
    """The ladder in `path`, None if there is none; raises StorageError where it is damaged."""
    content = read_json(path)
    if content is None:
        return None
    try:
        return Ladder.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "as a whole"
        raise StorageError(
            f"{path} is damaged: {where}: {first['msg']}; delete it to begin a new ladder"
        ) from None


def write_ladder(path: Path, ladder: Ladder) -> None:
    """Replace the ladder in `path`; raises StorageError."""
    write_json(path, ladder.model_dump(mode="json"))
