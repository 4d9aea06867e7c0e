"""The table that the environments play on: which game, who sits where, what a player sees."""

from __future__ import annotations

import operator
from typing import Literal

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from engine.errors import ConfigError, IllegalAction
from engine.game import Game, State
from engine.games import find

Seat = Literal["first", "second", "random"]
"""Who the agent is: player 0, player 1, or one of them drawn anew for every game."""

EITHER = -1
"""The number of the seat "random"."""

_SEATS = {"first": 0, "second": 1, "random": EITHER}


REACH = 4.0
"""No plane holds more than this, nor less than its negative.

The contract asks planes to be finite and no more (a number of stones is a plane too), but a space
without bounds is one that Gymnasium warns about. The tests hold every game to it.
"""


def game_of(game: str | Game) -> Game:
    """The game itself, or the one of that name."""
    return game if isinstance(game, Game) else find(game)


def seat_number(seat: str) -> int:
    """The player of a seat, 0 or 1, or EITHER; raises ConfigError for any other word."""
    if seat not in _SEATS:
        raise ConfigError(f"there is no seat {seat!r}, known are: {', '.join(_SEATS)}")
    return _SEATS[seat]


def check_render_mode(mode: str | None) -> None:
    """Raises ConfigError unless `mode` is None or "ansi"."""
    if mode not in (None, "ansi"):
        raise ConfigError(f"there is no render mode {mode!r}, known are: None, 'ansi'")


def planes_space(game: Game) -> Box[np.float32]:
    """The space of one observation, `float32[C, H, W]` within [-REACH, REACH]."""
    return Box(-REACH, REACH, game.planes, np.float32)


def view_for(game: Game, state: State, player: int) -> NDArray[np.float32]:
    """What `player` sees, `float32[C, H, W]`: zeros unless it is their turn.

    The rules show a position to its mover alone, and name no mover of a finished game that one
    could rely on. Zeros cannot be mistaken for the view of the other side; a stale or a foreign
    view can.
    """
    if game.mover(state) == player and not game.is_over(state):
        return game.observe(state)
    return np.zeros(game.planes, np.float32)


def mask_for(game: Game, state: State, player: int) -> NDArray[np.int8]:
    """The legal actions of `player` as ones, `int8[A]`: zeros unless it is their turn."""
    mask = np.zeros(game.actions, np.int8)
    if game.mover(state) == player:
        mask[game.legal(state)] = 1
    return mask


def after(game: Game, state: State, action: object) -> State:
    """A copy of `state` with `action` played; raises IllegalAction whatever else it is given."""
    try:
        if isinstance(action, bool):
            raise TypeError
        number = operator.index(action)  # type: ignore[arg-type]
    except TypeError:
        raise IllegalAction(
            f"{action!r} is no action of {game.title}, those are integers from 0 to"
            f" {game.actions - 1}: {game.text(state)}"
        ) from None
    return game.after(state, number)


def picture(game: Game, state: State) -> str:
    """The board as text: a line for every row, '.' for an empty cell; then who is to move."""
    cells = [str(cell) if cell else "." for cell in game.cells(state)]
    width = max(len(cell) for cell in cells)
    columns = game.view.columns
    rows = [
        " ".join(cell.rjust(width) for cell in cells[i : i + columns])
        for i in range(0, len(cells), columns)
    ]
    turn = "over" if game.is_over(state) else f"player {game.mover(state)} to move"
    return "\n".join([*rows, turn])
