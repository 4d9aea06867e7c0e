"""Whatever the game: exact or refused, and a clear word for nonsense."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import CartridgeError, FinishedGame, ImpossibleState, OutOfReach
from engine.game import Game, State
from engine.games import all_games, find
from engine.solver import ExhaustiveSolver, Limits, Solution, Solver, solver_for
from engine.solver.interface import Control
from tests.toys import HEAP

SMALL = Limits(nodes=3_000, seconds=2.0)
NAMES = ("connect4", "kalaha", "kalaha4", "othello", "tictactoe")
SOLVERS = {name: solver_for(find(name), SMALL) for name in NAMES}
WORD = st.integers(0, 2**64 - 1)


def _after_random_moves(game: Game, seed: int, plies: int) -> State:
    rng = np.random.default_rng(seed)
    state = game.new()
    for _ in range(plies):
        following = game.after(state, int(rng.choice(game.legal(state))))
        if game.is_over(following):
            break
        state = following
    return state


def test_a_solution_sums_up_its_values() -> None:
    found = Solution({0: -3, 2: 4, 5: 4})
    assert (found.value, found.outcome, found.best) == (4, "win", (2, 5))
    assert (Solution({1: 0, 2: -1}).outcome, Solution({1: -2}).outcome) == ("draw", "loss")


def test_games_find_their_solver_by_the_name_of_their_file() -> None:
    assert {name: type(s).__name__ for name, s in SOLVERS.items()} == {
        "connect4": "Connect4Solver",
        "kalaha": "KalahaSolver",
        "kalaha4": "KalahaSolver",
        "othello": "OthelloSolver",
        "tictactoe": "ExhaustiveSolver",
    }
    assert isinstance(solver_for(HEAP), ExhaustiveSolver)
    assert all(isinstance(solver_for(game), Solver) for game in all_games().values())


@pytest.mark.parametrize("name", [name for name in NAMES if name != "tictactoe"])
def test_the_start_is_out_of_reach_of_small_limits(name: str) -> None:
    game = find(name)
    with pytest.raises(OutOfReach, match=f"{re.escape(game.title)}.* within 3000 positions.*words"):
        SOLVERS[name].solve(game.new())


@pytest.mark.parametrize("name", ["connect4", "kalaha4", "othello"])
def test_time_is_a_limit_too(name: str) -> None:
    with pytest.raises(OutOfReach, match=r"0\.2 s"):
        solver_for(find(name), Limits(nodes=10**12, seconds=0.2)).solve(find(name).new())


def test_a_refusal_leaves_nothing_wrong_behind() -> None:
    """A search that was cut short must not have remembered what it had not finished."""
    game = find("connect4")
    state = game.replay([3, 3, 2, 4, 1, 0, 5, 5, 5, 6, 1, 1, 0, 0])
    exact = solver_for(game).solve(state)
    cut = solver_for(game, Limits(nodes=2_000))
    for _ in range(50):
        try:
            assert cut.solve(state) == exact
        except OutOfReach:
            continue


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_state_at_all(name: str) -> None:
    game, solver = find(name), SOLVERS[name]
    nonsense = (None, [0, 0], np.zeros(game.words), np.zeros(game.words + 1, np.uint64))
    for wrong in nonsense:
        with pytest.raises(ImpossibleState, match=f"{re.escape(game.title)}.*uint64"):
            solver.solve(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_a_finished_game_has_no_values(name: str) -> None:
    game = find(name)
    state = game.new()
    while not game.is_over(state):
        state = game.after(state, game.legal(state)[0])
    with pytest.raises(FinishedGame, match=f"{re.escape(game.title)} is over"):
        SOLVERS[name].solve(state)


@pytest.mark.parametrize("name", ["connect4", "kalaha", "othello"])
@settings(max_examples=100, deadline=None)
@given(words=st.lists(WORD, min_size=3, max_size=3))
def test_random_words_are_refused(name: str, words: list[int]) -> None:
    state = np.array(words[: find(name).words], np.uint64)
    with pytest.raises(CartridgeError, match=re.escape(find(name).title)):
        SOLVERS[name].solve(state)


@pytest.mark.parametrize("name", ["connect4", "kalaha", "kalaha4", "othello"])
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 999), plies=st.integers(0, 60), bit=st.integers(0, 191))
def test_one_wrong_bit_is_refused_or_harmless(name: str, seed: int, plies: int, bit: int) -> None:
    """A damaged state may be another possible one; then every legal action has a value."""
    game = find(name)
    state = _after_random_moves(game, seed, plies)
    word = bit // 64 % game.words
    state[word] ^= np.uint64(1 << bit % 64)
    try:
        found = SOLVERS[name].solve(state)
    except (ImpossibleState, FinishedGame, OutOfReach) as error:
        assert game.title in str(error)
    else:
        assert sorted(found.values) == game.legal(state) != []


def test_the_exhaustive_memory_is_bounded() -> None:
    solver = ExhaustiveSolver(find("connect4"), Limits(nodes=500))
    for _ in range(2):
        with pytest.raises(OutOfReach):
            solver.solve(find("connect4").new())
    assert len(solver._margins) <= 500


def test_each_solver_has_its_own_limit_where_none_is_named() -> None:
    assert ExhaustiveSolver(HEAP).nodes == 200_000
    assert ExhaustiveSolver(HEAP, Limits(seconds=1.0)).nodes == 200_000
    assert solver_for(find("connect4"), Limits(seconds=1.0)).nodes > 10**9


def test_an_error_message_survives_what_cannot_be_drawn() -> None:
    class Undrawable(ExhaustiveSolver):
        def fault(self, state: State) -> str | None:
            return "nothing fits"

        def values(self, state: State, control: Control) -> dict[int, int] | None:
            raise AssertionError

    for name in NAMES:
        game = find(name)
        with pytest.raises(ImpossibleState, match=r"nothing fits.*0xffffffffffffffff"):
            Undrawable(game).solve(np.full(game.words, 2**64 - 1, np.uint64))


def test_a_full_memory_is_given_up_for_what_is_asked_next() -> None:
    game = find("tictactoe")
    solver = ExhaustiveSolver(game, Limits(nodes=100))
    with pytest.raises(OutOfReach):
        solver.solve(game.new())
    end = game.replay([0, 1, 2, 4, 3, 5])
    assert solver.solve(end) == ExhaustiveSolver(game).solve(end)


@pytest.mark.parametrize(
    ("name", "plies", "near"),
    [
        ("tictactoe", 0, True),
        ("hex7", 0, False),
        ("hex7", 20, False),
        ("connect4", 4, False),
        ("connect4", 20, True),
        ("othello", 20, False),
        ("othello", 50, True),
        ("kalaha", 0, False),
        ("kalaha4", 0, False),
    ],
)
def test_what_a_second_may_be_enough_for(name: str, plies: int, near: bool) -> None:
    game = find(name)
    state = _after_random_moves(game, 3, plies)
    assert solver_for(game).near(state) is near


def test_the_end_of_a_sowing_game_is_near() -> None:
    game = find("kalaha4")
    state = _after_random_moves(game, 1, 60)
    cells = game.cells(state)
    assert sum(cells) - cells[0] - cells[-1] < 30 and solver_for(game).near(state)


def test_values_in_words() -> None:
    tictactoe, othello = SOLVERS["tictactoe"], SOLVERS["othello"]
    assert [tictactoe.words(find("tictactoe").new(), v) for v in (1, 0, -1)] == [
        "win",
        "draw",
        "loss",
    ]
    assert othello.words(find("othello").new(), -12) == "loss by 12"


def test_a_length_in_words_is_the_number_of_moves_to_the_end() -> None:
    """Both sides play best; whoever is to win counts his own moves, the last one included."""
    game, solver = find("connect4"), solver_for(find("connect4"))
    decided = 0
    for seed in range(12):
        state = _after_random_moves(game, seed, 18 + seed % 2)
        found = solver.solve(state)
        words, me = solver.words(state, found.value), game.mover(state)
        winner = me if found.value > 0 else 1 - me
        moves = 0
        while not game.is_over(state):
            moves += game.mover(state) == winner
            state = game.after(state, solver.solve(state).best[0])
        if game.result(state) == 0:
            assert words == "draw"
            continue
        decided += 1
        said = "win" if found.value > 0 else "loss"
        assert words == f"{said} in {moves} move{'' if moves == 1 else 's'}"
    assert decided > 4


def test_one_position_may_have_a_time_of_its_own() -> None:
    solver = solver_for(find("connect4"), Limits(nodes=10**12, seconds=60.0))
    with pytest.raises(OutOfReach, match=r" 0\.1 s"):
        solver.solve(find("connect4").new(), seconds=0.1)
