"""The runs below the data folder, by name; the server's own is one of them, begun or not."""

from __future__ import annotations

import logging
from pathlib import Path

from fastapi import HTTPException

from engine.config import Settings
from engine.errors import ModelError, StorageError
from engine.evaluator.onnx import read_card
from engine.games import all_games
from storage.layout import RunPaths
from storage.models.filesystem import FilesystemModels
from storage.replay.database import game_in
from storage.stats import read_stats
from web.schemas import RunOut
from web.training import state_of

log = logging.getLogger(__name__)


class Runs:
    """Looks into the folder whenever it is asked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.storage.data_dir

    def names(self) -> list[str]:
        """Every run, the server's own first; raises StorageError."""
        own = self._settings.run_name
        try:
            folders = sorted(path.name for path in self._folder.iterdir() if _is_run(path))
        except FileNotFoundError:
            folders = []
        except OSError as error:
            raise StorageError(
                f"cannot list {self._folder}: {error.strerror}; see storage.data_dir"
            ) from None
        return [own, *(name for name in folders if name != own)]

    def paths(self, run: str) -> RunPaths:
        """The files of a run; HTTP 404 naming the runs there are, so no other folder is read."""
        names = self.names()
        if run not in names:
            raise HTTPException(404, f"run = {run!r} is refused: the runs are {', '.join(names)}")
        return RunPaths(self._folder / run)

    def game(self, run: str) -> str | None:
        """What a run plays, by its stats, games or model; None while none tells. HTTP 404."""
        if run == self._settings.run_name:
            return self._settings.run.game
        paths = self.paths(run)
        for told in (_by_stats, _by_journal, _by_model):
            try:
                game = told(paths)
            except (ModelError, StorageError) as error:
                log.warning("run %s: %s", run, error)
                continue
            if game in all_games():
                return game
        return run if run in all_games() else None

    def settings(self, run: str | None) -> Settings:
        """The server's settings as if they were about `run`, None being its own.

        HTTP 404 where there is no such run, or while its game is unknown.
        """
        if run is None or run == self._settings.run_name:
            return self._settings
        game = self.game(run)
        if game is None:
            raise HTTPException(
                404,
                f"run = {run!r} is refused: it has neither stats nor games nor a model"
                " of a known game",
            )
        own = self._settings.run.model_copy(update={"game": game, "name": run})
        return self._settings.model_copy(update={"run": own})

    def listing(self) -> list[RunOut]:
        """Every run with what its stats tell."""
        return [self._told(name) for name in self.names()]

    def _told(self, run: str) -> RunOut:
        paths = RunPaths(self._folder / run)
        trouble = ""
        try:
            stats = read_stats(paths) or {}
            models = len(FilesystemModels(paths).steps()) if paths.models.is_dir() else 0
            training = state_of(paths)
        except StorageError as error:
            stats, models, training, trouble = {}, 0, "stopped", str(error)
        return RunOut(
            run=run,
            game=self.game(run),
            steps=_count(stats.get("step")),
            games=_count(stats.get("games")),
            positions=_count(stats.get("positions")),
            updated_at=_moment(stats.get("updated_at")),
            training=training,
            models=models,
            trouble=trouble or None,
        )


def _is_run(folder: Path) -> bool:
    paths = RunPaths(folder)
    marks = (paths.stats, paths.models, paths.replay, paths.heartbeats)
    return not folder.name.startswith(".") and any(mark.exists() for mark in marks)


def _by_stats(paths: RunPaths) -> str | None:
    game = (read_stats(paths) or {}).get("game")
    return game if isinstance(game, str) else None


def _by_journal(paths: RunPaths) -> str | None:
    return game_in(paths.replay)


def _by_model(paths: RunPaths) -> str | None:
    data = FilesystemModels(paths).latest()
    return None if data is None else read_card(data).game


def _count(found: object) -> int:
    return found if isinstance(found, int) and found >= 0 else 0


def _moment(found: object) -> float | None:
    return float(found) if isinstance(found, int | float) else None
