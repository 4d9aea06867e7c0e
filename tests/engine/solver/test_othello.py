"""Othello by the solver, by the reference files and by looking at everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ImpossibleState
from engine.game import State
from engine.games import find
from engine.solver import ExhaustiveSolver, Limits, solver_for
from tests.engine.solver.reference import assert_exact, sample

GAME = find("othello")
SOLVER = solver_for(GAME)


def _late(seed: int, empties: int) -> State:
    """A position of a random game with at most so many empty squares, the game not over."""
    rng = np.random.default_rng(seed)
    while True:
        state = GAME.new()
        while not GAME.is_over(state):
            if sum(1 for cell in GAME.cells(state) if not cell) <= empties:
                return state
            state = GAME.after(state, int(rng.choice(GAME.legal(state))))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), empties=st.integers(1, 7))
def test_late_positions_by_trying_everything(seed: int, empties: int) -> None:
    state = _late(seed, empties)
    exact = ExhaustiveSolver(GAME, Limits(nodes=50_000)).solve(state)
    assert SOLVER.solve(state).values == exact.values


def test_a_pass_is_an_action_with_a_value() -> None:
    """Positions in which the mover must pass: 64 is the only action."""
    found = 0
    for seed in range(200):
        state = _late(seed, 9)
        while not GAME.is_over(state):
            actions = GAME.legal(state)
            if actions == [64]:
                exact = ExhaustiveSolver(GAME, Limits(nodes=50_000)).solve(state)
                assert SOLVER.solve(state).values == exact.values
                found += 1
            state = GAME.after(state, actions[seed % len(actions)])
    assert found >= 30


def test_a_sample_of_the_reference() -> None:
    assert_exact(SOLVER, sample("othello_late", "othello", every=2))
    assert_exact(SOLVER, sample("othello_deep", "othello", every=5))


@pytest.mark.slow
@pytest.mark.parametrize("file", ["othello_late", "othello_deep"])
def test_the_reference(file: str) -> None:
    assert_exact(SOLVER, sample(file, "othello"))


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ((1 << 27, 1 << 27, 0), "discs of both players on one square"),
        ((1 << 28, 1 << 27, 2), "a mover that is neither 0 nor 1"),
        ((1 << 28 | 1 << 35, 1 << 27, 0), "an empty square in the centre"),
    ],
)
def test_impossible_boards(words: tuple[int, int, int], fault: str) -> None:
    with pytest.raises(ImpossibleState, match=f"Othello: {fault}: .*words {words[0]:#x}"):
        SOLVER.solve(np.array(words, np.uint64))
