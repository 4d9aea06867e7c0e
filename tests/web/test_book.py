"""The opening book says what counting all games by hand says, and follows the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from actor.arena import wilson
from engine.config import SearchSettings
from engine.errors import StorageError
from engine.game import Game, value_for
from engine.games import find
from storage.layout import RunPaths
from storage.replay.sqlite import SqliteReplay
from tests.games import finished, stored
from tests.web.answers import check_sentence
from web import beginnings
from web.beginnings import PLIES, Beginnings
from web.book import Books, periods
from web.history import Chosen

STEPS = (-1, 100, 200, 300)


def fill(paths: RunPaths, game: Game, count: int, seed: int = 0) -> list[tuple[int, list[int]]]:
    """Games at random, the first ones without a model: their steps and moves."""
    rng = np.random.default_rng(seed)
    games = []
    with SqliteReplay(paths.replay, game) as replay:
        for i in range(count):
            moves, step = finished(game, rng), STEPS[i * len(STEPS) // count]
            replay.append(stored(game, moves, step))
            games.append((step, moves))
    return games


def by_hand(
    game: Game, games: Sequence[tuple[int, list[int]]], line: list[int]
) -> dict[int, list[float]]:
    """For each continuation of `line` the values of its games for who is to move."""
    mover = game.mover(game.replay(line))
    found: dict[int, list[float]] = {}
    for _, moves in games:
        if moves[: len(line)] == line and len(moves) > len(line):
            value = value_for(game.result(game.replay(moves)), mover)
            found.setdefault(moves[len(line)], []).append(value)
    return found


@pytest.mark.parametrize("plies", [0, 1, 2, 3])
def test_every_number_is_that_of_counting_by_hand(tmp_path: Path, plies: int) -> None:
    game, paths = find("tictactoe"), RunPaths(tmp_path)
    games = fill(paths, game, 400)
    line = games[150][1][:plies]
    page = Books().look_up(Chosen("run", game, paths, SearchSettings()), line, 100, 200)
    wanted = [(step, moves) for step, moves in games if 100 <= step <= 200]
    expected = by_hand(game, wanted, line)
    total = sum(len(values) for values in expected.values())
    assert page.all_games == 200 and page.here.games == total
    assert [m.odds.games for m in page.continuations] == sorted(
        (m.odds.games for m in page.continuations), reverse=True
    )
    assert {m.action for m in page.continuations} == set(game.legal(game.replay(line)))
    for move in page.continuations:
        values = expected.get(move.action, [])
        counts = Counter(values)
        odds = move.odds
        assert (odds.games, odds.wins, odds.draws, odds.losses) == (
            *(len(values), counts[1.0], counts[0.0], counts[-1.0]),
        )
        assert move.share == pytest.approx(len(values) / total)
        points = counts[1.0] + counts[0.0] / 2
        assert odds.interval == list(wilson(points, len(values)))
        assert odds.score == (points / len(values) if values else None)
    for k, period in enumerate(page.trend_periods):
        within = [(s, m) for s, m in wanted if period.from_step <= s <= period.to_step]
        parts = by_hand(game, within, line)
        here = sum(len(values) for values in parts.values())
        assert period.games == here
        for move in page.continuations:
            share = len(parts.get(move.action, [])) / here if here else None
            assert move.trend[k] == pytest.approx(share)


def test_the_answer_over_http(client: TestClient, game: Game, paths: RunPaths) -> None:
    empty = client.get("/v1/book").json()
    assert empty["here"] == {
        "games": 0,
        "wins": 0,
        "draws": 0,
        "losses": 0,
        "score": None,
        "interval": [0.0, 1.0],
    }
    assert (empty["stored"], empty["periods"], empty["all_games"]) == (0, [], 0)
    games = fill(paths, game, 40)
    book = client.get("/v1/book", params={"run": "lesson"}).json()
    assert (book["run"], book["depth"], book["from_step"], book["to_step"]) == (
        *("lesson", PLIES, -1, 300),
    )
    assert book["complete"] is True
    assert book["indexed"] == book["stored"] == book["all_games"] == book["here"]["games"] == 40
    assert sum(move["share"] for move in book["continuations"]) == pytest.approx(1)
    assert [p["from_step"] for p in book["periods"]] == list(STEPS)
    assert all(period["games"] == 10 for period in book["periods"])
    first = games[0][1][0]
    after = client.get("/v1/book", params={"moves": str(first)}).json()
    assert after["position"]["moves"] == [first]
    assert after["here"]["games"] == sum(moves[0] == first for _, moves in games)
    late = client.get("/v1/book", params={"from_step": 300}).json()
    assert (late["all_games"], late["from_step"], late["to_step"]) == (10, 300, 300)
    assert client.get("/v1/book", params={"to_step": -1}).json()["all_games"] == 10


def test_the_book_ends_where_it_says(client: TestClient, game: Game, paths: RunPaths) -> None:
    fill(paths, game, 4)
    legal = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2][: PLIES + 1]
    last = client.get("/v1/book", params={"moves": ",".join(map(str, legal[:PLIES]))}).json()
    assert last["continuations"] == [] and last["depth"] == PLIES
    for asked, reason in (
        ({"moves": ",".join(map(str, legal))}, f"knows the first {PLIES} moves of each game"),
        ({"from_step": 200, "to_step": 100}, "to_step = 100 comes before from_step = 200"),
        ({"moves": "7"}, "illegal"),
        ({"from_step": -2}, "from_step"),
    ):
        refused = client.get("/v1/book", params=asked)
        assert refused.status_code == 422 and reason in refused.json()["detail"]
        check_sentence(refused.json())


def test_new_games_are_added_and_pruned_ones_forgotten(tmp_path: Path) -> None:
    game, paths = find("tictactoe"), RunPaths(tmp_path)
    index = Beginnings(paths.replay, game)
    index.read_on(9)
    assert len(index) == index.stored == 0
    fill(paths, game, 10)
    index.read_on(9)
    assert (len(index), index.stored, index.pruned) == (10, 10, 0)
    more = fill(paths, game, 5, seed=1)
    index.read_on(9)
    assert len(index) == 15
    assert [row[row >= 0].tolist() for row in index.moves[-5:]] == [moves for _, moves in more]
    with SqliteReplay(paths.replay, game) as replay:
        assert replay.prune(0) == 15
        moves = more[0][1]
        replay.append(stored(game, moves, 900))
    index.read_on(9)
    assert (len(index), index.stored, index.pruned) == (1, 1, 15)
    assert index.steps.tolist() == [900]
    paths.replay.unlink()
    for tail in ("-wal", "-shm"):
        paths.replay.with_name(paths.replay.name + tail).unlink(missing_ok=True)
    fill(paths, game, 3, seed=2)
    index.read_on(9)
    assert (len(index), index.pruned) == (3, 0)  # another journal of that name


def test_the_index_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beginnings, "MOST_GAMES", 20)
    monkeypatch.setattr(beginnings, "CHUNK", 8)
    game, paths = find("tictactoe"), RunPaths(tmp_path)
    games = fill(paths, game, 50)
    index = Beginnings(paths.replay, game)
    index.read_on(0)
    assert len(index) == 8 and index.stored == 50 and not index.complete
    index.read_on(9)  # goes on from there
    assert len(index) == 20 and index.complete
    assert [row[row >= 0].tolist() for row in index.moves] == [moves for _, moves in games[-20:]]


def test_a_damaged_journal_is_named(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    paths.replay.write_bytes(b"no database")
    with pytest.raises(StorageError, match="damaged or no database"):
        Beginnings(paths.replay, find("tictactoe")).read_on(9)


def test_periods_hold_every_game_once() -> None:
    rng = np.random.default_rng(0)
    for count, most in ((0, 5), (1, 5), (7, 3), (500, 12), (500, 48)):
        steps = np.sort(rng.choice(40, count)).astype(np.int32) * 100
        found = periods(steps, most)
        assert len(found) <= most and sum(period.games for period in found) == count
        for period in found:
            inside = (steps >= period.from_step) & (steps <= period.to_step)
            assert period.games == inside.sum() > 0
    assert [p.games for p in periods(np.repeat([1, 2, 3, 4], 5).astype(np.int32), 2)] == [10, 10]
    # The rest of a run that was cut off is no period of its own.
    steps = np.repeat(np.arange(14), [100] * 13 + [2]).astype(np.int32)
    assert periods(steps, 12)[-1].games > 100
