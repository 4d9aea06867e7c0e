"""The search as a black box: what it refuses, and answers that are known by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.config import SearchSettings
from engine.errors import FinishedGame
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.games import find
from engine.search import search
from engine.solver import ExhaustiveSolver
from tests.engine.search.common import CONNECT4, GAMES, PLAIN, TICTACTOE, some_states
from tests.toys import HEAP, HashEvaluator


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_the_answer_is_about_legal_actions(game: Game) -> None:
    """In games whose action ids have gaps, the child number is not the action."""
    states = some_states(game, 20, seed=3)
    found = search(game, states, 50, HashEvaluator(game), PLAIN)
    assert (found.visits.sum(axis=1) == 50).all()
    for i, state in enumerate(states):
        illegal = sorted(set(range(game.actions)) - set(game.legal(state)))
        for row in (found.visits, found.prior, found.policy):
            assert (row[i, illegal] == 0).all()
        assert found.best[i] == found.visits[i].argmax() == found.line[i][0]
        for action in found.line[i]:  # the line can be played
            state = game.after(state, action)


def test_a_position_is_searched_alike_alone_and_in_company() -> None:
    states = some_states(CONNECT4, 32, seed=4)
    for settings in (PLAIN, SearchSettings(), SearchSettings(root="gumbel")):
        together = search(CONNECT4, states, 60, HashEvaluator(CONNECT4), settings)
        for i, state in enumerate(states):
            alone = search(CONNECT4, state[None], 60, HashEvaluator(CONNECT4), settings)
            assert np.array_equal(alone.visits[0], together.visits[i])


def test_sign_by_ply_parity() -> None:
    """Pgx and others: values flip although the mover stays. A heap, a Kalaha chain, a pass."""
    for stones in range(1, 8):
        for player in (0, 1):
            state = np.array([stones, player, 1 - player], np.uint64)
            best = ExhaustiveSolver(HEAP).solve(state).value
            for settings, count in ((PLAIN, 2000), (SearchSettings(), 200)):
                found = search(HEAP, state[None], count, UniformEvaluator(HEAP), settings)
                assert np.sign(best) == np.sign(found.value[0]), (stones, player)
    kalaha = find("kalaha4")
    state = np.zeros(2, np.uint64)
    state[0] = 1 << 40 | 2 << 32 | 20 << 48  # pits 4 and 5 hold 2 and 1 stones; 20 are banked
    state[1] = 1 << 0 | 24 << 48
    # Each of both moves ends in the store and keeps the turn: 23 to 25 is not enough, and the
    # network says that the mover wins wherever it looks.
    assert kalaha.legal(state) == [4, 5]
    for action in kalaha.legal(state):
        assert kalaha.mover(kalaha.after(state, action)) == 0

    def confident(planes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros((len(planes), 6)), np.full(len(planes), 0.75)

    found = search(kalaha, state[None], 1, confident, PLAIN)
    assert found.value[0] == pytest.approx(0.75)  # the mover stays: twice his own 0.75
    turned = search(CONNECT4, CONNECT4.new()[None], 1, _sure(CONNECT4), PLAIN)
    assert turned.value[0] == pytest.approx(0)  # the mover changes: 0.75 and -0.75


def test_sign_of_an_othello_pass() -> None:
    """After a forced pass the same player is at the move again, two plies later."""
    game, rng = find("othello"), np.random.default_rng(0)
    state = game.new()
    while game.is_over(state) or game.legal(state) != [64]:
        if game.is_over(state):
            state = game.new()
        state = game.after(state, int(rng.choice(game.legal(state))))
    after = game.after(state, 64)
    assert game.mover(after) != game.mover(state)
    found = search(game, state[None], 1, _sure(game), PLAIN)
    assert found.q[0, 64] == pytest.approx(-0.75) and found.value[0] == pytest.approx(0)


def _sure(game: Game):  # type: ignore[no-untyped-def]
    """The mover wins, says this evaluator, whoever he is."""

    def judge(planes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros((len(planes), game.actions)), np.full(len(planes), 0.75)

    return judge


def test_an_unvisited_child_is_worth_the_mean_less_a_reduction() -> None:
    """Not zero: in a lost position every new child would look great, in a won one terrible."""
    for value in (-0.9, 0.9):

        def judge(planes: np.ndarray, value: float = value) -> tuple[np.ndarray, np.ndarray]:
            # One disc a ply: the first player is as sure as ever.
            ply = planes[:, :2].sum(axis=(1, 2, 3))
            return np.zeros((len(planes), 7)), np.where(ply % 2 == 0, value, -value)

        visits = {}
        for reduction in (0.0, 5.0):
            settings = PLAIN.model_copy(update={"fpu_reduction": reduction, "c_init": 0.2})
            found = search(CONNECT4, CONNECT4.new()[None], 7, judge, settings)
            visits[reduction] = sorted(found.visits[0].tolist())
            assert found.q[0][found.visits[0] > 0] == pytest.approx(value)
        assert visits[0.0] == [1] * 7  # whatever the position is worth, all are alike
        # Below -1 nobody is worth less: a lost position is not searched along one line only.
        assert visits[5.0] == [0] * 6 + [7] if value > 0 else visits[5.0][-1] > 1


def test_more_simulations_find_the_win_that_one_misses() -> None:
    state = CONNECT4.replay([3, 3, 2, 2, 4, 0])  # three in a row, both ends open
    found = search(CONNECT4, state[None], 50, UniformEvaluator(CONNECT4), PLAIN)
    assert found.best[0] in (1, 5) and found.value[0] > 0.5
    blocked = CONNECT4.replay([0, 3, 0, 2, 6, 4])  # the other side threatens on both sides
    lost = search(CONNECT4, blocked[None], 400, UniformEvaluator(CONNECT4), PLAIN)
    assert lost.value[0] < -0.4


def test_deterministic_without_noise_and_different_with_it() -> None:
    states = np.stack([CONNECT4.new()] * 2)
    one, other = (search(CONNECT4, states, 60, HashEvaluator(CONNECT4)) for _ in range(2))
    assert np.array_equal(one.visits, other.visits)

    def noisy(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return search(CONNECT4, states, 60, HashEvaluator(CONNECT4), noise_rng=rng).prior

    assert not np.array_equal(noisy(0)[0], noisy(0)[1])  # each root has noise of its own
    assert np.array_equal(noisy(0), noisy(0)) and not np.array_equal(noisy(0), noisy(1))


def test_noise_falls_on_legal_actions_only() -> None:
    state = CONNECT4.replay([3, 3, 3, 3, 3, 3])
    settings = SearchSettings(dirichlet_fraction=1.0)
    rng = np.random.default_rng(0)
    found = search(CONNECT4, state[None], 20, HashEvaluator(CONNECT4), settings, rng)
    assert found.prior[0, 3] == 0 and found.prior[0].sum() == pytest.approx(1, abs=1e-5)


def test_what_cannot_be_searched_is_refused() -> None:
    game, judge = TICTACTOE, UniformEvaluator(TICTACTOE)
    with pytest.raises(ValueError, match="at least 1 simulation, 0"):
        search(game, game.new()[None], 0, judge)
    over = game.replay([0, 3, 1, 4, 2])
    with pytest.raises(FinishedGame, match=r"nothing to search.*111/22"):
        search(game, np.stack([game.new(), over]), 10, judge)
    wrong: Any
    for wrong in (
        game.new(),
        game.new()[None].astype(np.int64),
        np.zeros((1, 3), np.uint64),
        np.zeros((1, 2, 2), np.uint64),
    ):
        with pytest.raises(ValueError, match=r"Tic-tac-toe needs uint64\[B, 2\]; np.stack"):
            search(game, wrong, 10, judge)


def test_states_that_are_not_contiguous_are_searched_alike() -> None:
    states = some_states(CONNECT4, 6, seed=1)
    wide = np.zeros((12, 4), np.uint64)
    wide[::2, 1:3] = states
    found = search(CONNECT4, wide[::2, 1:3], 30, HashEvaluator(CONNECT4))
    expected = search(CONNECT4, states, 30, HashEvaluator(CONNECT4))
    assert np.array_equal(found.visits, expected.visits)
