"""Connect 4 by the solver, by the reference files and by looking at everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.errors import ImpossibleState
from engine.game import ONGOING, State
from engine.games import find
from engine.solver import solver_for
from tests.engine.solver.reference import assert_exact, sample

GAME = find("connect4")
SOLVER = solver_for(GAME)
OTHER = solver_for(GAME)  # that remembers nothing of what SOLVER has found


def _value(state: State) -> int:
    """For the mover, by trying everything: 22 - the winner's discs, negative for a loss."""
    result = GAME.result(state)
    if result == ONGOING:
        return max(-_value(GAME.after(state, action)) for action in GAME.legal(state))
    discs = sum(1 for cell in GAME.cells(state) if cell)
    return -(22 - (discs + 1) // 2) if result else 0  # who just moved has won


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_late_positions_by_trying_everything(seed: int) -> None:
    rng = np.random.default_rng(seed)
    state = GAME.new()
    for _ in range(int(rng.integers(31, 42))):
        safe = [a for a in GAME.legal(state) if not GAME.is_over(GAME.after(state, a))]
        if not safe:
            break
        state = GAME.after(state, int(rng.choice(safe)))
    exact = {a: -_value(GAME.after(state, a)) for a in GAME.legal(state)}
    assert SOLVER.solve(state).values == exact


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_best_moves_are_those_of_the_whole_solution(seed: int) -> None:
    rng = np.random.default_rng(seed)
    state = GAME.new()
    for _ in range(int(rng.integers(16, 42))):
        following = GAME.after(state, int(rng.choice(GAME.legal(state))))
        if GAME.is_over(following):
            break
        state = following
    assume(_discs(state) >= 14)  # in reach of a test
    assert OTHER.best(state) == SOLVER.solve(state).best


def _discs(state: State) -> int:
    return sum(1 for cell in GAME.cells(state) if cell)


@pytest.mark.parametrize(
    "file", ["connect4_main", "connect4_value", "connect4_dev", "connect4_quiet"]
)
def test_a_sample_of_the_reference(file: str) -> None:
    assert_exact(SOLVER, sample(file, "connect4", every=4, first_ply=14))


@pytest.mark.slow
@pytest.mark.parametrize("file", ["connect4_main", "connect4_value", "connect4_early"])
def test_the_reference(file: str) -> None:
    assert_exact(SOLVER, sample(file, "connect4", first_ply=8))


def test_mirrored_positions_have_mirrored_values() -> None:
    moves = [3, 3, 2, 4, 1, 0, 5, 5, 5, 6, 0, 0]
    values = SOLVER.solve(GAME.replay(moves)).values
    mirrored = SOLVER.solve(GAME.replay([6 - move for move in moves])).values
    assert mirrored == {6 - action: value for action, value in values.items()}


@pytest.mark.parametrize(
    ("first", "second", "fault"),
    [
        (0b1, 0b1, "two discs on one cell"),
        (0b10, 0b1 << 7, "a disc that nothing holds up"),
        (0b1, 0, "1 discs against 0, player 0 to move"),
        (1 << 63, 0, "0 discs against 0, player 1 to move"),
        (0b111, 0b1 << 7, "3 discs against 1, player 0 to move"),
        (0b1 << 6, 0b1 << 7, "a disc outside the board"),
        (0b1, 0b1 << 50, "a disc outside the board"),
    ],
)
def test_impossible_boards(first: int, second: int, fault: str) -> None:
    with pytest.raises(ImpossibleState, match=f"Connect 4: {fault}: .*words {first:#x}"):
        SOLVER.solve(np.array([first, second], np.uint64))
