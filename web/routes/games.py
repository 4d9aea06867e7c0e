"""The games, their positions, the levels to play against."""

from __future__ import annotations

from fastapi import APIRouter

from engine.games import all_games
from web.errors import documented
from web.levels import levels_of
from web.lines import Line, describe, parse_moves
from web.schemas import GameOut, LevelsOut, PositionOut
from web.services import Shared

router = APIRouter()


@router.get("/games", responses=documented())
def games() -> list[GameOut]:
    """Every game that can be played."""
    return [describe(game) for game in all_games().values()]


@router.get("/games/{game}/levels", responses=documented(404, 422))
def levels(
    services: Shared, game: str, run: str | None = None, model: str | None = None
) -> LevelsOut:
    """The strengths that the bot has in a game, by name, and what each is worth.

    With `run` or `model` they are those of that model, unrated unless it is the zoo's.
    """
    served, most = services.shelf.of(game, run), services.settings.web.max_simulations
    return levels_of(served, model, run is None, most)


@router.get("/game/state", responses=documented(404, 409, 422))
def game_state(services: Shared, game: str, moves: str = "") -> PositionOut:
    """The position after `moves`, action ids divided by commas; none = the start."""
    return Line.from_moves(services.shelf.of(game).game, parse_moves(moves)).show()
