"""The search against its naive twin, and against answers known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from engine.config import SearchSettings
from engine.errors import FinishedGame
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.games import all_games, find
from engine.search.puct import Puct
from engine.search.search import Waves, puct_of, search
from engine.search.tree import bytes_per_slot
from engine.solver.exhaustive import ExhaustiveSolver
from tests import laws
from tests.engine.search.naive import NaiveSearch, Node
from tests.toys import HEAP, HashEvaluator

GAMES = [*all_games().values(), HEAP]


def _some_states(game: Game, count: int, seed: int) -> np.ndarray:
    states = [s for s in laws.random_states(game, seed, games=20) if not game.is_over(s)]
    rng = np.random.default_rng(seed)
    return np.stack([states[i] for i in rng.choice(len(states), count)])


def _visits(game: Game, root: Node) -> list[int]:
    return [
        child.visits if isinstance(child := root.children.get(a), Node) else 0
        for a in range(game.actions)
    ]


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
@pytest.mark.parametrize("simulations", [1, 2, 7, 100, 300])
def test_twin_agrees_visit_for_visit(game: Game, simulations: int) -> None:
    settings = SearchSettings()
    states = _some_states(game, 12, seed=simulations)
    found = search(game, states, simulations, HashEvaluator(game), settings)
    twin = NaiveSearch(game, HashEvaluator(game), puct_of(settings, noisy=False))
    for i, state in enumerate(states):
        root = twin.run(state, simulations)
        assert found.visits[i].tolist() == _visits(game, root), game.text(state)
        mean = root.total / root.visits * (1 if game.mover(state) == 0 else -1)
        assert found.value[i] == pytest.approx(mean, abs=1e-6)


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_twin_agrees_with_noise_and_temperature(game: Game) -> None:
    puct = Puct(1.1, 50.0, 0.33, root_temperature=1.4, noise_fraction=0.25)
    states = _some_states(game, 8, seed=5)
    rng = np.random.default_rng(1)
    waves = Waves(game, len(states), 80, puct)
    noises = []
    for slot, state in enumerate(states):
        legal = len(game.legal(state))
        noise = rng.dirichlet([0.5] * legal).astype(np.float32)
        waves.start(slot, state, 80)
        waves.tree.noise[slot, :legal] = noise
        noises.append(noise)
    evaluator = HashEvaluator(game)
    while waves.descend():
        waves.evaluate(evaluator)
    twin = NaiveSearch(game, HashEvaluator(game), puct)
    for slot, state in enumerate(states):
        tree = waves.tree
        children = tree.first_child[slot, 0] + np.arange(tree.children[slot, 0])
        visits = dict(zip(tree.action[slot, children], tree.visits[slot, children], strict=True))
        expected = _visits(game, twin.run(state, 80, noises[slot]))
        assert [int(visits.get(a, 0)) for a in range(game.actions)] == expected


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_visits_sum_to_the_simulations(game: Game) -> None:
    states = _some_states(game, 20, seed=3)
    found = search(game, states, 50, HashEvaluator(game))
    assert (found.visits.sum(axis=1) == 50).all()
    assert np.allclose(found.policy.sum(axis=1), 1)
    for i, state in enumerate(states):
        illegal = sorted(set(range(game.actions)) - set(game.legal(state)))
        assert (found.visits[i, illegal] == 0).all() and (found.prior[i, illegal] == 0).all()
        assert found.prior[i].sum() == pytest.approx(1, abs=1e-5)
        assert found.best[i] == found.visits[i].argmax()


def test_a_position_is_searched_alike_alone_and_in_company() -> None:
    game = find("connect4")
    states = _some_states(game, 32, seed=4)
    together = search(game, states, 60, HashEvaluator(game))
    for i, state in enumerate(states):
        alone = search(game, state[None], 60, HashEvaluator(game))
        assert np.array_equal(alone.visits[0], together.visits[i])


def test_values_are_for_the_mover_when_nobody_alternates() -> None:
    """Heap of 3: taking 2 keeps the move, then the last stone wins. Exact play says so too."""
    state = HEAP.after(HEAP.new(), 4)
    assert HEAP.mover(state) == 1 and int(state[0]) == 3
    assert ExhaustiveSolver(HEAP).solve(state).values == {1: -1, 2: 1}
    found = search(HEAP, state[None], 200, UniformEvaluator(HEAP))
    assert found.value[0] > 0.8
    lost = np.array([[1, 0, 1]], np.uint64)  # one stone: the mover takes it
    assert search(HEAP, lost, 10, UniformEvaluator(HEAP)).value[0] > 0.8
    for stones in range(1, 8):
        for player in (0, 1):
            state = np.array([stones, player, 1 - player], np.uint64)
            best = ExhaustiveSolver(HEAP).solve(state).value
            value = search(HEAP, state[None], 2000, UniformEvaluator(HEAP)).value[0]
            assert np.sign(best) == np.sign(value), (stones, player, value)


def test_more_simulations_find_the_win_that_one_misses() -> None:
    game = find("connect4")
    state = game.replay([3, 3, 2, 2, 4, 0])  # three in a row, both ends open
    found = search(game, state[None], 50, UniformEvaluator(game))
    assert found.best[0] in (1, 5) and found.value[0] > 0.5
    blocked = game.replay([0, 3, 0, 2, 6, 4])  # the other side threatens on both sides
    assert search(game, blocked[None], 400, UniformEvaluator(game)).value[0] < -0.4


def test_deterministic_without_noise_and_different_with_it() -> None:
    game = find("connect4")
    states = np.stack([game.new()] * 2)
    plain = [search(game, states, 60, HashEvaluator(game)).visits for _ in range(2)]
    assert np.array_equal(*plain)
    noisy = search(game, states, 60, HashEvaluator(game), noise_rng=np.random.default_rng(0))
    assert not np.array_equal(noisy.prior[0], noisy.prior[1])  # each root has noise of its own


def test_noise_falls_on_legal_actions_only() -> None:
    game = find("connect4")
    state = game.replay([3, 3, 3, 3, 3, 3])
    settings = SearchSettings(dirichlet_fraction=1.0)
    found = search(game, state[None], 20, HashEvaluator(game), settings, np.random.default_rng(0))
    assert found.prior[0, 3] == 0 and found.prior[0].sum() == pytest.approx(1, abs=1e-5)


def test_zero_simulations_and_finished_games_are_refused() -> None:
    game = find("tictactoe")
    with pytest.raises(ValueError, match="at least 1 simulation, 0"):
        search(game, game.new()[None], 0, UniformEvaluator(game))
    over = game.replay([0, 3, 1, 4, 2])
    with pytest.raises(FinishedGame, match=r"nothing to search.*111/22"):
        search(game, over[None], 10, UniformEvaluator(game))


def test_finished_leaves_cost_no_evaluation() -> None:
    """One empty cell: the only child is terminal, so the root is all the network sees."""
    game = find("tictactoe")
    state = game.replay([0, 1, 2, 4, 3, 5, 7, 6])
    evaluator = HashEvaluator(game)
    found = search(game, state[None], 50, evaluator)
    assert evaluator.rows == 1 and found.visits[0, 8] == 50


def test_a_tree_of_800_simulations_is_small() -> None:
    game = find("connect4")
    waves = Waves(game, 2, 800, puct_of(SearchSettings(), noisy=False))
    assert bytes_per_slot(waves.tree) < 400_000
