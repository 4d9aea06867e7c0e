"""The journal in one SQLite file, written and read by any number of processes of one machine.

apsw carries its own SQLite: versions before 3.51.3, such as those of many Pythons, can corrupt a
file in WAL mode that two processes write at once, so every process must come through here.
"""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from engine.errors import StorageError
from engine.game import Game
from storage.replay import Origin, Replay, Totals
from storage.replay.database import ANEW, explained, one_row, open_database, transaction
from storage.replay.record import GameRecord, decode, encode


class SqliteReplay(Replay):
    """The games of one run in the SQLite file at `path`, which is created if need be.

    An instance belongs to the thread and the process that opened it. Opening raises StorageError
    for a damaged file, a file of another game, rules version or schema, and an unwritable folder;
    it never deletes or overwrites such a file.
    """

    def __init__(self, path: Path, game: Game) -> None:
        self._path = path
        self._game = game
        self._db = open_database(path, game)

    def append(self, record: GameRecord) -> int:
        """Store one game in one transaction; returns its id. Raises StorageError."""
        self._refuse_stranger(record)
        data = encode(record)
        positions = len(record.plies)
        row = (time.time(), record.model_step, len(record.moves), positions, record.result, data)
        with explained(self._path), transaction(self._db):
            self._db.execute(
                "INSERT INTO games (created_at, model_step, plies, positions, result, data)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
            number = self._db.last_insert_rowid()
            self._db.execute(
                "UPDATE run SET games = games + 1, positions = positions + ?, last_id = ?",
                (positions, number),
            )
        return number

    def tail(self, after_id: int, limit: int) -> list[tuple[int, GameRecord]]:
        """The first `limit` games with an id above `after_id`, oldest first."""
        rows = "SELECT id, data FROM games WHERE id > ? ORDER BY id LIMIT ?"
        return self._records(rows, after_id, limit)

    def newest(self, limit: int) -> list[tuple[int, GameRecord]]:
        """The last `limit` games, newest first."""
        return self._records("SELECT id, data FROM games ORDER BY id DESC LIMIT ?", limit)

    def origin(self, identity: int) -> Origin | None:
        """Where the game with this id comes from; None if it is not there (any more)."""
        query = "SELECT created_at, model_step FROM games WHERE id = ?"
        with explained(self._path):
            row = self._db.execute(query, (identity,)).fetchone()
        return Origin(*row) if row else None

    def prune(self, keep_positions: int) -> int:
        """Remove the oldest games while `keep_positions` positions remain; returns how many."""
        with explained(self._path), transaction(self._db):
            newest, games, positions = self._prunable(keep_positions)
            if games:
                self._db.execute("DELETE FROM games WHERE id <= ?", (newest,))
                self._db.execute(
                    "UPDATE run SET pruned_games = pruned_games + ?,"
                    " pruned_positions = pruned_positions + ?",
                    (games, positions),
                )
        return games

    def totals(self) -> Totals:
        """What was ever appended; pruning does not lower it."""
        with explained(self._path):
            return Totals(*one_row(self._db, "SELECT games, positions, last_id FROM run"))

    def stored(self) -> Totals:
        """What is in the file now."""
        kept = "SELECT games - pruned_games, positions - pruned_positions, last_id FROM run"
        with explained(self._path):
            return Totals(*one_row(self._db, kept))

    def close(self) -> None:
        """Let go of the file; calling it twice is allowed."""
        with explained(self._path):
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _refuse_stranger(self, record: GameRecord) -> None:
        game = self._game
        words, actions = record.states.shape[1:], record.policies.shape[1:]
        given = (record.game, record.rules_version, words, actions)
        expected = (game.name, game.version, (game.words,), (game.actions,))
        if given != expected:
            raise StorageError(
                f"a game cannot be stored in {self._path}: name, rules version, words and actions"
                f" are {given}, expected {expected}"
            )

    def _prunable(self, keep_positions: int) -> tuple[int, int, int]:
        """The newest id that may go, and how many games and positions go with it."""
        left = self.stored().positions
        newest = games = gone = 0
        with closing(self._db.cursor()) as oldest_first:
            for number, positions in oldest_first.execute(
                "SELECT id, positions FROM games ORDER BY id"
            ):
                if left - gone - positions < keep_positions:
                    break
                newest, games, gone = number, games + 1, gone + positions
        return newest, games, gone

    def _records(self, query: str, *values: int) -> list[tuple[int, GameRecord]]:
        with explained(self._path):
            rows: list[Any] = self._db.execute(query, values).fetchall()
        return [(number, self._decoded(number, data)) for number, data in rows]

    def _decoded(self, number: int, data: bytes) -> GameRecord:
        try:
            return decode(data)
        except StorageError as error:
            raise StorageError(f"game {number} of {self._path}: {error}; {ANEW}") from None
