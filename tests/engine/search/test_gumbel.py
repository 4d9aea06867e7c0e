"""The Gumbel root against golden values of mctx; see the header of the file for what they are."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.config import SearchSettings
from engine.evaluator.uniform import UniformEvaluator
from engine.games import find
from engine.search import search
from engine.search.blackbox import summary
from engine.search.constants import Constants, constants_of
from engine.search.gumbel import sigma
from engine.search.halving import considered_visits, phases, whole_phases
from engine.search.root import choose_at_root, strongest, target
from engine.search.tree import EXPANDED, Tree, allocate
from tests.engine.search.common import (
    CONNECT4,
    finish,
    noise_of,
    root_visits,
    some_states,
    waves_of,
)
from tests.engine.search.naive import alike_after, visits_wanted
from tests.toys import HashEvaluator

GOLDEN = json.loads(
    (Path(__file__).resolve().parents[2] / "reference" / "gumbel_mctx.json").read_text()
)
OTHELLO = find("othello")  # 65 actions, as many as the largest case
ROOT = 0


def _constants(case: dict[str, Any], simulations: int, considered: int = 16) -> Constants:
    settings = SearchSettings(
        root="gumbel", value_scale=case["value_scale"], considered=considered, prove=False
    )
    return constants_of(OTHELLO, settings, simulations)


def _root(case: dict[str, Any], gumbel: list[float] | None = None) -> Tree:
    """A root with a child for each legal action, nobody visited."""
    tree = allocate(1, 100, 3, OTHELLO.actions)
    nodes = tree.nodes[0]
    logits = np.array(case["logits"])
    priors = np.exp(logits - logits.max()) * case["legal"]
    priors /= priors.sum()
    legal = np.flatnonzero(case["legal"])
    nodes[ROOT]["visits"], nodes[ROOT]["status"] = 1, EXPANDED
    nodes[ROOT]["first"], nodes[ROOT]["children"] = 1, len(legal)
    children = tree.children(0)
    children["action"], children["prior"] = legal, priors[legal]
    tree.wdl[0] = (1 + case["value"]) / 2, 0, (1 - case["value"]) / 2
    if gumbel is not None:
        tree.noise[0, : len(legal)] = np.array(gumbel)[legal]
    return tree


def _visit(tree: Tree, child: int, visits: int, q: float) -> None:
    for node in (ROOT, child):
        tree.nodes[0, node]["visits"] += visits
    tree.nodes[0, child]["value_sum"] += visits * q


def _target(tree: Tree, c: Constants) -> NDArray[np.float64]:
    """The improved policy by action."""
    weights = np.zeros(OTHELLO.actions)
    value = float(tree.wdl[0, 0] - tree.wdl[0, 2])
    target(tree.nodes[0], tree.slots[0], value, c, weights)
    children = tree.children(0)
    found = np.zeros(OTHELLO.actions)
    found[children["action"]] = weights[: len(children)]
    return found


@pytest.mark.parametrize("m", range(1, 17))
def test_the_schedule_is_that_of_mctx(m: int) -> None:
    for n in range(1, 65):
        assert considered_visits(m, n) == GOLDEN["schedule"][str(m)][str(n)], n


@given(st.integers(1, 65), st.integers(1, 400))
def test_whole_phases_leave_all_survivors_alike(m: int, n: int) -> None:
    """And the plan is a plan: nobody is visited before he has as many visits as asked for."""
    plan, whole = considered_visits(m, n), whole_phases(m, n)
    assert plan == visits_wanted(m, n) and whole == alike_after(m, n)
    assert 1 <= whole <= n
    counts = [0] * m
    for wanted in plan[:whole]:
        counts[counts.index(wanted)] += 1
    last, spent = m, 0
    for survivors, each in phases(m, n):
        last = survivors if spent < whole else last
        spent += survivors * each
    if whole >= m:
        assert sorted(counts)[-last:] == [max(counts)] * last
    else:
        assert whole == n and set(counts) <= {0, 1}


@pytest.mark.parametrize("i", range(len(GOLDEN["improve"])))
def test_the_improved_policy_is_that_of_mctx(i: int) -> None:
    case = GOLDEN["improve"][i]
    tree, c = _root(case), _constants(case, 1 + sum(case["visits"]))
    first = int(tree.nodes[0, ROOT]["first"])
    for k, child in enumerate(tree.children(0)):
        action = int(child["action"])
        if case["visits"][action]:
            _visit(tree, first + k, case["visits"][action], case["q"][action])
    most = max(case["visits"])
    for completed, expected in zip(case["completed_q01"], case["sigma"], strict=True):
        if expected is not None:
            assert sigma(2 * completed - 1, most, c) == pytest.approx(expected, rel=1e-6)
    policy = _target(tree, c)[: len(case["policy"])]
    assert policy == pytest.approx(case["policy"], abs=2e-5)


@pytest.mark.parametrize("i", range(len(GOLDEN["searches"])))
def test_whole_searches_are_those_of_mctx(i: int) -> None:
    """On a bandit, so that the root is all: the same noise, the same visits, move and policy."""
    case = GOLDEN["searches"][i]
    tree = _root(case, case["gumbel"])
    c = _constants(case, case["simulations"], case["considered"])
    nodes, slot, noise = tree.nodes[0], tree.slots[0], tree.noise[0]
    for _ in range(case["simulations"]):
        child = int(choose_at_root(nodes, slot, noise, c))
        _visit(tree, child, 1, case["q"][int(nodes[child]["action"])])
    visits = np.zeros(len(case["visits"]), int)
    visits[tree.children(0)["action"]] = tree.children(0)["visits"]
    assert visits.tolist() == case["visits"]
    policy = _target(tree, c)
    assert policy[: len(visits)] == pytest.approx(case["policy"], abs=2e-5)
    weights = policy[tree.children(0)["action"]]
    assert nodes[int(strongest(nodes, noise, c, weights))]["action"] == case["action"]


# -- in real searches


def test_a_search_ends_where_a_phase_ends() -> None:
    for considered, simulations in ((16, 50), (4, 13), (7, 32), (3, 2)):
        settings = SearchSettings(root="gumbel", considered=considered, prove=False)
        waves = waves_of(CONNECT4, CONNECT4.new()[None], simulations, settings, noise=1)
        finish(waves, HashEvaluator(CONNECT4))
        visits = sorted(root_visits(waves, 0).values())
        assert sum(visits) == whole_phases(min(7, considered), simulations) <= simulations
        assert visits[-1] == visits[-2]
        assert sum(n > 0 for n in visits) == min(7, considered, simulations)


def test_without_noise_the_best_logits_are_considered() -> None:
    settings = SearchSettings(root="gumbel", considered=3, prove=False)
    waves = waves_of(CONNECT4, some_states(CONNECT4, 10, 2), 24, settings)
    finish(waves, HashEvaluator(CONNECT4))
    for slot in range(10):
        children = waves.tree.children(slot)
        assert set(noise_of(waves, slot)) == {0.0}
        best = np.argsort(-children["prior"], kind="stable")[:3]
        assert set(np.flatnonzero(children["visits"])) == set(best)


def test_noise_is_standard_gumbel() -> None:
    """Its mean is Euler's constant, its variance pi^2 / 6."""
    states = np.stack([OTHELLO.new()] * 1000)
    waves = waves_of(OTHELLO, states, 1, SearchSettings(root="gumbel"), noise=3)
    finish(waves, UniformEvaluator(OTHELLO))
    noise = waves.tree.noise[:, :4].ravel()
    assert noise.mean() == pytest.approx(np.euler_gamma, abs=0.08)
    assert noise.var() == pytest.approx(math.pi**2 / 6, rel=0.15)
    assert (waves.tree.noise[:, 4:] == 0).all()  # there are four legal actions


def test_the_policy_that_is_learnt_has_no_noise_in_it() -> None:
    """Alike values: the improved policy is the prior, whatever the noise preferred."""
    for seed in range(3):
        settings = SearchSettings(root="gumbel", prove=False)
        waves = waves_of(CONNECT4, CONNECT4.new()[None], 32, settings, noise=seed)
        finish(waves, UniformEvaluator(CONNECT4))
        assert summary(waves).policy[0] == pytest.approx([1 / 7] * 7, abs=1e-6)


def test_a_better_value_weighs_more_than_a_better_prior() -> None:
    """Connect 4 with a win in one: even if the prior hides it, the halving finds it."""
    state = CONNECT4.replay([0, 1, 0, 1, 0, 2])
    settings = SearchSettings(root="gumbel", prove=False)

    def hiding(planes: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        logits = np.zeros((len(planes), 7))
        logits[:, 0] = -3
        return logits, np.zeros(len(planes))

    found = search(CONNECT4, state[None], 64, hiding, settings)
    assert found.best[0] == 0 and found.policy[0].argmax() == 0
    assert found.prior[0, 0] < 0.01 and found.policy[0, 0] > 0.9
