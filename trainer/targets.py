"""What is learnt from a finished game about each of its samples, always for the sample's mover."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.game import Game, State, value_for
from storage.replay.record import GameRecord

OWN, OTHER = 1, 2
"""Whose piece lies on a cell at the end; 0 = nobody's."""


def value_targets(record: GameRecord, decay: float) -> NDArray[np.float32]:
    """`float32[S, 4]`: win, draw and loss as they came, and what the search said of it.

    The last column is the lambda return g = (1 - decay) * root value + decay * g of the next sample
    (after the last one: the result), as in Sutton and Barto, chapter 12. Where the search has
    proven a value, this is the truth about all earlier samples, whatever was played afterwards.
    """
    targets = np.zeros((len(record.plies), 4), np.float32)
    ends = value_for(record.result, 0)  # both for player 0 on the way back
    returns = ends
    for i in range(len(targets) - 1, -1, -1):
        mine = value_for(1, int(record.movers[i]))
        searched = mine * float(record.root_values[i])
        if record.exact[i]:
            ends = returns = searched = round(searched)
        returns = (1 - decay) * searched + decay * returns
        targets[i, :3] = [ends * mine > 0, ends == 0, ends * mine < 0]
        targets[i, 3] = mine * returns
    return targets


def replies(record: GameRecord, places: NDArray[np.int64]) -> NDArray[np.int16]:
    """`int16[S]`: the move after the sample's own, whoever makes it; -1 where the game was over.

    Seen through the sample's symmetry, in which action a is `places[i, a]`.
    """
    following = record.plies.astype(np.int64) + 1
    there = following < len(record.moves)
    moves = record.moves[np.where(there, following, 0)]
    seen = places[np.arange(len(moves)), moves]
    return np.where(there, seen, -1).astype(np.int16)


def has_owners(game: Game) -> bool:
    """Whether cells of the game's view are cells of its planes and hold somebody's pieces."""
    return game.view.layout != "pits" and game.planes[1:] == (game.view.rows, game.view.columns)


def most_margin(game: Game) -> int:
    """The scale of margins: the stones of a game with pits, else the cells of the board."""
    pits = game.view.layout == "pits"
    return sum(game.cells(game.new())) if pits else game.view.rows * game.view.columns


def endings(game: Game, final: State, record: GameRecord) -> NDArray[np.int8]:
    """`int8[S, 1 + cells]`: the final margin for the mover, then OWN, OTHER or 0 for each cell."""
    targets = np.zeros((len(record.plies), 1 + game.view.rows * game.view.columns), np.int8)
    movers = record.movers.astype(np.int64)
    targets[:, 0] = np.where(movers == 0, record.result, -record.result)
    if has_owners(game):
        owners = np.array(game.cells(final))
        exchanged = np.array([0, OTHER, OWN])[owners]
        targets[:, 1:] = np.where(movers[:, None] == 0, owners, exchanged)
    return targets
