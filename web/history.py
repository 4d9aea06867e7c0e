"""Which run is asked about: by name, or the usual one of the game; see `Shelf.of`."""

from __future__ import annotations

from dataclasses import dataclass

from engine.config import SearchSettings
from engine.game import Game
from storage.layout import RunPaths
from web.shelf import Shelf


@dataclass(frozen=True)
class Chosen:
    """A run: its name, its game, its files, and how its game is searched."""

    name: str
    game: Game
    paths: RunPaths
    search: SearchSettings


def chosen(shelf: Shelf, run: str | None, game: str | None = None) -> Chosen:
    """The run called `run`, or for None the run that serves `game` (None = the server's own).

    Raises UnknownGame; HTTP 404 for an unknown run, 422 for one of another game than `game`.
    """
    served = shelf.of(game, run)
    return Chosen(served.run, served.game, served.paths, served.search)
