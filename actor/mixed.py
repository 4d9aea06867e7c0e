"""Mixed data: a share of the games begins where another player would get to, for breadth.

The other player, a rule of thumb or a shallow search, plays a whole game with itself, after a
random opening like any; the game is cut at a random ply and self-play goes on from there. So the
network sees positions that its own play avoids, and every sample of such a game is searched by the
agent, and its result is that of the agent's play: nothing that the other player did is ever learnt.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from actor.players import Player
from actor.specs import Recipe, parse
from engine.config import Settings
from engine.errors import ConfigError
from engine.game import Game

_STREAM = 2  # of a worker's own, so that its other games do not depend on these
_KINDS = ("random", "greedy", "alphabeta", "mcts")


class MixedOpenings:
    """Openings of `selfplay.mixed_share` of a worker's games; raises ConfigError for the player."""

    def __init__(self, game: Game, settings: Settings, worker: int = 0) -> None:
        self._game = game
        self._settings = settings.selfplay
        self._player = mixed_player(game, settings)
        self._rng = np.random.default_rng([settings.run.seed, worker, _STREAM])

    def draw(self, games: int) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
        """Actions `[games, P]` and how many of them count; none: the game opens as usual."""
        actions = np.zeros((games, self._game.max_plies), np.int16)
        lengths = np.zeros(games, np.int32)
        if self._player is None:
            return actions, lengths
        mixed = np.flatnonzero(self._rng.random(games) < self._settings.mixed_share)
        for row, moves in zip(mixed, self._games(self._player, len(mixed)), strict=True):
            # The last ply ends the game; one without any ply would not be mixed.
            lengths[row] = self._rng.integers(1, len(moves)) if len(moves) > 1 else 0
            actions[row, : lengths[row]] = moves[: lengths[row]]
        return actions, lengths

    def _games(self, player: Player, count: int) -> list[list[int]]:
        """Finished games of the player with itself, side by side: one call for a ply of all."""
        games: list[list[int]] = [[] for _ in range(count)]
        states = np.stack([self._game.new()] * count) if count else np.empty((0, 0), np.uint64)
        wanted = self._rng.integers(0, self._settings.opening_plies + 1, count)
        running = list(range(count))
        while running:
            chosen = player.choose(states[running], self._rng)
            for g, action in zip(running, chosen, strict=True):
                if len(games[g]) < wanted[g]:
                    action = self._rng.choice(self._game.legal(states[g]))
                games[g].append(int(action))
                self._game.rules.play(states[g], int(action))
            running = [g for g in running if not self._game.is_over(states[g])]
        return games


def mixed_player(game: Game, settings: Settings) -> Player | None:
    """Who opens the mixed games, None where there are none; raises ConfigError."""
    if settings.selfplay.mixed_share == 0:
        return None
    spec = parse(settings.selfplay.mixed_player)
    if spec.kind not in _KINDS or spec.live:
        raise ConfigError(
            f"selfplay.mixed_player = {settings.selfplay.mixed_player!r} cannot open games; choose"
            " random, greedy, alphabeta:N or mcts:N"
        )
    return Recipe(spec).player(game, settings.search)
