"""Alpha-beta against looking at everything, from player 0's side and without a sign to flip."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.game import ONGOING, Game, State, value_for
from engine.games import all_games, find
from engine.heuristics import LARGEST, heuristic_for
from engine.heuristics.alphabeta import WON, AlphaBeta, kernel
from engine.solver import ExhaustiveSolver
from tests import laws
from tests.toys import HEAP

ROOT = Path(__file__).resolve().parents[3]
GAMES = [*all_games().values(), HEAP]
PLIES = {"hex7": 2, "othello": 3}


def minimax(game: Game, state: State, left: int) -> int:
    """The value for player 0 after `left` more plies, by trying all of them."""
    final = game.result(state)
    if final != ONGOING:
        return int(value_for(final, 0)) * (WON + left)
    if left == 0:
        return int(heuristic_for(game)(state))
    values = [minimax(game, game.after(state, action), left - 1) for action in game.legal(state)]
    return max(values) if game.mover(state) == 0 else min(values)


def best_actions(game: Game, state: State, depth: int) -> tuple[int, tuple[int, ...]]:
    """The value for the mover and all the actions that have it."""
    values = {a: minimax(game, game.after(state, a), depth - 1) for a in game.legal(state)}
    value = max(values.values()) if game.mover(state) == 0 else min(values.values())
    best = tuple(action for action, found in values.items() if found == value)
    return value if game.mover(state) == 0 else -value, best


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_it_finds_what_looking_at_everything_finds(game: Game) -> None:
    rng = np.random.default_rng(5)
    states = [state for state in laws.random_states(game, seed=3) if not game.is_over(state)]
    for depth in range(1, PLIES.get(game.name, 4) + 1):
        alphabeta = AlphaBeta(game, depth)
        for index in rng.choice(len(states), 12):
            found = alphabeta.look(states[index])
            expected = best_actions(game, states[index], depth)
            assert (found.value, found.best) == expected, game.text(states[index])


def test_positions_in_which_nobody_alternates() -> None:
    """All of Heap: looking seven plies ahead is exact play, chains of moves included."""
    solver, alphabeta = ExhaustiveSolver(HEAP), AlphaBeta(HEAP, 7)
    for stones in range(1, 8):
        for mover in (0, 1):
            state = np.array([stones, mover, 0], np.uint64)
            found, exact = alphabeta.look(state), solver.solve(state)
            assert np.sign(found.value) == exact.value
            assert set(found.best) <= set(exact.best)


def test_the_shortest_win_and_the_longest_resistance() -> None:
    connect4 = find("connect4")
    won = connect4.replay([0, 6, 1, 6, 2, 6])  # three in the bottom row, and three in column 6
    assert AlphaBeta(connect4, 5).look(won).best == (3,)
    assert AlphaBeta(connect4, 5).look(won).value == WON + 4
    tictactoe = find("tictactoe")
    lost = tictactoe.replay([0, 1, 4])  # only 8 stops the diagonal, and then comes a double threat
    assert AlphaBeta(tictactoe, 5).look(lost).best == (8,)
    assert AlphaBeta(tictactoe, 5).look(lost).value == -(WON + 1)


def test_a_longer_look_prunes_most_of_the_tree() -> None:
    kalaha = find("kalaha")
    nodes = AlphaBeta(kalaha, 6).look(kalaha.new()).nodes
    assert 6 < nodes < 6**6 / 10


def test_the_position_stays_as_it_was() -> None:
    for game in GAMES:
        state = game.new()
        AlphaBeta(game, 2).look(state)
        assert np.array_equal(state, game.new())


def test_no_rule_of_thumb_outweighs_a_win() -> None:
    assert WON > LARGEST


def test_kernels_are_kept_on_disk(tmp_path: Path) -> None:
    """A heuristic's kernel is found by the next process, and each game has its own."""
    script = """
from engine.games import find
from engine.heuristics.alphabeta import AlphaBeta
from engine.kernels import compilations
AlphaBeta(find("tictactoe"), 3).look(find("tictactoe").new())
print(compilations())
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path)}
    counts = [
        int(subprocess.check_output([sys.executable, "-c", script], env=environment, cwd=tmp_path))
        for _ in range(2)
    ]
    assert counts == [1, 0]
    assert len({id(kernel(game)) for game in GAMES}) == len(GAMES)
