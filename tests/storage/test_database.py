from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from engine.errors import StorageError
from engine.game import Game
from engine.games import find
from storage.layout import RunPaths
from storage.replay.record import GameRecord, encode
from storage.replay.sqlite import SqliteReplay

Record = Callable[..., GameRecord]


def ids(games: list[tuple[int, GameRecord]]) -> list[int]:
    return [number for number, _ in games]


def test_many_open_a_new_file_at_once(paths: RunPaths, game: Game, record: Record) -> None:
    start = threading.Barrier(8)
    failures: list[BaseException] = []

    def play(seed: int) -> None:
        try:
            start.wait()
            with SqliteReplay(paths.replay, game) as replay:
                replay.append(record(seed))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=play, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with SqliteReplay(paths.replay, game) as replay:
        assert {found.model_step for _, found in replay.tail(0, 10)} == set(range(8))


def test_opening_waits_for_whoever_creates_the_file(paths: RunPaths, game: Game) -> None:
    other = apsw.Connection(str(paths.replay))
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.1, other.execute, ["COMMIT"])
    release.start()
    with SqliteReplay(paths.replay, game) as replay:
        assert replay.totals().games == 0
    release.join()
    other.close()


def filled(path: Path, game: Game, record: Record, games: int = 30) -> None:
    with SqliteReplay(path, game) as replay:
        for seed in range(games):
            replay.append(record(seed))


def test_a_file_that_is_no_database_stays_as_it_is(paths: RunPaths, game: Game) -> None:
    for junk in (b"x", b"not a database, " * 1000):
        paths.replay.write_bytes(junk)
        with pytest.raises(StorageError, match=r"damaged or no database: .* nothing was deleted"):
            SqliteReplay(paths.replay, game)
        assert paths.replay.read_bytes() == junk


@pytest.mark.parametrize("damage", ["truncated", "overwritten"])
def test_a_corrupt_database_stays_as_it_is(
    paths: RunPaths, game: Game, record: Record, damage: str
) -> None:
    filled(paths.replay, game, record)
    whole = paths.replay.read_bytes()
    if damage == "truncated":
        corrupt = whole[: len(whole) // 2]
    else:
        corrupt = whole[:4096] + b"\xa5" * (len(whole) - 4096)
    paths.replay.write_bytes(corrupt)
    with (
        pytest.raises(StorageError, match=r"damaged; move it .* nothing was deleted"),
        SqliteReplay(paths.replay, game) as replay,
    ):
        replay.tail(0, 100)
    assert paths.replay.read_bytes() == corrupt


def test_a_damaged_game_is_named(paths: RunPaths, game: Game, record: Record) -> None:
    filled(paths.replay, game, record, games=3)
    whole = paths.replay.read_bytes()
    paths.replay.write_bytes(whole.replace(encode(record(1))[60:], encode(record(1))[60:][::-1]))
    with SqliteReplay(paths.replay, game) as replay:
        assert ids(replay.tail(0, 1)) == [1]
        with pytest.raises(StorageError, match=r"game 2 of .*replay\.db.*checksum"):
            replay.tail(1, 1)
        assert ids(replay.tail(2, 1)) == [3]


def test_a_journal_without_its_database_is_kept(
    paths: RunPaths, game: Game, record: Record
) -> None:
    journal = paths.replay.with_name("replay.db-wal")
    with SqliteReplay(paths.replay, game) as replay:
        replay.append(record(0))
        games = journal.read_bytes()
    assert games
    for database in (None, b""):
        paths.replay.unlink(missing_ok=True)
        if database is not None:
            paths.replay.write_bytes(database)
        journal.write_bytes(games)
        with pytest.raises(StorageError, match=r"missing or empty, but its journal replay\.db-wal"):
            SqliteReplay(paths.replay, game)
        assert journal.read_bytes() == games


def test_another_programs_database_is_refused(paths: RunPaths, game: Game) -> None:
    other = apsw.Connection(str(paths.replay))
    other.execute("CREATE TABLE addresses (name TEXT)")
    other.close()
    whole = paths.replay.read_bytes()
    with pytest.raises(StorageError, match="another program"):
        SqliteReplay(paths.replay, game)
    assert paths.replay.read_bytes() == whole


def test_another_games_database_is_refused(paths: RunPaths, game: Game, record: Record) -> None:
    filled(paths.replay, game, record)
    with pytest.raises(StorageError, match="holds games of 'tictactoe', not of 'connect4'"):
        SqliteReplay(paths.replay, find("connect4"))
    later = dataclasses.replace(game, version=game.version + 1)
    with pytest.raises(StorageError, match=f"version {game.version} .* version {later.version}"):
        SqliteReplay(paths.replay, later)
    with SqliteReplay(paths.replay, game) as replay:
        assert replay.totals().games == 30


def test_a_newer_schema_is_refused(paths: RunPaths, game: Game, record: Record) -> None:
    filled(paths.replay, game, record)
    newer = apsw.Connection(str(paths.replay))
    newer.execute("PRAGMA user_version = 7")
    newer.close()
    with pytest.raises(StorageError, match="schema version 7, this program reads 1"):
        SqliteReplay(paths.replay, game)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path, game: Game) -> None:
    (tmp_path / "run").write_bytes(b"")
    with pytest.raises(StorageError, match="a part of that path is a file"):
        SqliteReplay(tmp_path / "run" / "replay.db", game)


def test_a_missing_folder_is_named(tmp_path: Path, game: Game) -> None:
    with pytest.raises(StorageError, match=r"none.replay\.db: .* check that its folder exists"):
        SqliteReplay(tmp_path / "none" / "replay.db", game)


def test_a_file_that_may_only_be_read_is_refused(
    paths: RunPaths, game: Game, record: Record
) -> None:
    filled(paths.replay, game, record)
    paths.replay.chmod(0o444)
    if os.access(paths.replay, os.W_OK):
        pytest.skip("permissions do not bind root")
    with pytest.raises(StorageError, match="writable"):
        SqliteReplay(paths.replay, game)
