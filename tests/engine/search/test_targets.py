"""What is learnt from a search, on roots built by hand: each number is somebody's arithmetic."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.config import SearchSettings
from engine.evaluator.function import FunctionEvaluator
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.search import search
from engine.search.blackbox import summary
from engine.search.constants import constants_of
from engine.search.root import choose_at_root, draw, strongest, target
from engine.search.tree import EXPANDED, NARROWED, NEW, PROVEN, Tree, allocate
from tests.engine.search.common import (
    CONNECT4,
    PLAIN,
    finish,
    noise_of,
    root_visits,
    some_states,
    waves_of,
)
from tests.toys import HEAP, HashEvaluator

Child = tuple[int, float, float]
"""Visits, mean value, prior."""

Root = Literal["puct", "gumbel"]
ROOTS: list[Root] = ["puct", "gumbel"]


def _root(children: list[Child], exact: dict[int, int] | None = None, value: int = 2) -> Tree:
    """A root with these children, `exact` values of some of them, its own `value` if proven."""
    tree = allocate(1, 20, 2, 7)
    root = tree.nodes[0, 0]
    root["first"], root["children"] = 1, len(children)
    root["visits"] = 1 + sum(visits for visits, _, _ in children)
    root["status"], root["lower"], root["upper"] = EXPANDED, -1, 1
    rows = tree.children(0)
    for i, (visits, mean, prior) in enumerate(children):
        bound = (exact or {}).get(i)
        rows[i]["visits"], rows[i]["value_sum"], rows[i]["prior"] = visits, visits * mean, prior
        rows[i]["status"] = PROVEN if bound is not None else EXPANDED if visits else NEW
        rows[i]["lower"], rows[i]["upper"] = (-1, 1) if bound is None else (bound, bound)
        rows[i]["action"] = i
        if bound == -1:
            root["status"] = NARROWED
    if value != 2:
        root["status"], root["lower"], root["upper"] = PROVEN, value, value
    tree.slots[0]["noisy"] = 1
    return tree


def _target(tree: Tree, config: SearchSettings, value: float = 0.0) -> list[float]:
    c = constants_of(CONNECT4, config, 1000)
    weights = np.zeros(7)
    target(tree.nodes[0], tree.slots[0], value, c, weights)
    return [float(weight) for weight in weights[: len(tree.children(0))]]


def _strongest(tree: Tree, config: SearchSettings, noise: list[float] | None = None) -> int:
    c = constants_of(CONNECT4, config, 1000)
    weights = np.array([*_target(tree, config), *[0.0] * 7])[:7]
    drawn = np.array([*(noise or []), *[0.0] * 7], np.float32)[:7]
    return int(strongest(tree.nodes[0], drawn, c, weights)) - 1


def test_the_target_is_visits_by_their_sum() -> None:
    children: list[Child] = [(6, 0.5, 0.2), (3, 0.1, 0.5), (0, 0, 0.2), (1, -1, 0.1)]
    for config in (PLAIN, SearchSettings(), SearchSettings(forced_playouts=2)):
        tree = _root(children)
        tree.slots[0]["noisy"] = 0
        assert _target(tree, config) == pytest.approx([0.6, 0.3, 0, 0.1])
        assert _strongest(tree, config) == 0


def test_a_target_that_was_sharpened_before_it_is_stored() -> None:
    """Cartridge2 of old: T = 0.1 on the target. Here a temperature draws the move, nothing else."""
    states = some_states(CONNECT4, 10, 1)
    cold = SearchSettings(root_temperature=1.1, prove=False)
    waves = waves_of(CONNECT4, states, 64, cold, noise=1)
    finish(waves, HashEvaluator(CONNECT4))
    found = summary(waves)
    assert np.allclose(found.policy * 64, found.visits, atol=1e-4)
    assert (found.visits.sum(axis=1) == 64).all()


# -- proven children and roots


@pytest.mark.parametrize("root", ROOTS)
def test_a_won_root_teaches_only_winning_moves(root: Root) -> None:
    config = SearchSettings(root=root)
    children: list[Child] = [(50, 0.9, 0.6), (1, 1, 0.1), (3, 0.1, 0.2), (2, 1, 0.1)]
    weights = _target(_root(children, {1: 1, 3: 1}, value=1), config)
    assert weights[0] == weights[2] == 0 and sum(weights) == pytest.approx(1)
    assert weights[1] > 0 and weights[3] > 0


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("value", [0, -1])
def test_a_proven_root_keeps_its_value(root: Root, value: int) -> None:
    config = SearchSettings(root=root)
    children: list[Child] = [(9, value, 0.5), (30, -1, 0.4), (2, value, 0.1)]
    weights = _target(_root(children, {0: value, 1: -1, 2: value}, value=value), config)
    assert (weights[1] > 0) == (value == -1)
    assert weights[0] > 0 and weights[2] > 0 and sum(weights) == pytest.approx(1)


@pytest.mark.parametrize("root", ROOTS)
def test_a_move_that_is_proven_lost_is_never_taught(root: Root) -> None:
    config = SearchSettings(root=root)
    children: list[Child] = [(40, -1, 0.7), (9, -0.2, 0.1), (0, 0, 0.2)]
    weights = _target(_root(children, {0: -1}), config)
    assert weights[0] == 0 and weights[1] > 0
    assert _strongest(_root(children, {0: -1}), config) == 1
    # Everything that was visited is lost: the priors of the others speak.
    only: list[Child] = [(4, -1, 0.6), (0, 0, 0.3), (0, 0, 0.1)]
    weights = _target(_root(only, {0: -1}), config)
    assert weights == pytest.approx([0, 0.75, 0.25], abs=1e-6)
    assert _strongest(_root(only, {0: -1}), config) == 1
    # Everything is lost: nothing is left out.
    every: list[Child] = [(4, -1, 0.6), (2, -1, 0.4)]
    assert min(_target(_root(every, {0: -1, 1: -1}, value=-1), config)) > 0


def test_without_proofs_all_visits_count() -> None:
    children: list[Child] = [(4, -1, 0.5), (4, 0, 0.5)]
    assert _target(_root(children, {0: -1}), SearchSettings(prove=False)) == [0.5, 0.5]


def test_gumbel_plays_the_best_of_what_is_not_lost() -> None:
    """All survivors of the halving are proven lost: the best of the others, not the first."""
    config = SearchSettings(root="gumbel")
    children: list[Child] = [(1, -0.9, 0.1), (8, -1, 0.3), (2, 0.6, 0.3), (8, -1, 0.3)]
    assert _strongest(_root(children, {1: -1, 3: -1}), config) == 2


# -- forced playouts


@st.composite
def _children(draw: st.DrawFn) -> list[Child]:
    count = draw(st.integers(1, 7))
    priors = [draw(st.integers(1, 100)) for _ in range(count)]
    visits = [draw(st.integers(0, 60)) for _ in range(count)]
    visits[draw(st.integers(0, count - 1))] += 1
    means = [draw(st.integers(-8, 8)) / 8 for _ in range(count)]
    return [
        (n, q if n else 0.0, p / sum(priors)) for n, q, p in zip(visits, means, priors, strict=True)
    ]


@settings(deadline=None, max_examples=300)
@given(_children(), st.sampled_from([0.5, 2.0, 8.0]))
def test_forced_playouts_without_the_check_of_puct(children: list[Child], k: float) -> None:
    """CPP subtracts without the check. The best child keeps its visits; another one loses at most
    the forced ones, and not one that PUCT itself would have made."""
    config = SearchSettings(forced_playouts=k, prove=False)
    pruned = np.array(_target(_root(children), config))
    visits = [visits for visits, _, _ in children]
    best = int(np.argmax(visits))
    kept = pruned * visits[best] / pruned[best]
    assert pruned.sum() == pytest.approx(1) and pruned[best] > 0
    n = 1 + sum(visits)
    rate = (config.c_init + math.log((n + config.c_base + 1) / config.c_base)) * math.sqrt(n)
    bar = children[best][1] + rate * children[best][2] / (1 + visits[best])
    for i, (made, q, prior) in enumerate(children):
        assert kept[i] == pytest.approx(round(kept[i]), abs=1e-3)
        left = round(kept[i])
        assert (0 <= left <= made and left != 1) or i == best
        if i == best or made == 0:
            continue
        forced = math.ceil(math.sqrt(k * prior * sum(visits)))
        # One visit less than what is left would make this child better than the best one.
        needed = next((m for m in range(made) if q + rate * prior / (1 + m) <= bar + 1e-6), made)
        assert left >= max(needed, made - forced) - 1e-9 or left == 0
        assert left > 1 or max(needed, made - forced) <= 1


def test_unvisited_moves_are_not_forced() -> None:
    """CPP forces them; one visit must come from PUCT before any is forced."""
    children: list[Child] = [(20, 0.5, 0.1), (0, 0, 0.8), (2, -1, 0.1)]
    c = constants_of(CONNECT4, SearchSettings(forced_playouts=50, fpu_reduction=9, c_init=0), 1000)
    tree = _root(children)
    # sqrt(50 * 0.8 * 22) = 29 for the second, were it visited; 10 for the others.
    assert choose_at_root(tree.nodes[0], tree.slots[0], tree.noise[0], c) == 3
    children[2] = (20, -1, 0.1)
    tree = _root(children)
    assert choose_at_root(tree.nodes[0], tree.slots[0], tree.noise[0], c) == 1


def test_lost_children_and_quiet_roots_force_nothing() -> None:
    children: list[Child] = [(40, 0.5, 0.5), (2, -1, 0.5)]
    c = constants_of(CONNECT4, SearchSettings(forced_playouts=50, c_init=0.1), 1000)
    lost = _root(children, {1: -1})
    assert choose_at_root(lost.nodes[0], lost.slots[0], lost.noise[0], c) == 1
    quiet = _root(children)
    quiet.slots[0]["noisy"] = 0
    assert choose_at_root(quiet.nodes[0], quiet.slots[0], quiet.noise[0], c) == 1
    quiet.slots[0]["noisy"] = 1
    assert choose_at_root(quiet.nodes[0], quiet.slots[0], quiet.noise[0], c) == 2


@pytest.mark.parametrize("game", [CONNECT4, HEAP], ids=lambda game: game.name)
def test_visited_children_get_their_forced_share(game: Game) -> None:
    config = SearchSettings(forced_playouts=2, prove=False)
    states = some_states(game, 10, 3)
    waves = waves_of(game, states, 200, config, noise=2)
    finish(waves, HashEvaluator(game))
    found = summary(waves)
    for slot in range(len(states)):
        children = waves.tree.children(slot)
        for child in children[children["visits"] > 0]:
            assert child["visits"] >= math.floor(math.sqrt(2 * child["prior"] * 199)) - 1
        best = children["visits"].argmax()
        action = int(children["action"][best])
        assert found.policy[slot, action] == found.policy[slot].max()
        assert found.best[slot] == action
        assert sum(root_visits(waves, slot).values()) == 200


# -- what is played


def test_moves_are_drawn_by_weight_and_temperature() -> None:
    weights = np.array([0, 1, 2, 4, 8, 16, 0]) / 31
    tree, rng = _root([(0, 0, 1 / 7)] * 7), np.random.default_rng(0)
    for temperature in (0.5, 1.0, 2.0):
        drawn = [int(draw(tree.nodes[0], weights, temperature, rng)) - 1 for _ in range(20_000)]
        expected = np.where(weights > 0, weights ** (1 / temperature), 0)
        found = np.bincount(drawn, minlength=7) / 20_000
        assert np.abs(found - expected / expected.sum()).max() < 0.015
        assert found[0] == found[6] == 0
    assert {int(draw(tree.nodes[0], weights, 1e-3, rng)) - 1 for _ in range(100)} == {5}


# -- noise and temperature of the root


def test_noise_is_dirichlet_over_legal_actions() -> None:
    """Mean 1 / n and the variance of alpha = total / n, whatever the number n of legal actions."""
    full = CONNECT4.replay([3, 3, 3, 3, 3, 3])
    for state in (CONNECT4.new(), full):
        count = len(CONNECT4.legal(state))
        waves = waves_of(CONNECT4, np.stack([state] * 2000), 1, SearchSettings(), noise=1)
        finish(waves, UniformEvaluator(CONNECT4))
        noise = waves.tree.noise[:, :count]
        assert np.allclose(noise.sum(axis=1), 1, atol=1e-5) and (noise >= 0).all()
        assert noise.mean(axis=0) == pytest.approx([1 / count] * count, abs=0.01)
        expected = (1 / count) * (1 - 1 / count) / (10 + 1)
        assert noise.var(axis=0) == pytest.approx([expected] * count, rel=0.15)


def test_shaped_noise_follows_the_priors() -> None:
    """Half of it goes to those above the mean of log(min(P, 0.01)), in proportion."""
    logits = np.array([0, 0, -7, -8, -9, -10, -11.0])

    def judge(planes: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return np.tile(logits, (len(planes), 1)), np.zeros(len(planes))

    config = SearchSettings(dirichlet_shape=0.5, root_temperature=1, symmetry="as_is")
    waves = waves_of(CONNECT4, np.stack([CONNECT4.new()] * 2000), 1, config, noise=1)
    while waves.descend():
        waves.evaluate(FunctionEvaluator(CONNECT4, judge))
    priors = np.exp(logits) / np.exp(logits).sum()
    logs = np.log(np.minimum(priors, 0.01))
    above = np.maximum(0, logs - logs.mean())
    expected = 0.5 / 7 + 0.5 * above / above.sum()
    assert waves.tree.noise.mean(axis=0) == pytest.approx(expected, abs=0.01)


def test_a_quiet_root_has_the_priors_of_the_network() -> None:
    """No temperature and no noise where nobody explores: arena, browser, fast searches."""
    states = some_states(CONNECT4, 5, 2)
    hot = SearchSettings(root_temperature=3, dirichlet_fraction=1)
    plain = search(CONNECT4, states, 20, HashEvaluator(CONNECT4))
    assert np.array_equal(
        search(CONNECT4, states, 20, HashEvaluator(CONNECT4), hot).prior, plain.prior
    )
    noisy = waves_of(CONNECT4, states, 20, hot, noise=1)
    finish(noisy, HashEvaluator(CONNECT4))
    for slot in range(5):
        assert noisy.tree.children(slot)["prior"] == pytest.approx(noise_of(noisy, slot))
