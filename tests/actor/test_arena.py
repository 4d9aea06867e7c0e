"""Players by name, paired matches, honest intervals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actor.accuracy import accuracy, read_positions
from actor.arena import Score, match, openings, wilson
from actor.players import Player, RandomPlayer, SearchPlayer, SolverPlayer, player
from engine.config import SearchSettings
from engine.errors import ConfigError, ModelError, OutOfReach, StorageError
from engine.evaluator.uniform import UniformEvaluator
from engine.games import find
from engine.solver import ExhaustiveSolver, Limits
from storage.layout import RunPaths, create
from storage.models.filesystem import FilesystemModels
from tests import laws
from tests.models import linear_model
from tests.toys import HEAP

TICTACTOE = find("tictactoe")
CONNECT4 = find("connect4")
REFERENCE = Path(__file__).resolve().parents[1] / "reference"


@pytest.fixture
def models(tmp_path: Path) -> FilesystemModels:
    paths = RunPaths(tmp_path / "run")
    create(paths)
    return FilesystemModels(paths)


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
    assert len({state.tobytes() for state in found}) == 50
    assert all(sum(c > 0 for c in CONNECT4.cells(state)) == 4 for state in found)
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
    assert Score(4, 1, 2, 1).score == 0.5


def test_specs_name_players(models: FilesystemModels) -> None:
    models.publish(linear_model(CONNECT4, step=4000), 4000)
    models.promote(linear_model(CONNECT4, step=3000, seed=1))
    settings = SearchSettings()

    def made(spec: str) -> Player:
        return player(spec, CONNECT4, models, settings)

    assert isinstance(made("random"), RandomPlayer)
    assert isinstance(made("solver"), SolverPlayer)
    for spec in ("latest@30", "model:latest@30", "model:step_004000@30"):
        found = made(spec)
        assert isinstance(found, SearchPlayer) and found.simulations == 30
        assert found.evaluator.card.step == 4000  # type: ignore[attr-defined]
    assert made("best@30").evaluator.card.step == 3000  # type: ignore[attr-defined]
    assert made("mcts:50/t0.5").temperature == 0.5  # type: ignore[attr-defined]
    for wrong in ("", "latest", "mcts:", "mcts:0", "alphago@3", "latest@x", "random@3"):
        with pytest.raises(ConfigError):
            made(wrong)
    with pytest.raises(StorageError, match="steps are: 4000"):
        made("step_000001@3")


def test_a_model_that_does_not_exist_yet(models: FilesystemModels) -> None:
    with pytest.raises(ModelError, match="no latest model yet"):
        player("latest@3", CONNECT4, models, SearchSettings())


def test_policy_alone_is_the_networks_opinion(models: FilesystemModels) -> None:
    models.publish(linear_model(CONNECT4, seed=3, scale=2.0), 1)
    raw = player("latest@0", CONNECT4, models, SearchSettings())
    assert isinstance(raw, SearchPlayer)
    some = [s for s in laws.random_states(CONNECT4, 1, 5) if not CONNECT4.is_over(s)]
    states = np.stack(some)
    chosen = raw.choose(states, _rng())
    logits, _ = raw.evaluator.evaluate(np.stack([CONNECT4.observe(s) for s in states]))
    for state, action, row in zip(states, chosen, logits, strict=True):
        legal = CONNECT4.legal(state)
        assert action == legal[int(np.argmax(row[legal]))]


def test_temperature_spreads_the_moves() -> None:
    states = np.stack([CONNECT4.new()] * 300)
    sharp = SearchPlayer(CONNECT4, UniformEvaluator(CONNECT4), 30, SearchSettings())
    spread = SearchPlayer(CONNECT4, UniformEvaluator(CONNECT4), 30, SearchSettings(), 1.0)
    assert len(set(sharp.choose(states, _rng()))) == 1
    counts = np.bincount(spread.choose(states, _rng()), minlength=7)
    assert (counts > 20).all()


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
    assert found["positions"] == 458
    assert found["random_wdl_optimal"] == pytest.approx(0.376, abs=0.01)


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
