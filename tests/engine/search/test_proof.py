"""What the search calls proven is so, and every sum of a tree is what its children say."""

from __future__ import annotations

import numpy as np
import pytest

from engine.config import SearchSettings
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game, State
from engine.games import find
from engine.search import UNKNOWN, search
from engine.solver import ExhaustiveSolver, Solver, solver_for
from tests.engine.search.common import (
    CONNECT4,
    GAMES,
    PLAIN,
    TICTACTOE,
    audit,
    finish,
    judge_of,
    late_states,
    some_states,
    waves_of,
)
from tests.engine.solver.reference import sample
from tests.toys import HEAP, HashEvaluator


def _proven_as_solved(game: Game, solver: Solver, states: np.ndarray, simulations: int) -> int:
    """Asserts that proofs and solver agree; returns how many positions were proven.

    A proven root is right in all it says: its value, its move and whom it teaches.
    """
    found = search(game, states, simulations, UniformEvaluator(game))
    proven = np.flatnonzero(found.proven != UNKNOWN)
    for i in proven:
        solved = solver.solve(states[i])
        where = game.text(states[i])
        assert found.proven[i] == found.value[i] == np.sign(solved.value), where
        signs = {action: np.sign(value) for action, value in solved.values.items()}
        assert signs[int(found.best[i])] == np.sign(solved.value), where
        taught = np.flatnonzero(found.policy[i])
        assert all(signs[int(action)] == np.sign(solved.value) for action in taught), where
    return len(proven)


def _reachable(game: Game, state: State) -> list[State]:
    found, todo = {}, [state]
    while todo:
        state = todo.pop()
        if not game.is_over(state) and state.tobytes() not in found:
            found[state.tobytes()] = state
            todo += [game.after(state, action) for action in game.legal(state)]
    return list(found.values())


def test_proofs_agree_with_the_solver_in_all_of_tictactoe() -> None:
    states = np.stack(_reachable(TICTACTOE, TICTACTOE.new()))
    assert len(states) == 4520
    assert _proven_as_solved(TICTACTOE, ExhaustiveSolver(TICTACTOE), states, 30) > 3000


def test_proofs_agree_with_the_solver_in_all_heaps() -> None:
    states = np.array([[n, p, 1 - p] for n in range(1, 8) for p in (0, 1)], np.uint64)
    assert _proven_as_solved(HEAP, ExhaustiveSolver(HEAP), states, 200) == len(states)


@pytest.mark.parametrize(
    ("file", "name", "first_ply", "simulations"),
    [("connect4_main", "connect4", 30, 300), ("kalah_late", "kalaha4", 0, 300)],
)
def test_proofs_agree_with_solved_positions(
    file: str, name: str, first_ply: int, simulations: int
) -> None:
    game = find(name)
    solved = sample(file, name, first_ply=first_ply)
    states = np.stack([position.state for position in solved])
    proven = _proven_as_solved(game, solver_for(game), states, simulations)
    assert proven > len(states) // 4, f"{proven} of {len(states)}"


def test_a_win_is_proven_where_the_mean_is_still_low() -> None:
    """Three in a row and both ends open: the answer is exact long before the average is."""
    game = CONNECT4
    state = game.replay([3, 3, 2, 2, 4, 0])
    without = search(game, state[None], 20, UniformEvaluator(game), PLAIN)
    found = search(game, state[None], 20, UniformEvaluator(game))
    assert found.proven[0] == 1 == found.value[0] and without.proven[0] == UNKNOWN
    assert without.value[0] < 0.8
    assert found.visits.sum() < 20  # and it stops there
    lost = game.replay([0, 3, 0, 2, 6, 4])  # the other side threatens on both sides
    assert search(game, lost[None], 60, UniformEvaluator(game)).proven[0] == -1
    assert search(game, lost[None], 60, UniformEvaluator(game), PLAIN).value[0] > -0.9


def test_a_proof_knows_no_forced_move_by_parity() -> None:
    """Heap of 3: taking 2 keeps the move, then the last stone wins. One ply is not one sign."""
    state = np.array([3, 1, 0], np.uint64)
    assert ExhaustiveSolver(HEAP).solve(state).values == {1: -1, 2: 1}
    found = search(HEAP, state[None], 100, UniformEvaluator(HEAP))
    assert found.proven[0] == 1 and found.best[0] == 2 and found.policy[0, 2] == 1


def test_a_lost_position_is_held_for_as_long_as_possible() -> None:
    """Crosses threaten 6: whoever goes there lasts two plies more, until a fork."""
    lost = TICTACTOE.replay([0, 1, 3])
    assert ExhaustiveSolver(TICTACTOE).solve(lost).outcome == "loss"
    found = search(TICTACTOE, lost[None], 3000, UniformEvaluator(TICTACTOE))
    assert found.proven[0] == -1 and found.best[0] == 6
    assert len(found.line[0]) == 4


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
@pytest.mark.parametrize(
    "settings",
    [
        PLAIN,
        SearchSettings(),
        SearchSettings(forced_playouts=2),
        SearchSettings(root="gumbel", symmetry="as_is"),
    ],
    ids=["plain", "default", "forced", "gumbel"],
)
def test_sums_bounds_and_states_of_every_node(game: Game, settings: SearchSettings) -> None:
    states = np.concatenate([some_states(game, 2, seed=8), late_states(game, 6, seed=8)])
    waves = waves_of(game, states, 150, settings, noise=3)
    evaluator = HashEvaluator(game)
    finish(waves, evaluator)
    judge = judge_of(game, evaluator, settings)
    proven = sum(
        audit(game, waves.tree, slot, judge, prove=settings.prove, noisy=settings.root == "puct")
        for slot in range(len(states))
    )
    assert settings.prove == (proven > 0)
