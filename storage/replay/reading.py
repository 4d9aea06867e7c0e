"""Looking at a run's finished games without a hand on them: read-only, by id, for one question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from engine.errors import StorageError
from engine.game import Game
from storage.replay.database import explained, open_to_read
from storage.replay.record import GameRecord, decode

_HEADLINE = "id, created_at, model_step, plies, positions, result"


@dataclass(frozen=True)
class Headline:
    """What is known of a game without decoding it."""

    identity: int
    created_at: float
    """Seconds since the epoch."""
    model_step: int
    """-1 = uniform."""
    plies: int
    positions: int
    result: int
    """Final margin for player 0."""


class Reader:
    """The games in a database, none where nobody has stored one; every call may raise StorageError.

    A game that is asked for may be pruned at any moment: it is there as a whole, or not.
    """

    def __init__(self, path: Path, database: apsw.Connection | None) -> None:
        self._path = path
        self._database = database

    def headlines(self, limit: int, before: int | None = None) -> list[Headline]:
        """The last `limit` games, newest first; those with a lower id than `before`."""
        condition = "" if before is None else "WHERE id < ?"
        values = (limit,) if before is None else (before, limit)
        query = f"SELECT {_HEADLINE} FROM games {condition} ORDER BY id DESC LIMIT ?"
        return [Headline(*row) for row in self._rows(query, *values)]

    def game(self, identity: int) -> tuple[Headline, GameRecord] | None:
        """The game with this id, None if it is not there (any more)."""
        rows = self._rows(f"SELECT {_HEADLINE}, data FROM games WHERE id = ?", identity)
        if not rows:
            return None
        *facts, data = rows[0]
        try:
            return Headline(*facts), decode(data)
        except StorageError as error:
            raise StorageError(f"game {identity} of {self._path}: {error}") from None

    def _rows(self, query: str, *values: int) -> list[Any]:
        if self._database is None:
            return []
        with explained(self._path):
            return self._database.execute(query, values).fetchall()


@contextmanager
def reading(path: Path, game: Game) -> Iterator[Reader]:
    """The games of `game` in the file at `path`, which need not exist.

    Raises StorageError for a file that is damaged or of another game, rules version or program.
    """
    database = open_to_read(path, game)
    try:
        yield Reader(path, database)
    finally:
        if database is not None:
            database.close()
