"""What the actors are playing at this moment, for people who watch: live/<process>.json.

Nothing depends on these files. They are replaced about once a second, without waiting for the disk:
what a power cut takes away of a glance nobody misses.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

from engine.errors import StorageError
from storage.atomic import read_whole, remove, write_json
from storage.layout import RunPaths

LOG = logging.getLogger(__name__)


class LiveGame(BaseModel):
    """A game as it is, and how far the search of its last position is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    moves: tuple[int, ...]
    """From the start position, a random opening included."""
    simulations: int
    """That the search has done so far; 0 where the position was not looked at yet."""
    budget: int
    """Simulations that it will do."""
    visits: dict[int, int]
    """Of each action so far."""
    value: FiniteFloat | None
    """The search's mean so far for the mover, in [-1, 1]; None where there is none."""


@dataclass(frozen=True)
class Playing:
    """The games of one actor as they were `age_seconds` ago."""

    actor: str
    model_step: int
    """-1 = uniform."""
    age_seconds: float
    games: tuple[LiveGame, ...]


class _Glance(BaseModel):
    model_config = ConfigDict(extra="forbid")

    actor: str
    model_step: int
    at: FiniteFloat
    games: tuple[LiveGame, ...]


class Showcase:
    """Where the actor called `name` lays out its games; a disk that is full costs no game."""

    def __init__(self, paths: RunPaths, name: str) -> None:
        self._path = paths.live(name)
        self._name = name
        self._failed = False

    def show(self, games: Sequence[LiveGame], model_step: int) -> None:
        """Replace what is shown; the first of several failures in a row is logged."""
        # All processes of a machine share this clock, and nobody can set it.
        glance = _Glance(
            actor=self._name, model_step=model_step, at=time.monotonic(), games=tuple(games)
        )
        try:
            write_json(self._path, glance.model_dump(mode="json"), durable=False)
        except StorageError as error:
            if not self._failed:
                LOG.warning("nobody can watch these games, they go on: %s", error)
            self._failed = True
        else:
            self._failed = False

    def clear(self) -> None:
        """The games in progress are over with the process; raises StorageError."""
        remove(self._path)


def playing(paths: RunPaths) -> list[Playing]:
    """What every actor of the run showed last, by name; raises StorageError for a damaged file."""
    read = (_read(path) for path in sorted(paths.lives.glob("*.json")))
    return [glance for glance in read if glance is not None]


def _read(path: Path) -> Playing | None:
    data = read_whole(path)
    if not data:
        return None  # the actor has ended since the folder was listed, or a power cut ended it
    try:
        glance = _Glance.model_validate_json(data)
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"]))
        raise StorageError(f"{path} is damaged: {where}: {wrong['msg']}; delete it") from None
    # Below 0: the machine was started anew since, and nobody plays these games any more.
    age = time.monotonic() - glance.at
    if age < 0:
        return None
    return Playing(glance.actor, glance.model_step, age, glance.games)
