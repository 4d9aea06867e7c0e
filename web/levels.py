"""The levels of a game: those of its zoo card, or without one the usual ones, unrated."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import HTTPException

from storage.levels import LEVELS, Level
from web.schemas import LevelOut, LevelsOut
from web.served import Loaded, Served


def levels_of(served: Served, most: int) -> LevelsOut:
    """The levels that need at most `most` simulations, the weakest first, and their model."""
    levels, loaded = _offered(served, most)
    shown = [_shown(level) for level in levels]
    return LevelsOut(game=served.game.name, model=loaded().model, levels=shown)


def level_of(served: Served, name: str, most: int) -> tuple[Level, Callable[[], Loaded]]:
    """A level by name, and what gives the model that plays it; HTTP 422 for an unknown name."""
    levels, loaded = _offered(served, most)
    for level in levels:
        if level.name == name:
            return level, loaded
    known = ", ".join(level.name for level in levels)
    raise HTTPException(
        422, f"level = {name!r} is refused: {served.game.name} has the levels {known}"
    )


def _offered(served: Served, most: int) -> tuple[list[Level], Callable[[], Loaded]]:
    resident = served.zoo()
    if resident is None:
        levels, loaded = list(LEVELS), served.current
    else:
        model, card = resident
        levels, loaded = card.levels, lambda: model
    return [level for level in levels if level.simulations <= most], loaded


def _shown(level: Level) -> LevelOut:
    limits = None if level.low is None or level.high is None else [level.low, level.high]
    return LevelOut(
        name=level.name,
        title=level.title,
        simulations=level.simulations,
        temperature=level.temperature,
        rating=level.rating,
        interval=limits,
    )
