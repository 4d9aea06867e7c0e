"""Paired matches, honest intervals, agreement with exact play."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actor.accuracy import accuracy, read_positions
from actor.arena import NOTHING, Score, match, openings
from actor.players import AlphaBetaPlayer, RandomPlayer, SearchPlayer, SolverPlayer
from actor.solved import quiet
from engine.config import SearchSettings
from engine.errors import ConfigError, OutOfReach
from engine.evaluator.uniform import UniformEvaluator
from engine.game import State
from engine.games import find
from engine.intervals import bootstrap, wilson
from engine.solver import ExhaustiveSolver, Limits
from tests.toys import HEAP

TICTACTOE = find("tictactoe")
CONNECT4 = find("connect4")
REFERENCE = Path(__file__).resolve().parents[1] / "reference"


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_perfect_players_draw_and_random_ones_lose() -> None:
    perfect = SolverPlayer(ExhaustiveSolver(TICTACTOE))
    assert match(TICTACTOE, perfect, perfect, 20, 0, _rng()).draws == 20
    score = match(TICTACTOE, perfect, RandomPlayer(TICTACTOE), 200, 0, _rng())
    assert score.losses == 0 and score.wins > 150
    mirrored = match(TICTACTOE, RandomPlayer(TICTACTOE), perfect, 200, 0, _rng())
    assert mirrored.wins == 0 and mirrored.losses > 150


def test_each_opening_is_played_from_both_sides() -> None:
    """A player against itself without chance: every pair of games cancels out exactly."""
    fixed = SearchPlayer(CONNECT4, UniformEvaluator(CONNECT4), 10, SearchSettings())
    score = match(CONNECT4, fixed, fixed, 40, 3, _rng())
    assert score.wins == score.losses and score.score == 0.5


def test_openings_are_distinct_unfinished_and_as_long_as_asked() -> None:
    found = openings(CONNECT4, 50, 4, _rng())
    states = [CONNECT4.replay(moves) for moves in found]
    assert len({state.tobytes() for state in states}) == 50
    assert all(len(moves) == 4 and not CONNECT4.is_over(CONNECT4.replay(moves)) for moves in found)
    assert len(openings(TICTACTOE, 30, 1, _rng())) == 30  # only nine exist, so they repeat
    with pytest.raises(ConfigError, match="no Tic-tac-toe game lasts 9 random plies"):
        openings(TICTACTOE, 5, 9, _rng())


def test_sides_and_points_when_nobody_alternates() -> None:
    """In Heap of 7 the exact result tells who wins; the solver takes it from either side."""
    solver = ExhaustiveSolver(HEAP)
    score = match(HEAP, SolverPlayer(solver), SolverPlayer(solver), 10, 0, _rng())
    assert (score.wins, score.losses) == (5, 5)
    against_random = match(HEAP, SolverPlayer(solver), RandomPlayer(HEAP), 200, 0, _rng())
    assert against_random.score > 0.7


def test_odd_matches_are_refused() -> None:
    random = RandomPlayer(TICTACTOE)
    with pytest.raises(ConfigError, match="even number of games, 3 were"):
        match(TICTACTOE, random, random, 3, 0, _rng())


def test_wilson_interval_matches_published_figures() -> None:
    # Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=2e-4)
    assert wilson(0, 20)[0] == 0 and wilson(20, 20)[1] == 1 and wilson(0, 0) == (0, 1)
    assert all(wilson(0, n)[0] == 0 and wilson(n, n)[1] == 1 for n in range(1, 300))


def test_scores_count_games_and_pairs() -> None:
    score = Score.of(np.array([[2, 0], [1, 1], [2, 1], [2, 2], [0, 0]]))
    assert score == Score(wins=4, draws=3, losses=3, pairs=(1, 0, 2, 1, 1))
    assert (score.games, score.score) == (10, 0.55)
    assert NOTHING + score == score
    assert (score + score).pairs == (2, 0, 4, 2, 2)


def test_pairs_that_cancel_out_say_more_than_as_many_games() -> None:
    """100 openings each won by one side: the score is 0.5 and games alone overstate the doubt."""
    score = Score(90, 20, 90, (0, 10, 80, 10, 0))
    low, high = score.paired_interval
    assert 0.47 < low < 0.5 < high < 0.53
    assert score.interval[0] < 0.44
    pulled = Score(90, 20, 90, (40, 5, 10, 5, 40))  # all or nothing: the pairs say less
    assert pulled.paired_interval[0] < pulled.interval[0]


def test_the_bootstrap_of_pairs_is_that_of_their_mean() -> None:
    """Against the normal approximation, which is good here; equal counts, equal answers."""
    pairs = (30, 60, 100, 80, 40)
    total, points = sum(pairs), np.repeat(np.arange(5) / 4, pairs)
    half = 1.96 * points.std() / np.sqrt(total)
    assert bootstrap(pairs) == pytest.approx(
        (points.mean() - half, points.mean() + half), abs=0.003
    )
    assert bootstrap(pairs) == bootstrap(pairs)


def test_equal_pairs_are_no_certainty() -> None:
    assert bootstrap((0, 0, 0, 0, 20)) == wilson(20, 20)
    assert bootstrap((0, 0, 20, 0, 0)) == wilson(10, 20)
    assert bootstrap((0, 0, 0, 0, 0)) == (0, 1)


def test_more_plies_win_where_nobody_alternates() -> None:
    deep, flat = AlphaBetaPlayer(HEAP, 7), AlphaBetaPlayer(HEAP, 1)
    assert match(HEAP, deep, RandomPlayer(HEAP), 200, 0, _rng()).score > 0.7
    assert match(HEAP, deep, flat, 200, 0, _rng()).score > 0.5


def test_the_exhaustive_solver_knows_all_of_tictactoe() -> None:
    solver = ExhaustiveSolver(TICTACTOE)
    positions = read_positions(REFERENCE / "tictactoe_all.jsonl", TICTACTOE)
    assert len(positions) == 4520
    for position in positions:
        assert solver.solve(position.state).values == position.values


def test_the_exhaustive_solver_refuses_what_is_too_large() -> None:
    with pytest.raises(OutOfReach, match="Connect 4: not solved within 500 positions"):
        ExhaustiveSolver(CONNECT4, Limits(nodes=500)).solve(CONNECT4.new())


def test_accuracy_of_known_players() -> None:
    positions = read_positions(REFERENCE / "tictactoe_all.jsonl", TICTACTOE)
    perfect = accuracy(SolverPlayer(ExhaustiveSolver(TICTACTOE)), positions, _rng())
    assert perfect["wdl_optimal"] == perfect["exact_optimal"] == 1.0
    found = accuracy(RandomPlayer(TICTACTOE), positions, _rng())
    low, high = found["wdl_interval"]  # type: ignore[misc]
    assert low < found["random_wdl_optimal"] < high
    assert found["by_ply"].keys() == set(range(9))  # type: ignore[union-attr]


def test_accuracy_counts_connect4_values_by_their_sign() -> None:
    positions = read_positions(REFERENCE / "connect4_main.jsonl", CONNECT4)
    found = accuracy(RandomPlayer(CONNECT4), positions, _rng())
    assert found["positions"] == 458 and "quiet" not in found
    assert found["random_wdl_optimal"] == pytest.approx(0.376, abs=0.01)


def test_the_quiet_set_holds_quiet_positions_of_no_other_set() -> None:
    """And each is there once, mirrored or not."""
    seen = set[bytes]()
    for name in ("main", "early", "dev", "quiet"):
        positions = read_positions(REFERENCE / f"connect4_{name}.jsonl", CONNECT4)
        images = {_image(position.state) for position in positions}
        if name == "quiet":
            assert len(positions) == len(images) == 671 and not images & seen
            assert all(quiet(CONNECT4)(position.state) for position in positions)
        seen |= images


def _image(state: State) -> bytes:
    """The same for a Connect 4 position and its mirror image."""
    rows = np.array(CONNECT4.cells(state)).reshape(6, 7)
    return min(rows.tobytes(), np.ascontiguousarray(rows[:, ::-1]).tobytes())


def test_accuracy_counts_quiet_positions_by_themselves() -> None:
    positions = read_positions(REFERENCE / "connect4_main.jsonl", CONNECT4)
    found: Any = accuracy(AlphaBetaPlayer(CONNECT4, 2), positions, _rng(), quiet(CONNECT4))
    assert found["quiet"]["positions"] == 303  # one in three is a win or a block
    # Two plies are enough for a win and for a block, and for nothing else.
    assert found["quiet"]["wdl_optimal"] < found["wdl_optimal"]
    low, high = found["quiet"]["wdl_interval"]
    assert low < found["quiet"]["wdl_optimal"] < high
    loud = [position for position in positions if not quiet(CONNECT4)(position.state)]
    nothing: Any = accuracy(RandomPlayer(CONNECT4), loud, _rng(), quiet(CONNECT4))
    assert nothing["quiet"] == {"positions": 0, "wdl_optimal": None, "wdl_interval": None}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("not json", "line 2"),
        ('{"game": "tictactoe", "moves": [9], "values": {}}', "line 2.*action 9 is illegal"),
        ('{"game": "tictactoe", "moves": [], "values": {"0": 1}}', "line 2: values for"),
        ('{"game": "tictactoe", "values": {"0": 1}}', "line 2.*moves"),
        ('{"game": "tictactoe", "moves": [], "values": [1]}', "line 2"),
    ],
)
def test_bad_positions_are_named_by_line(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "positions.jsonl"
    good = (REFERENCE / "tictactoe_all.jsonl").read_text().splitlines()[0]
    file.write_text(f"{good}\n{line}\n")
    with pytest.raises(ConfigError, match=message):
        read_positions(file, TICTACTOE)
    with pytest.raises(ConfigError, match="cannot read the positions"):
        read_positions(tmp_path / "missing.jsonl", TICTACTOE)
    with pytest.raises(ConfigError, match="holds no position of connect4"):
        read_positions(REFERENCE / "tictactoe_all.jsonl", CONNECT4)
