"""Matches between two players: paired openings, colours swapped, intervals beside each score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actor.players import Player
from engine.errors import ConfigError
from engine.game import Game, value_for
from engine.intervals import bootstrap, wilson

Moves = tuple[int, ...]
"""Actions from the start position on."""


@dataclass(frozen=True)
class Score:
    """The outcome of a match for its first player.

    `pairs[k]` openings gave him k half points (0 <= k <= 4) in the two games played from them.
    """

    wins: int
    draws: int
    losses: int
    pairs: tuple[int, ...]

    @classmethod
    def of(cls, half_points: NDArray[np.int64]) -> Score:
        """From `half_points int64[P, 2]`: what each game gave him, a row for each opening."""
        wins, draws, losses = (int((half_points == points).sum()) for points in (2, 1, 0))
        pairs = np.bincount(half_points.sum(axis=1), minlength=5)
        return cls(wins, draws, losses, tuple(int(count) for count in pairs))

    def __add__(self, other: Score) -> Score:
        pairs = tuple(a + b for a, b in zip(self.pairs, other.pairs, strict=True))
        return Score(
            self.wins + other.wins, self.draws + other.draws, self.losses + other.losses, pairs
        )

    @property
    def games(self) -> int:
        """All games, two from each opening."""
        return self.wins + self.draws + self.losses

    @property
    def score(self) -> float:
        """Share of points: a draw counts half."""
        return (self.wins + self.draws / 2) / self.games

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the score, as if all games were independent."""
        return wilson(self.wins + self.draws / 2, self.games)

    @property
    def paired_interval(self) -> tuple[float, float]:
        """95 % interval of the score by drawing openings anew; see `bootstrap`."""
        return bootstrap(self.pairs)

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "games": self.games,
            "wins": self.wins,
            "draws": self.draws,
            "losses": self.losses,
            "score": self.score,
            "interval": list(self.interval),
            "paired_interval": list(self.paired_interval),
            "pairs": list(self.pairs),
        }


NOTHING = Score(0, 0, 0, (0, 0, 0, 0, 0))
"""Before the first game."""


@dataclass(frozen=True)
class Sheet:
    """A game as it was written down: the first `opening` moves were given.

    `side` is the player that the match's first one was; `result` is the margin for player 0.
    """

    moves: Moves
    opening: int
    side: int
    result: int


@dataclass(frozen=True)
class Played:
    """Games of a match, two from each opening, and their score for its first player."""

    score: Score
    sheets: tuple[Sheet, ...]


def openings(game: Game, count: int, plies: int, rng: np.random.Generator) -> list[Moves]:
    """`count` times `plies` random moves that end no game.

    They lead to distinct positions as far as there are enough. Raises ConfigError when (nearly)
    every game is over after that many plies.
    """
    seen: dict[bytes, Moves] = {}
    found = 0
    for _ in range(200 * count):
        state = game.new()
        moves = []
        for _ply in range(plies):
            if game.is_over(state):
                break
            moves.append(int(rng.choice(game.legal(state))))
            game.rules.play(state, moves[-1])
        if not game.is_over(state):
            found += 1
            seen.setdefault(state.tobytes(), tuple(moves))
        if len(seen) == count or found >= 20 * count:
            break
    if not seen:
        raise ConfigError(f"no {game.title} game lasts {plies} random plies; use shorter openings")
    distinct = list(seen.values())
    return [distinct[i % len(distinct)] for i in range(count)]


def pairs_of(games: int) -> int:
    """How many openings `games` games need; ConfigError for an odd or non-positive number."""
    if games < 2 or games % 2:
        raise ConfigError(f"a paired match needs an even number of games, {games} were asked for")
    return games // 2


def match(
    game: Game,
    first: Player,
    second: Player,
    games: int,
    opening_plies: int,
    rng: np.random.Generator,
) -> Score:
    """Play `games` games (an even number: each opening twice, colours swapped) at the same time.

    The score is the first player's. Raises ConfigError for an odd or non-positive number.
    """
    starts = openings(game, pairs_of(games), opening_plies, rng)
    return play_pairs(game, first, second, starts, rng).score


def play_pairs(
    game: Game,
    first: Player,
    second: Player,
    starts: Sequence[Moves],
    rng: np.random.Generator,
) -> Played:
    """Play from each of `starts` twice, all games at the same time.

    The score is the first player's; in the first game of a pair he is player 0.
    """
    states = np.repeat(np.stack([game.replay(moves) for moves in starts]), 2, axis=0)
    sides = np.tile(np.array([0, 1]), len(starts))
    moves = [list(opening) for opening in starts for _ in range(2)]
    _play_out(game, (first, second), states, sides, moves, rng)
    sheets = tuple(
        Sheet(tuple(line), len(starts[g // 2]), int(sides[g]), game.result(states[g]))
        for g, line in enumerate(moves)
    )
    values = [value_for(sheet.result, sheet.side) for sheet in sheets]
    score = Score.of((np.array(values) + 1).astype(np.int64).reshape(-1, 2))
    return Played(score, sheets)


def _play_out(
    game: Game,
    players: tuple[Player, Player],
    states: NDArray[np.uint64],
    sides: NDArray[np.int64],
    moves: list[list[int]],
    rng: np.random.Generator,
) -> None:
    """Play all of `states` to their ends, in place; every action is added to the game's `moves`."""

    def waiting_for(seat: int) -> list[int]:
        return [
            g
            for g, state in enumerate(states)
            if not game.is_over(state) and (game.mover(state) == sides[g]) == (seat == 0)
        ]

    while any(turns := [waiting_for(0), waiting_for(1)]):
        for player, turn in zip(players, turns, strict=True):
            if turn:
                for g, action in zip(turn, player.choose(states[turn], rng), strict=True):
                    game.rules.play(states[g], int(action))
                    moves[g].append(int(action))
