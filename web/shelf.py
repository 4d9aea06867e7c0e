"""What serves a game: the run that is named, or the server's own, or the one called as the game."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from fastapi import HTTPException

from engine.config import SearchSettings, Settings
from engine.game import Game
from engine.games import find
from storage.layout import RunPaths, zoo_folder
from storage.zoo import Zoo
from web.runs import Runs
from web.served import Served

RUNS = 8
"""Runs whose models are kept in memory, besides the ones that serve a game unless asked otherwise.
"""


class Shelf:
    """The models of every game and run, those in use in memory."""

    def __init__(self, settings: Settings, runs: Runs) -> None:
        self._settings = settings
        self._runs = runs
        self._lock = Lock()
        self._usual: dict[str, Served] = {}
        self._named: OrderedDict[str, Served] = OrderedDict()

    def of(self, game: str | None, run: str | None = None) -> Served:
        """What serves `game`; None = the run's. A run that is None is the usual one of the game.

        Raises UnknownGame with the known names; HTTP 404 for an unknown run, 422 for one that plays
        another game.
        """
        if run is None:
            return self._usually(find(game or self._settings.run.game))
        plays = self._runs.settings(run).run.game
        if game is not None and find(game).name != plays:
            raise HTTPException(422, f"run = {run!r} is refused: it plays {plays}, not {game}")
        usual = self._usually(find(plays))
        return usual if usual.run == run else self._of_run(find(plays), run)

    @property
    def run(self) -> Served:
        """What serves the game of the server's run."""
        return self.of(None)

    def _usually(self, game: Game) -> Served:
        with self._lock:
            if game.name not in self._usual:
                own = game.name == self._settings.run.game
                run = self._settings.run_name if own else game.name
                self._usual[game.name] = self._made(game, run)
            return self._usual[game.name]

    def _of_run(self, game: Game, run: str) -> Served:
        with self._lock:
            served = self._named.pop(run, None)
            if served is None or served.game is not game:
                served = self._made(game, run)
            self._named[run] = served
            while len(self._named) > RUNS:
                self._named.popitem(last=False)
            return served

    def _made(self, game: Game, run: str) -> Served:
        settings = self._settings
        search = settings.search
        if game.name != settings.run.game:
            # The settings in force carry the preset of the run's game; another game has its own.
            search = SearchSettings.model_validate(dict(game.preset.get("search", {})))
        paths, zoo = RunPaths(settings.storage.data_dir / run), Zoo(zoo_folder(settings))
        return Served(game, search, settings.web.max_simulations, run, paths, zoo)
