"""Positions of the run itself: of its newest games, and of random play before there are enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from actor.players import RandomPlayer
from actor.positions import played_positions, random_states, run_positions
from engine.game import Game
from engine.games import find
from storage.layout import RunPaths, create
from storage.replay.record import GameRecord
from storage.replay.sqlite import SqliteReplay
from tests.toys import HEAP

GAME = find("connect4")


@pytest.fixture
def replay(tmp_path: Path) -> Iterator[SqliteReplay]:
    paths = RunPaths(tmp_path / "run")
    create(paths)
    with SqliteReplay(paths.replay, GAME) as opened:
        yield opened


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def record(game: Game, moves: list[int]) -> GameRecord:
    """A game as it is stored, every position of it a sample."""
    states = np.stack([game.replay(moves[:ply]) for ply in range(len(moves))])
    count = len(moves)
    return GameRecord(
        game=game.name,
        rules_version=game.version,
        moves=np.array(moves, np.int16),
        result=0,
        model_step=0,
        plies=np.arange(count, dtype=np.int16),
        states=states,
        movers=np.zeros(count, np.int8),
        policies=np.full((count, game.actions), 1 / game.actions, np.float32),
        root_values=np.zeros(count, np.float32),
        exact=np.zeros(count, np.int8),
        surprises=np.zeros(count, np.float32),
    )


def seen(observations: np.ndarray) -> set[bytes]:
    return {row.tobytes() for row in observations}


def test_before_the_first_game_they_are_of_random_play(replay: SqliteReplay) -> None:
    found = run_positions(GAME, replay, 200, rng())
    assert found.observations.shape == (200, *GAME.planes) and found.legal.shape == (200, 7)
    assert len(seen(found.observations)) == 200
    assert found.legal.any(axis=1).all() and not found.legal.all()
    again = run_positions(GAME, replay, 200, rng())
    assert np.array_equal(found.observations, again.observations)


def test_they_are_of_the_newest_games_once_there_are_enough(replay: SqliteReplay) -> None:
    replay.append(record(GAME, [0, 0, 0, 0, 0, 0]))  # too old to count
    newer = [[6, 6, 6, 6, 6, 6], [5, 5, 5, 5, 5, 5]]
    for moves in newer:
        replay.append(record(GAME, moves))
    known = {
        GAME.observe(GAME.replay(moves[:ply])).tobytes() for moves in newer for ply in range(6)
    }
    found = run_positions(GAME, replay, 8, rng())
    assert len(seen(found.observations)) == 8 and seen(found.observations) <= known
    other = run_positions(GAME, replay, 8, rng(1))
    assert seen(other.observations) != seen(found.observations)


def test_random_play_fills_up_what_the_games_lack(replay: SqliteReplay) -> None:
    moves = [3, 3, 3, 3, 3]
    for _ in range(3):  # thrice the same game holds five positions only
        replay.append(record(GAME, moves))
    known = {GAME.observe(GAME.replay(moves[:ply])).tobytes() for ply in range(5)}
    found = run_positions(GAME, replay, 40, rng())
    assert len(seen(found.observations)) == len(found.legal) == 40
    assert known <= seen(found.observations)


def test_what_is_legal_belongs_to_its_position(replay: SqliteReplay) -> None:
    found = run_positions(GAME, replay, 100, rng())
    full = found.observations[:, :2].sum(axis=1)[:, 0] > 0  # the top row of each column
    assert np.array_equal(found.legal, ~full)
    assert full.any()


def test_a_small_game_has_fewer(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path / "run")
    create(paths)
    with SqliteReplay(paths.replay, HEAP) as replay:
        found = run_positions(HEAP, replay, 1000, rng())
    assert 5 < len(found.legal) == len(found.observations) < 30


def test_random_states_are_never_over() -> None:
    states = random_states(GAME, rng())
    assert not any(GAME.is_over(next(states)) for _ in range(300))


def test_positions_of_games_that_a_player_plays() -> None:
    found = played_positions(GAME, RandomPlayer(GAME), 500, rng())
    again = played_positions(GAME, RandomPlayer(GAME), 500, rng())
    assert found.observations.shape == (500, *GAME.planes)
    assert np.array_equal(found.observations, again.observations)
    assert len(np.unique(found.observations.reshape(500, -1), axis=0)) == 500
    assert found.legal.any(axis=1).all()


def test_a_game_with_few_positions_has_no_more() -> None:
    found = played_positions(HEAP, RandomPlayer(HEAP), 500, rng())
    assert 0 < len(found.legal) < 500
