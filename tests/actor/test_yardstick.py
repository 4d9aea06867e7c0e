"""The yardstick of a run: solved positions, made once, the same for every model."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actor.selfplay import SelfPlay
from actor.solved import (
    PATIENCE,
    SIMULATIONS,
    hard,
    labelled,
    lines_of,
    quiet,
    random_lines,
    solver_of,
)
from actor.yardstick import POSITIONS, SETS, Yardstick
from engine.config import SearchSettings
from engine.evaluator.uniform import UniformEvaluator
from engine.game import State
from engine.games import find
from engine.search import search
from engine.solver.exhaustive import ExhaustiveSolver
from engine.sources import load
from storage.layout import RunPaths, create
from storage.replay.sqlite import SqliteReplay
from tests.models import linear_model

GAME = find("tictactoe")
GAMES = 60


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    made = RunPaths(tmp_path / "run")
    create(made)
    return made


def play(paths: RunPaths, games: int) -> None:
    left = iter(range(games))
    settings = load(
        {"run": {"game": GAME.name}, "search": {"simulations": 10}, "selfplay": {"games": 16}}
    )
    selfplay = SelfPlay(GAME, settings, may_begin=lambda: next(left, None) is not None)
    with SqliteReplay(paths.replay, GAME) as replay:
        while not selfplay.is_done:
            for record in selfplay.step(UniformEvaluator(GAME)):
                replay.append(record)


def make(paths: RunPaths, solve: Callable[[State], Any] | None = None) -> Yardstick:
    return Yardstick(
        GAME,
        paths,
        solve or solver_of(GAME),
        lambda: SqliteReplay(paths.replay, GAME),
        enough_games=GAMES,
    )


def test_positions_are_solved_distinct_and_can_be_played_wrong() -> None:
    solver = ExhaustiveSolver(GAME)
    lines = random_lines(GAME, np.random.default_rng(0))
    positions = labelled(GAME, lines, solver_of(GAME), 200)
    assert len(positions) == 200
    assert len({tuple(GAME.replay(moves)) for moves, _ in positions}) == 200
    for moves, values in positions:
        assert values == solver.solve(GAME.replay(moves)).values
        assert len(set(np.sign(list(values.values())))) > 1


def test_lines_of_games_are_their_beginnings() -> None:
    games = [[0, 1, 2, 3, 4, 5, 7], [4, 0, 8]]
    lines = lines_of(games, np.random.default_rng(0))
    seen = {tuple(next(lines)) for _ in range(200)}
    assert seen == {tuple(game[:ply]) for game in games for ply in range(len(game))}


def test_plies_beyond_the_solver_are_given_up_and_those_within_are_not() -> None:
    exact, asked = solver_of(GAME), list[int]()

    def solve(state: State) -> dict[int, int] | None:
        ply = 9 - len(GAME.legal(state))
        asked.append(ply)
        return exact(state) if ply >= 4 else None

    found = labelled(GAME, random_lines(GAME, np.random.default_rng(0)), solve, 150)
    assert len(found) == 150 and min(len(moves) for moves, _ in found) == 4
    assert [asked.count(ply) for ply in range(1, 4)] == [PATIENCE] * 3  # ply 0 is one position


@pytest.mark.parametrize(
    ("game", "moves", "still"),
    [
        ("tictactoe", [], True),
        ("tictactoe", [4, 0, 3], False),  # X threatens the middle row: O has one move
        ("tictactoe", [4, 0, 3, 5], True),
        ("tictactoe", [0, 3, 1, 4], False),  # both could win at once
        ("tictactoe", [0, 1, 2, 4, 3, 5, 7, 6], False),  # the last square
        ("connect4", [3, 0, 3, 0, 3], False),
        ("connect4", [2, 2, 3, 3], True),
        ("connect4", [2, 2, 3, 3, 4], False),  # two ends: none of the moves saves the game
        ("kalaha", [], True),  # the third pit gives another move
        ("othello", [], True),
    ],
)
def test_a_quiet_position_has_no_win_to_take_and_none_to_block(
    game: str, moves: list[int], still: bool
) -> None:
    assert quiet(find(game))(find(game).replay(moves)) == still


def test_hard_positions_are_quiet_and_a_search_without_a_network_fails_in_them() -> None:
    lines = random_lines(GAME, np.random.default_rng(0))
    found = labelled(GAME, lines, solver_of(GAME), 15, quiet(GAME), hard(GAME))
    assert len(found) == 15
    uniform = UniformEvaluator(GAME)
    for moves, values in found:
        state = GAME.replay(moves)
        assert quiet(GAME)(state)
        chosen = search(GAME, state[None], SIMULATIONS, uniform, SearchSettings()).best[0]
        assert np.sign(values[int(chosen)]) < np.sign(max(values.values()))


def test_sets_are_made_once_and_measure_a_model_exactly(paths: RunPaths) -> None:
    play(paths, GAMES)
    asked: list[int] = []
    solve = solver_of(GAME)

    def counted(state: State) -> dict[int, int] | None:
        asked.append(1)
        return solve(state)

    def measured(simulations: int) -> list[dict[str, Any]]:
        yardstick = make(paths, counted)
        yardstick.prepare()
        return yardstick.measure(linear_model(GAME, 9, seed=1), 9, simulations)

    rows = measured(0)
    before = len(asked)
    play(paths, 5)  # later games change nothing
    assert measured(0) == rows and len(asked) == before > 0
    assert [row["set"] for row in rows] == list(SETS)
    for row in rows:
        assert row["step"] == 9 and row["simulations"] == 0
        low, high = row["wdl_interval"]
        assert low < row["wdl_optimal"] < high and 0 < row["random_wdl_optimal"] < 1
    assert rows[0]["positions"] == POSITIONS
    searched = measured(60)
    assert searched[0]["simulations"] == 60
    assert searched[0]["wdl_optimal"] > rows[0]["wdl_optimal"]


def test_the_selfplay_set_is_of_the_runs_own_games(paths: RunPaths) -> None:
    play(paths, GAMES)
    yardstick = make(paths)
    yardstick.prepare()
    with SqliteReplay(paths.replay, GAME) as replay:
        games = [record.moves.tolist() for _, record in replay.newest(GAMES)]
    lines = [json.loads(line) for line in paths.yardstick("selfplay").read_text().splitlines()]
    assert len(lines) == len(yardstick.sets["selfplay"]) > 20
    for line in lines:
        assert any(game[: len(line["moves"])] == line["moves"] for game in games)


def test_sets_wait_for_enough_games(paths: RunPaths) -> None:
    play(paths, GAMES - 1)
    yardstick = make(paths)
    yardstick.prepare()
    assert list(yardstick.sets) == ["random"]
    assert {row["set"] for row in yardstick.measure(linear_model(GAME, 9), 9, 0)} == {"random"}
    play(paths, 1)
    yardstick.prepare()
    assert set(yardstick.sets) == set(SETS)


def test_a_solver_that_reaches_nothing_measures_nothing(paths: RunPaths) -> None:
    yardstick = make(paths, lambda state: None)
    yardstick.prepare()
    assert yardstick.sets == {"random": []} and yardstick.measure(b"", 1, 0) == []
    assert paths.yardstick("random").read_bytes() == b""


def test_a_damaged_set_is_told_of_and_the_caller_lives(
    paths: RunPaths, caplog: pytest.LogCaptureFixture
) -> None:
    paths.yardstick("random").write_text("nonsense\n")
    yardstick = make(paths)
    yardstick.start()
    assert not yardstick._thread.is_alive()
    yardstick.stop()
    assert "random.jsonl, line 1" in caplog.text
    assert paths.yardstick("random").read_text() == "nonsense\n"


def test_preparing_can_be_given_up(paths: RunPaths) -> None:
    entered = threading.Event()

    def slow(state: State) -> dict[int, int] | None:
        entered.set()
        time.sleep(0.01)
        return None

    yardstick = make(paths, slow)
    yardstick.start()
    assert entered.wait(30)
    yardstick.stop()
    assert not paths.yardstick("random").exists() and yardstick.measure(b"", 1, 0) == []
