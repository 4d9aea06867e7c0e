"""Matches between two players: paired openings, colours swapped, an interval beside each score."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actor.players import Player
from engine.errors import ConfigError
from engine.game import Game, State, value_for


@dataclass(frozen=True)
class Score:
    """The outcome of a match for its first player."""

    games: int
    wins: int
    draws: int
    losses: int

    @property
    def score(self) -> float:
        """Share of points: a draw counts half."""
        return (self.wins + self.draws / 2) / self.games

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the score."""
        return wilson(self.wins + self.draws / 2, self.games)

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "games": self.games,
            "wins": self.wins,
            "draws": self.draws,
            "losses": self.losses,
            "score": self.score,
            "interval": list(self.interval),
        }


def wilson(points: float, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share (Wilson, 1927); (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    share = points / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials)
    half *= math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(0.0, centre - half), min(1.0, centre + half)


def openings(game: Game, count: int, plies: int, rng: np.random.Generator) -> list[State]:
    """`count` unfinished positions after `plies` random plies, distinct as far as there are enough.

    Raises ConfigError when (nearly) every game is over after that many plies.
    """
    seen: dict[bytes, State] = {}
    found: list[State] = []
    for _ in range(200 * count):
        state = game.new()
        for _ply in range(plies):
            if game.is_over(state):
                break
            game.rules.play(state, int(rng.choice(game.legal(state))))
        if not game.is_over(state):
            found.append(state)
            seen.setdefault(state.tobytes(), state)
        if len(seen) == count or (len(found) >= 20 * count):
            break
    if not seen:
        raise ConfigError(f"no {game.title} game lasts {plies} random plies; use shorter openings")
    distinct = list(seen.values())
    return [distinct[i % len(distinct)] for i in range(count)]


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
    if games < 2 or games % 2:
        raise ConfigError(f"a paired match needs an even number of games, {games} were asked for")
    starts = openings(game, games // 2, opening_plies, rng)
    states = np.stack([state for state in starts for _ in range(2)])
    # The side of `first` in each game: it plays each opening from both.
    sides = np.tile(np.array([0, 1]), games // 2)
    _play_out(game, (first, second), states, sides, rng)
    points = [value_for(game.result(s), int(side)) for s, side in zip(states, sides, strict=True)]
    return Score(games, points.count(1.0), points.count(0.0), points.count(-1.0))


def _play_out(
    game: Game,
    players: tuple[Player, Player],
    states: NDArray[np.uint64],
    sides: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
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
