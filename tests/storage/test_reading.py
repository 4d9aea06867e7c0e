"""Games are looked at without a hand on them, while others write and when nobody has yet."""

from __future__ import annotations

from collections.abc import Callable

import apsw
import pytest

from engine.errors import StorageError
from engine.game import Game
from engine.games import find
from storage.layout import RunPaths
from storage.replay.database import game_in
from storage.replay.reading import reading
from storage.replay.record import GameRecord
from storage.replay.sqlite import SqliteReplay


def test_newest_first_page_by_page(
    paths: RunPaths, record: Callable[..., GameRecord], game: Game
) -> None:
    with SqliteReplay(paths.replay, game) as replay, reading(paths.replay, game) as games:
        ids = [replay.append(record(seed)) for seed in range(5)]
        heads = games.headlines(2)
        assert [head.identity for head in heads] == ids[:2:-1]
        assert (heads[0].model_step, heads[0].plies, heads[0].positions) == (4, 7, 5)
        assert heads[0].result == record(4).result
        assert [head.identity for head in games.headlines(9, before=ids[1])] == ids[:1]
        ids.append(replay.append(record(5)))  # seen at once, by the same reader
        found = games.game(ids[-1])
        assert found and found[0] == games.headlines(1)[0]
        assert found[1].moves.tolist() == record(5).moves.tolist()
        assert games.game(ids[-1] + 1) is None


def test_no_file_or_none_with_games_yet(paths: RunPaths, game: Game) -> None:
    with reading(paths.replay, game) as games:
        assert games.headlines(5) == [] and games.game(1) is None
    assert not paths.replay.exists() and game_in(paths.replay) is None
    # Another process has just created it and has written no table so far.
    with_header = apsw.Connection(str(paths.replay))
    with_header.execute("PRAGMA journal_mode = WAL")
    with reading(paths.replay, game) as games:
        assert games.headlines(5) == []
    assert game_in(paths.replay) is None
    with_header.close()


def test_a_reader_cannot_write(paths: RunPaths, game: Game) -> None:
    SqliteReplay(paths.replay, game).close()
    with reading(paths.replay, game) as games, pytest.raises(StorageError, match="readonly"):
        games._rows("DELETE FROM games")


def test_other_files_are_refused(paths: RunPaths, game: Game) -> None:
    SqliteReplay(paths.replay, find("connect4")).close()
    with (
        pytest.raises(StorageError, match="holds games of 'connect4'"),
        reading(paths.replay, game),
    ):
        pass
    assert game_in(paths.replay) == "connect4"
    foreign = paths.root / "foreign.db"
    database = apsw.Connection(str(foreign))
    database.execute("CREATE TABLE t (x)")
    database.close()
    for look in (game_in, lambda path: reading(path, game).__enter__()):
        with pytest.raises(StorageError, match="of another program"):
            look(foreign)
