"""Opening replay.db: a new file gets its tables, a file that is not ours is refused untouched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import apsw

from engine.errors import StorageError
from engine.game import Game
from storage.atomic import explain

ANEW = "move it and its -wal file away to start anew; nothing was deleted"
"""The remedy for a damaged file."""

_APPLICATION = int.from_bytes(b"C2RP", "big")
_SCHEMA = 1
_MAGIC = b"SQLite format 3\0"
_BUSY_SECONDS = 30.0
_TABLES = """
CREATE TABLE run (
    only_row         INTEGER PRIMARY KEY CHECK (only_row = 1),
    game             TEXT NOT NULL,
    rules_version    INTEGER NOT NULL,
    games            INTEGER NOT NULL,  -- ever appended
    positions        INTEGER NOT NULL,  -- ever appended
    last_id          INTEGER NOT NULL,
    pruned_games     INTEGER NOT NULL,  -- of those ever appended
    pruned_positions INTEGER NOT NULL
) STRICT;
CREATE TABLE games (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at REAL NOT NULL,     -- seconds since the epoch
    model_step INTEGER NOT NULL,  -- -1 = uniform
    plies      INTEGER NOT NULL,
    positions  INTEGER NOT NULL,  -- samples
    result     INTEGER NOT NULL,  -- margin for player 0
    data       BLOB NOT NULL      -- storage/replay/record.py
) STRICT;
"""
_REMEDIES: list[tuple[type[apsw.Error], str]] = [
    (apsw.CorruptError, f"it is damaged; {ANEW}"),
    (apsw.NotADBError, f"it is damaged; {ANEW}"),
    (apsw.BusyError, f"another process has kept it locked for {_BUSY_SECONDS:.0f} s; end it"),
    (apsw.FullError, "free some space on that disk; nothing was lost but this write"),
    (apsw.ReadOnlyError, "make the file and its folder writable, or choose another --data-dir"),
    (apsw.CantOpenError, "check that its folder exists and is writable"),
    (apsw.Error, "check the disk and the --data-dir"),
]


def open_database(path: Path, game: Game) -> apsw.Connection:
    """A connection to the games of `game` in `path`, which is created if need be.

    Raises StorageError, and leaves the file as it is, when it is damaged, cannot be written, or
    belongs to another game, rules version, schema or program.
    """
    _refuse_strange_file(path)
    with explained(path):
        database = apsw.Connection(str(path))
        try:
            _prepare(database, path, game)
        except BaseException:
            database.close()
            raise
    return database


def open_to_read(path: Path, game: Game) -> apsw.Connection | None:
    """A connection that cannot write; None where there is no file or no game was ever stored.

    Raises StorageError as `open_database` does.
    """
    _refuse_strange_file(path)
    if not _head(path):
        return None
    with explained(path):
        database = _read_only(path)
        try:
            if _is_new(database):
                database.close()
                return None
            _refuse_other_file(database, path, game)
        except BaseException:
            database.close()
            raise
    return database


def game_in(path: Path) -> str | None:
    """The name of the game whose games are in the file, None where there is no file yet.

    Raises StorageError for a file that is damaged or of another program.
    """
    _refuse_strange_file(path)
    if not _head(path):
        return None
    with explained(path), closing(_read_only(path)) as database:
        if _is_new(database):
            return None
        _refuse_other_program(database, path)
        return str(one_row(database, "SELECT game FROM run")[0])


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors inside the block into StorageErrors with a remedy."""
    try:
        yield
    except apsw.Error as error:
        remedy = next(text for kind, text in _REMEDIES if isinstance(error, kind))
        raise StorageError(f"cannot use {path}: {error}; {remedy}") from error


@contextmanager
def transaction(database: apsw.Connection, mode: str = "IMMEDIATE") -> Iterator[None]:
    """All of the block or nothing of it; IMMEDIATE waits until no other process writes."""
    database.execute(f"BEGIN {mode}")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        # On a full disk SQLite has rolled back by itself, and would complain to do it again.
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def one_row(database: apsw.Connection, query: str) -> tuple[Any, ...]:
    """The first row that `query` finds; raises apsw.CorruptError if there is none."""
    row = database.execute(query).fetchone()
    if row is None:
        raise apsw.CorruptError(f"{query!r} finds nothing")
    return tuple(row)


def _refuse_strange_file(path: Path) -> None:
    # Two things that SQLite would overwrite without a word: a file too short for it to look at,
    # and the journal of an empty or missing database, with the games in it. The journal is looked
    # at first, because a database that another process creates just now gets it last.
    journal = path.with_name(path.name + "-wal")
    try:
        left_alone = _head(journal) and not _head(path)
        head = _head(path)
    except OSError as error:
        raise explain(f"cannot read {path}", error) from None
    if left_alone:
        raise StorageError(
            f"{path} is missing or empty, but its journal {journal.name} is not: put the database"
            f" back, or move the journal away to start anew; nothing was deleted"
        )
    if head not in (b"", _MAGIC):
        raise StorageError(f"{path} is damaged or no database: it begins with {head!r}; {ANEW}")


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC))
    except FileNotFoundError:
        return b""


def _prepare(database: apsw.Connection, path: Path, game: Game) -> None:
    database.set_busy_timeout(int(_BUSY_SECONDS * 1000))
    with transaction(database, "DEFERRED"):  # another process's creation is seen whole or not
        is_new = _is_new(database)
    if is_new:
        _create(database, path, game)
    _refuse_other_file(database, path, game)
    if database.readonly("main"):
        raise apsw.ReadOnlyError("it can only be read")
    _enter_wal(database, path)
    # NORMAL: a killed process loses nothing, a power cut at most the last games.
    database.execute("PRAGMA synchronous = NORMAL")


def _read_only(path: Path) -> apsw.Connection:
    database = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    database.set_busy_timeout(int(_BUSY_SECONDS * 1000))
    return database


def _is_new(database: apsw.Connection) -> bool:
    tables = one_row(database, "SELECT count(*) FROM sqlite_schema")
    return (*tables, *_marks(database)) == (0, 0, 0)


def _create(database: apsw.Connection, path: Path, game: Game) -> None:
    _enter_wal(database, path)
    with transaction(database):
        if not _is_new(database):
            return  # another process was faster
        database.execute(_TABLES)
        database.execute(
            "INSERT INTO run VALUES (1, ?, ?, 0, 0, 0, 0, 0)", (game.name, game.version)
        )
        database.execute(f"PRAGMA application_id = {_APPLICATION}")
        database.execute(f"PRAGMA user_version = {_SCHEMA}")


def _enter_wal(database: apsw.Connection, path: Path) -> None:
    # SQLite does not wait by itself when two processes change the mode at once.
    deadline = time.monotonic() + _BUSY_SECONDS
    mode = None
    while mode is None:
        try:
            (mode,) = one_row(database, "PRAGMA journal_mode = WAL")
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    if mode != "wal":
        raise StorageError(
            f"{path} is on a disk without shared memory (journal mode {mode}, WAL is needed):"
            f" choose a --data-dir on a local disk"
        )


def _refuse_other_program(database: apsw.Connection, path: Path) -> None:
    application, schema = _marks(database)
    if application != _APPLICATION:
        raise StorageError(
            f"{path} is a database of another program (application id {application:#x},"
            f" not {_APPLICATION:#x}); {ANEW}"
        )
    if schema != _SCHEMA:
        raise StorageError(
            f"{path} has schema version {schema}, this program reads {_SCHEMA}: use the program"
            f" that wrote it, or {ANEW}"
        )


def _refuse_other_file(database: apsw.Connection, path: Path, game: Game) -> None:
    _refuse_other_program(database, path)
    name, version = one_row(database, "SELECT game, rules_version FROM run")
    if name != game.name:
        raise StorageError(
            f"{path} holds games of {name!r}, not of {game.name!r}:"
            f" choose another --run-name or --game"
        )
    if version != game.version:
        raise StorageError(
            f"{path} holds games by rules version {version} of {name!r}, this program plays"
            f" version {game.version}: choose another --run-name"
        )


def _marks(database: apsw.Connection) -> tuple[int, int]:
    (application,) = one_row(database, "PRAGMA application_id")
    (schema,) = one_row(database, "PRAGMA user_version")
    return application, schema
