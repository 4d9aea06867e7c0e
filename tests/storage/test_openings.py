"""How games began: read beside their writer, from any format, and never written to."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Callable, Iterator

import apsw
import numpy as np
import pytest

from engine.errors import StorageError
from engine.game import Game
from engine.games import find
from storage.layout import RunPaths
from storage.replay.openings import Openings, Span
from storage.replay.record import GameRecord, encode, opening_of
from storage.replay.sqlite import SqliteReplay

Record = Callable[..., GameRecord]


@pytest.fixture
def replay(paths: RunPaths, game: Game) -> Iterator[SqliteReplay]:
    with SqliteReplay(paths.replay, game) as opened:
        yield opened


@pytest.mark.parametrize("plies", [0, 1, 4, 7, 100])
def test_an_opening_is_the_head_of_the_game(record: Record, plies: int) -> None:
    game = record(3, samples=40)
    found = opening_of(encode(game), plies)
    assert found.dtype == np.int16
    np.testing.assert_array_equal(found, game.moves[:plies])


def test_a_damaged_game_is_refused(record: Record) -> None:
    data = bytearray(encode(record(3)))
    data[-9] ^= 1
    with pytest.raises(StorageError, match="checksum"):
        opening_of(bytes(data), 4)


def test_games_are_read_on_while_they_are_written_and_pruned(
    paths: RunPaths, game: Game, replay: SqliteReplay, record: Record
) -> None:
    with Openings(paths.replay, game, 4) as openings:
        assert openings.span() == Span(0, 0, 0, 0) and openings.tail(0, 9) == []
        for seed in range(5):
            replay.append(dataclasses.replace(record(seed), model_step=seed - 1))
        assert openings.span() == Span(1, 5, 5, 0)
        first = openings.tail(0, 3)
        assert [one.identity for one in first] == [1, 2, 3]
        assert [one.step for one in first] == [-1, 0, 1]
        assert [one.plies for one in first] == [7, 7, 7]
        assert [one.result for one in first] == [record(seed).result for seed in range(3)]
        assert first[2].moves.tolist() == record(2).moves[:4].tolist()
        assert [one.identity for one in openings.tail(3, 9)] == [4, 5]
        assert replay.prune(9) == 3
        assert openings.span() == Span(4, 5, 2, 3)
        assert [one.identity for one in openings.tail(0, 9)] == [4, 5]


def test_a_reader_changes_nothing_and_keeps_nobody_waiting(
    paths: RunPaths, game: Game, replay: SqliteReplay, record: Record
) -> None:
    replay.append(record(1))
    with Openings(paths.replay, game, 4) as openings:
        database = openings._db
        assert database is not None
        with pytest.raises(apsw.ReadOnlyError):
            database.execute("DELETE FROM games")
        database.execute("BEGIN")
        openings.span()  # a snapshot is held
        replay.append(record(2))  # and the writer is not kept
        assert openings.span().games == 1
        database.execute("COMMIT")
        assert openings.span().games == 2


def test_games_of_another_game_are_refused(
    paths: RunPaths, replay: SqliteReplay, record: Record
) -> None:
    replay.append(record(1))
    with pytest.raises(StorageError, match="holds games of 'tictactoe', not of 'connect4'"):
        Openings(paths.replay, find("connect4"), 4)
    paths.replay.with_name("other.db").write_bytes(b"no database at all")
    with pytest.raises(StorageError, match="damaged or no database"):
        Openings(paths.replay.with_name("other.db"), find("tictactoe"), 4)


def test_without_a_journal_there_is_nothing_and_none_is_made(paths: RunPaths, game: Game) -> None:
    with Openings(paths.replay, game, 4) as openings:
        assert openings.span() == Span(0, 0, 0, 0)
        assert openings.tail(0, 9) == [] and openings.written(1) is None
    assert not paths.replay.exists()


def test_a_writer_in_another_process_is_followed(
    paths: RunPaths, game: Game, spawn: Callable[..., subprocess.Popen[str]], record: Record
) -> None:
    with SqliteReplay(paths.replay, game) as replay:
        replay.append(record(1))
    writer = spawn("append", paths.root, 0, 50)
    with Openings(paths.replay, game, 4) as openings:
        seen, last = 0, 0
        while seen < 51:
            rows = openings.tail(last, 7)
            assert [one.identity for one in rows] == list(range(last + 1, last + 1 + len(rows)))
            seen, last = seen + len(rows), rows[-1].identity if rows else last
            assert rows or writer.poll() in (None, 0)
