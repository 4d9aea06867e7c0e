"""Which run is asked about: by name, or the server's own one of the game."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fastapi import HTTPException

from engine.config import SearchSettings, Settings
from engine.errors import StorageError, UnknownRun
from engine.game import Game
from engine.games import find
from storage.layout import RunPaths, run_paths
from storage.stats import read_stats

NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Chosen:
    """A run: its name, its game, its files, and how its game is searched."""

    name: str
    game: Game
    paths: RunPaths
    search: SearchSettings


def chosen(settings: Settings, run: str | None, game: str | None = None) -> Chosen:
    """The run called `run`, or for None the run that serves `game` (None = the server's own).

    Raises UnknownGame, UnknownRun, and HTTP 422 for a run of another game than `game`.
    """
    own = settings.run_name
    if run is None and game is not None and find(game).name != settings.run.game:
        other = settings.run.model_copy(update={"game": find(game).name, "name": ""})
        run = settings.model_copy(update={"run": other}).run_name
        return _of(settings, run, find(game))
    if run in (None, own):
        return _of(settings, own, _agreed(own, settings.run.game, game))
    assert run is not None
    paths = RunPaths(settings.storage.data_dir / run) if NAME.fullmatch(run) else None
    if paths is None or not paths.root.is_dir():
        raise UnknownRun(f"there is no run {run[:80]!r} in {settings.storage.data_dir}")
    return _of(settings, run, _agreed(run, _game_of(run, paths), game))


def _of(settings: Settings, run: str, game: Game) -> Chosen:
    search = settings.search
    if game.name != settings.run.game:  # the settings in force carry the preset of the run's game
        search = SearchSettings.model_validate(dict(game.preset.get("search", {})))
    paths = run_paths(settings)
    if run != settings.run_name:
        paths = RunPaths(settings.storage.data_dir / run)
    return Chosen(run, game, paths, search)


def _agreed(run: str, trained: str, game: str | None) -> Game:
    if game is not None and find(game).name != trained:
        raise HTTPException(422, f"the run {run!r} plays {trained}, not {game}; name another run")
    return find(trained)


def _game_of(run: str, paths: RunPaths) -> str:
    try:
        game = (read_stats(paths) or {}).get("game")
    except StorageError as error:
        raise UnknownRun(f"nobody knows which game {run!r} plays: {error}") from None
    if not isinstance(game, str):
        raise UnknownRun(f"nobody knows which game {run!r} plays: it has no stats.json yet")
    return game
