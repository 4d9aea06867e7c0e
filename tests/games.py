"""Real games as their actors would store them, without any search: random moves, no sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.game import Game
from storage.replay.record import GameRecord


def finished(game: Game, rng: np.random.Generator, opening: Sequence[int] = ()) -> list[int]:
    """The moves of a game that begins with `opening` and goes on at random to its end."""
    state, moves = game.replay(opening), list(opening)
    while not game.is_over(state):
        moves.append(int(rng.choice(game.legal(state))))
        game.rules.play(state, moves[-1])
    return moves


def stored(game: Game, moves: Sequence[int], step: int = -1) -> GameRecord:
    """The record of a finished game that the model of `step` played."""
    nothing = np.zeros(0, np.float32)
    return GameRecord(
        game=game.name,
        rules_version=game.version,
        moves=np.array(moves, np.int16),
        result=game.result(game.replay(moves)),
        model_step=step,
        plies=np.zeros(0, np.int16),
        states=np.zeros((0, game.words), np.uint64),
        movers=np.zeros(0, np.int8),
        policies=np.zeros((0, game.actions), np.float32),
        root_values=nothing,
        exact=np.zeros(0, np.int8),
        surprises=nothing,
    )
