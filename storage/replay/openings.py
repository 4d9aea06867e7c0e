"""How the games of a journal began: read beside the actors that write it, and changing nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from engine.errors import StorageError
from engine.game import Game
from storage.replay.database import ANEW, explained, one_row, open_to_read
from storage.replay.record import opening_of


class Opening(NamedTuple):
    """The first moves of a game: `int16[<= plies]`; `plies` is how long the whole game was.

    `at` is when it was stored, in seconds since the epoch; `step` that of
    the model that played, -1 = uniform; `result` the margin for player 0.
    """

    identity: int
    at: float
    step: int
    result: int
    plies: int
    moves: NDArray[np.int16]


class Span(NamedTuple):
    """Which games are there: ids from `first` to `last` (0, 0: none), `games` of them.

    `pruned` were there and are no more.
    """

    first: int
    last: int
    games: int
    pruned: int


class Openings:
    """The games in the journal at `path`, if there is one; belongs to the thread that opened it.

    Every call may raise StorageError.
    """

    def __init__(self, path: Path, game: Game, plies: int) -> None:
        self._path = path
        self._plies = plies
        self._db = open_to_read(path, game)

    def span(self) -> Span:
        """What is stored now."""
        if self._db is None:
            return Span(0, 0, 0, 0)
        with explained(self._path):
            first, last = one_row(self._db, "SELECT min(id), max(id) FROM games")
            games, pruned = one_row(self._db, "SELECT games, pruned_games FROM run")
        return Span(first or 0, last or 0, games - pruned, pruned)

    def written(self, identity: int) -> float | None:
        """When the game with this id was stored, to tell two journals apart; None: not there."""
        rows = self._rows("SELECT created_at FROM games WHERE id = ?", identity)
        return rows[0][0] if rows else None

    def tail(self, after_id: int, limit: int) -> list[Opening]:
        """The first `limit` games with an id above `after_id`, oldest first."""
        query = (
            "SELECT id, created_at, model_step, result, plies, data FROM games"
            " WHERE id > ? ORDER BY id LIMIT ?"
        )
        return [
            Opening(identity, at, step, result, plies, self._moves(identity, data))
            for identity, at, step, result, plies, data in self._rows(query, after_id, limit)
        ]

    def close(self) -> None:
        """Let go of the file; calling it twice is allowed."""
        if self._db is not None:
            with explained(self._path):
                self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _rows(self, query: str, *values: int) -> list[Any]:
        if self._db is None:
            return []
        with explained(self._path):
            return self._db.execute(query, values).fetchall()

    def _moves(self, identity: int, data: bytes) -> NDArray[np.int16]:
        try:
            return opening_of(data, self._plies)
        except StorageError as error:
            raise StorageError(f"game {identity} of {self._path}: {error}; {ANEW}") from None
