from __future__ import annotations

import dataclasses
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from engine.errors import StorageError
from engine.game import Game
from engine.games import find
from storage.layout import RunPaths
from storage.replay import Origin, Totals
from storage.replay.record import GameRecord, encode
from storage.replay.sqlite import SqliteReplay

Record = Callable[..., GameRecord]
Spawn = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def replay(paths: RunPaths, game: Game):
    with SqliteReplay(paths.replay, game) as opened:
        yield opened


def ids(games: list[tuple[int, GameRecord]]) -> list[int]:
    return [number for number, _ in games]


def test_an_empty_journal(replay: SqliteReplay) -> None:
    assert replay.tail(0, 10) == replay.newest(10) == []
    assert replay.totals() == replay.stored() == Totals(games=0, positions=0, last_id=0)
    assert replay.prune(0) == 0


def test_games_come_back_in_order(replay: SqliteReplay, record: Record) -> None:
    given = {replay.append(record(seed)): record(seed) for seed in range(7)}
    assert ids(replay.tail(0, 100)) == list(given) == [1, 2, 3, 4, 5, 6, 7]
    assert ids(replay.tail(0, 3)) == [1, 2, 3]
    assert ids(replay.tail(3, 3)) == [4, 5, 6]
    assert ids(replay.tail(7, 3)) == []
    assert ids(replay.newest(3)) == [7, 6, 5]
    for number, found in replay.tail(0, 100):
        assert encode(found) == encode(given[number])


def test_where_a_game_comes_from(replay: SqliteReplay, record: Record) -> None:
    before = time.time()
    number = replay.append(dataclasses.replace(record(1), model_step=70))
    replay.append(dataclasses.replace(record(2), model_step=-1))
    found = replay.origin(number)
    assert found is not None and found == Origin(found.created_at, 70)
    assert before <= found.created_at <= time.time()
    replay.prune(1)
    assert replay.origin(number) is None and replay.origin(99) is None


def test_pruning_keeps_the_newest(replay: SqliteReplay, record: Record) -> None:
    for seed, samples in enumerate([5, 5, 0, 3, 4, 2]):
        replay.append(record(seed, samples=samples))
    assert replay.prune(19) == 0
    assert replay.prune(9) == 3  # 3 + 4 + 2 positions are enough
    assert replay.stored() == Totals(games=3, positions=9, last_id=6)
    assert replay.prune(5) == 1  # 4 + 2: without the game of 4 it would be too few
    assert ids(replay.tail(0, 10)) == [5, 6]
    assert replay.prune(1) == 1
    assert ids(replay.tail(0, 10)) == [6]


def test_totals_and_ids_survive_pruning(paths: RunPaths, game: Game, record: Record) -> None:
    with SqliteReplay(paths.replay, game) as replay:
        for seed in range(4):
            replay.append(record(seed))
        assert replay.prune(0) == 4
        assert replay.stored() == Totals(games=0, positions=0, last_id=4)
    with SqliteReplay(paths.replay, game) as replay:
        assert replay.totals() == Totals(games=4, positions=20, last_id=4)
        assert replay.append(record(4)) == 5
        assert ids(replay.tail(4, 10)) == [5]
        assert replay.totals() == Totals(games=5, positions=25, last_id=5)
        assert replay.stored() == Totals(games=1, positions=5, last_id=5)


def test_tailing_goes_on_across_pruning(replay: SqliteReplay, record: Record) -> None:
    for seed in range(6):
        replay.append(record(seed))
    assert ids(replay.tail(0, 2)) == [1, 2]
    replay.prune(10)
    assert ids(replay.tail(2, 2)) == [5, 6]
    replay.append(record(6))
    assert ids(replay.tail(6, 2)) == [7]


def test_a_game_of_another_kind_is_refused(replay: SqliteReplay, record: Record) -> None:
    for wrong in (
        record(0, game=find("connect4")),
        dataclasses.replace(record(0), rules_version=99),
        dataclasses.replace(record(0), policies=record(0, game=find("connect4")).policies),
    ):
        with pytest.raises(StorageError, match=r"cannot be stored .* expected \('tictactoe'"):
            replay.append(wrong)
    assert replay.totals().games == 0


def test_a_full_disk_loses_only_that_write(replay: SqliteReplay, record: Record) -> None:
    replay.append(record(0))
    (pages,) = replay._db.execute("PRAGMA page_count").fetchone()
    replay._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageError, match="full; free some space"):
        replay.append(record(1, samples=2000))
    assert replay.totals() == Totals(games=1, positions=5, last_id=1)
    assert ids(replay.tail(0, 10)) == [1]
    replay._db.execute("PRAGMA max_page_count = 1000000")
    assert replay.append(record(1, samples=2000)) == 2


def test_using_it_after_closing_is_an_error(paths: RunPaths, game: Game, record: Record) -> None:
    replay = SqliteReplay(paths.replay, game)
    replay.close()
    replay.close()
    with pytest.raises(StorageError, match="closed"):
        replay.append(record(0))


def test_closing_leaves_one_file(paths: RunPaths, game: Game, record: Record) -> None:
    with SqliteReplay(paths.replay, game) as replay:
        replay.append(record(0))
    assert [path.name for path in paths.root.glob("replay*")] == ["replay.db"]


def test_two_writers_and_a_reader_lose_nothing(paths: RunPaths, game: Game, spawn: Spawn) -> None:
    writers = [spawn("append", paths.root, first, 150) for first in (1000, 2000)]
    seen: list[tuple[int, GameRecord]] = []
    with SqliteReplay(paths.replay, game) as replay:
        while any(writer.poll() is None for writer in writers):
            seen += replay.tail(seen[-1][0] if seen else 0, 7)
        while games := replay.tail(seen[-1][0] if seen else 0, 7):
            seen += games
        assert replay.totals() == Totals(games=300, positions=1500, last_id=300)
    printed = {}
    for writer in writers:
        assert writer.wait() == 0
        for line in writer.stdout:
            seed, number = map(int, line.split())
            printed[number] = seed
    assert {number: found.model_step for number, found in seen} == printed
    assert ids(seen) == list(range(1, 301))


def test_a_pruner_beside_a_writer(paths: RunPaths, game: Game, spawn: Spawn) -> None:
    writer = spawn("append", paths.root, 0, 150)
    with SqliteReplay(paths.replay, game) as replay:
        removed = 0
        while writer.poll() is None:
            removed += replay.prune(20)
        removed += replay.prune(20)
        assert removed == 146
        assert replay.totals() == Totals(games=150, positions=750, last_id=150)
        assert ids(replay.tail(0, 10)) == [147, 148, 149, 150]


def test_a_killed_writer_loses_no_finished_game(
    paths: RunPaths, game: Game, record: Record, spawn: Spawn
) -> None:
    printed: dict[int, int] = {}
    for first, lines in ((0, 1), (1000, 40), (2000, 90)):
        writer = spawn("append", paths.root, first, 0)
        output = "".join(writer.stdout.readline() for _ in range(lines))
        writer.send_signal(signal.SIGKILL)
        output += writer.stdout.read()
        for line in output.split("\n")[:-1]:  # the last one may be cut off
            seed, number = map(int, line.split())
            printed[number] = seed
        with SqliteReplay(paths.replay, game) as replay:
            found = dict(replay.tail(0, 100_000))
            assert {number: found[number].model_step for number in printed} == printed
            assert list(found) == list(range(1, len(found) + 1))
            assert replay.totals() == Totals(len(found), 5 * len(found), len(found))
            for kept in found.values():
                assert encode(kept) == encode(record(kept.model_step))
            assert replay.append(record(10_000)) == len(found) + 1


@pytest.mark.parametrize("pruning", [0, 1])
def test_a_process_killed_in_mid_write_changes_nothing(
    paths: RunPaths, game: Game, record: Record, spawn: Spawn, pruning: int
) -> None:
    with SqliteReplay(paths.replay, game) as replay:
        for seed in range(3):
            replay.append(record(seed))
    writer = spawn("die", paths.root, pruning)
    assert writer.stdout.read() == "dying\n"
    assert writer.wait() == -signal.SIGKILL
    with SqliteReplay(paths.replay, game) as replay:
        assert ids(replay.tail(0, 10)) == [1, 2, 3]
        assert replay.totals() == replay.stored() == Totals(games=3, positions=15, last_id=3)
        assert replay.append(record(3)) == 4
