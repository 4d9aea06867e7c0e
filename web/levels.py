"""The levels of a game: those of its zoo card, or the usual ones, unrated, of any other model."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import HTTPException

from storage.levels import LEVELS, Level
from web.loaded import Loaded
from web.schemas import LevelOut, LevelsOut
from web.served import ZOO, Served


def levels_of(served: Served, model: str | None, rated: bool, most: int) -> LevelsOut:
    """The levels that need at most `most` simulations, the weakest first, and their model.

    `model` plays them; None: the zoo's if they may be the `rated` ones, else the one in service.
    HTTP 404 for an unknown model.
    """
    levels, loaded = _offered(served, model, rated, most)
    shown = [_shown(level) for level in levels]
    return LevelsOut(game=served.game.name, model=loaded().model, levels=shown)


def level_of(
    served: Served, model: str | None, rated: bool, name: str, most: int
) -> tuple[Level, Callable[[], Loaded]]:
    """A level by name, and what gives the model that plays it; HTTP 422 for an unknown name."""
    levels, loaded = _offered(served, model, rated, most)
    for level in levels:
        if level.name == name:
            return level, loaded
    known = ", ".join(level.name for level in levels)
    raise HTTPException(
        422, f"level = {name!r} is refused: {served.game.name} has the levels {known}"
    )


def _offered(
    served: Served, model: str | None, rated: bool, most: int
) -> tuple[list[Level], Callable[[], Loaded]]:
    levels: list[Level] = list(LEVELS)

    def loaded() -> Loaded:
        return served.named(model)

    resident = served.zoo() if model == ZOO or (model is None and rated) else None
    if resident is not None:
        its_model, card = resident
        levels, loaded = card.levels, lambda: its_model
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
