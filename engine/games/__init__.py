"""One game = one file in this folder, found by looking into it: no list, no branch on a name.

A file offers its games as `GAMES`, a tuple of `engine.game.Game` (usually one).
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from engine.errors import UnknownGame
from engine.game import Game


@cache
def all_games() -> dict[str, Game]:
    """Every game in the folder by name, sorted."""
    found: dict[str, Game] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for game in module.GAMES:
            if game.name in found:
                raise ValueError(f"two files in engine/games define the game {game.name!r}")
            found[game.name] = game
    return dict(sorted(found.items()))


def find(name: str) -> Game:
    """The game called `name`; raises UnknownGame with the known names."""
    games = all_games()
    if name not in games:
        raise UnknownGame(f"there is no game {name!r}, known are: {', '.join(games)}")
    return games[name]
