"""The runs below a data folder: which there are, and which game each plays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from engine.errors import StorageError
from storage.layout import RunPaths
from storage.replay.database import game_in
from storage.stats import read_stats

NAME = re.compile(r"\w[\w.-]*")
"""What a run may be called: never a path that leads out of the data folder."""


@dataclass(frozen=True)
class Run:
    """A run on disk."""

    name: str
    game: str
    paths: RunPaths


def find_run(data_dir: Path, name: str) -> Run | None:
    """The run called `name`, None where there is none; raises StorageError for a damaged one.

    Its journal of games or its stats.json tells which game it plays.
    """
    paths = RunPaths(data_dir / name)
    if not NAME.fullmatch(name) or not paths.root.is_dir():
        return None
    game = game_in(paths.replay) or (read_stats(paths) or {}).get("game")
    if game is not None and not isinstance(game, str):
        raise StorageError(f"{paths.stats} is damaged: game is {game!r}; delete it to go on")
    return Run(name, game, paths) if game else None
