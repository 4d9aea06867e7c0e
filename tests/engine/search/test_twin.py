"""The search against its naive twin, visit for visit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from engine.config import SearchSettings
from engine.game import Game
from engine.search import UNKNOWN, search
from engine.search.blackbox import Searched, summary
from tests.engine.search.common import (
    CONNECT4,
    GAMES,
    TICTACTOE,
    audit,
    finish,
    judge_of,
    late_states,
    noise_of,
    root_visits,
    some_states,
    twin_of,
    visits_of,
    waves_of,
)
from tests.engine.search.naive import NaiveSearch, Node
from tests.toys import HEAP, HashEvaluator

MODES: dict[str, dict[str, Any]] = {
    "plain": {"prove": False, "symmetry": "as_is", "cache_megabytes": 0},
    "proofs": {"symmetry": "as_is", "cache_megabytes": 0},
    "default": {},
    "unproven": {"prove": False},
    "random": {"symmetry": "random"},
    "other constants": {"c_init": 1.1, "c_base": 50, "fpu_reduction": 0.33},
    "gumbel": {"root": "gumbel"},
    "gumbel of few": {"root": "gumbel", "considered": 3, "value_scale": 0.1, "prove": False},
}


def assert_twins(found: Searched, i: int, game: Game, twin: NaiveSearch, root: Node) -> None:
    """Row `i` of what the fast search says is what the naive one says."""
    assert root.state is not None
    where = game.text(root.state)
    visits, target = visits_of(root), twin.target(root)
    assert {a: int(found.visits[i, a]) for a in visits} == visits, where
    assert found.visits[i].sum() == sum(visits.values())
    exact = twin.settings.prove and root.is_exact
    assert found.proven[i] == (root.liked(root.least) if exact else UNKNOWN), where
    assert found.value[i] == pytest.approx(root.liked(root.total) / root.visits, abs=1e-6)
    assert found.policy[i].sum() == pytest.approx(1, abs=1e-5)
    assert found.prior[i].sum() == pytest.approx(1, abs=1e-5)
    assert found.best[i] == twin.best(root), where
    for child in root.children:
        action = child.action
        assert found.policy[i, action] == pytest.approx(target[action], abs=1e-5), where
        assert found.prior[i, action] == pytest.approx(float(child.prior), abs=1e-6)
        if child.visits:
            assert found.q[i, action] == pytest.approx(root.mean(child), abs=1e-6)
        else:
            assert np.isnan(found.q[i, action])
    assert np.isnan(found.q[i, sorted(set(range(game.actions)) - set(visits))]).all()


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
@pytest.mark.parametrize("mode", MODES)
def test_twin_agrees_visit_for_visit(game: Game, mode: str) -> None:
    settings = SearchSettings(**MODES[mode])
    for simulations in (1, 2, 7, 100, 300):
        count = 3 if simulations == 300 else 6
        states = np.concatenate(
            [some_states(game, count, simulations), late_states(game, count, simulations)]
        )
        found = search(game, states, simulations, HashEvaluator(game), settings)
        for i, state in enumerate(states):
            twin = twin_of(game, settings)
            assert_twins(found, i, game, twin, twin.run(state, simulations))


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
@pytest.mark.parametrize(
    "mode",
    [
        {"prove": False, "root_temperature": 1.4},
        {"dirichlet_shape": 0.5},
        {"forced_playouts": 2.0},
        {"forced_playouts": 3.0, "prove": False, "dirichlet_fraction": 0.5},
        {"root": "gumbel"},
        {"root": "gumbel", "considered": 4, "value_scale": 0.25, "prove": False},
        {"symmetry": "random"},
    ],
    ids=["plain", "shaped", "forced", "forced unproven", "gumbel", "gumbel of few", "random"],
)
def test_twin_agrees_with_noise(game: Game, mode: dict[str, Any]) -> None:
    settings = SearchSettings(**mode)
    for simulations in (9, 80):
        states = np.concatenate([some_states(game, 5, seed=5), late_states(game, 5, seed=5)])
        waves = waves_of(game, states, simulations, settings, noise=1, salt=77)
        finish(waves, HashEvaluator(game))
        found = summary(waves)
        for i, state in enumerate(states):
            twin = twin_of(game, settings, salt=77)
            assert_twins(found, i, game, twin, twin.run(state, simulations, noise_of(waves, i)))


TWINS = st.builds(
    SearchSettings,
    c_init=st.sampled_from([0.0, 0.5, 1.5, 4.0]),
    c_base=st.sampled_from([1.0, 30.0, 19652.0]),
    fpu_reduction=st.sampled_from([0.0, 0.2, 3.0]),
    dirichlet_total=st.sampled_from([0.3, 10.0]),
    dirichlet_fraction=st.sampled_from([0.0, 0.25, 1.0]),
    dirichlet_shape=st.sampled_from([0.0, 1.0]),
    root_temperature=st.sampled_from([0.5, 1.0, 2.5]),
    root=st.sampled_from(["puct", "puct", "gumbel"]),
    forced_playouts=st.sampled_from([0.0, 0.0, 2.0, 20.0]),
    considered=st.integers(1, 9),
    value_visits=st.sampled_from([0.0, 50.0]),
    value_scale=st.sampled_from([0.1, 1.0]),
    prove=st.booleans(),
    cache_megabytes=st.sampled_from([0.0, 0.0003, 1.0]),
    share_duplicates=st.booleans(),
    symmetry=st.sampled_from(["as_is", "canonical", "random"]),
)


# The same examples every time: two scores that differ by rounding alone are rare, and no mistake.
@hypothesis_settings(deadline=None, max_examples=150, derandomize=True)
@given(
    TWINS,
    st.sampled_from([CONNECT4, TICTACTOE, HEAP]),
    st.integers(1, 90),
    st.none() | st.integers(0, 99),
    st.integers(0, 99),
)
def test_twin_agrees_under_any_settings(
    settings: SearchSettings, game: Game, simulations: int, noise: int | None, seed: int
) -> None:
    states = np.concatenate([some_states(game, 1, seed), late_states(game, 2, seed)])
    waves = waves_of(game, states, simulations, settings, noise=noise, salt=seed)
    evaluator = HashEvaluator(game)
    finish(waves, evaluator)
    found = summary(waves)
    for i, state in enumerate(states):
        twin = twin_of(game, settings, salt=seed)
        root = twin.run(state, simulations, None if noise is None else noise_of(waves, i))
        assert_twins(found, i, game, twin, root)
    if settings.symmetry != "random":
        for i in range(len(states)):
            judge = judge_of(game, evaluator, settings)
            noisy = noise is not None
            audit(game, waves.tree, i, judge, prove=settings.prove, noisy=noisy)


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_cache_and_company_change_no_visit(game: Game) -> None:
    """No cache, a tiny one whose entries are overwritten, sharing or not, alone or with others."""
    states = np.concatenate([some_states(game, 4, 3), np.repeat(some_states(game, 2, 4), 3, 0)])
    entry = (8 * game.words + 4 * (game.actions + 3) + 12) / 1e6
    rows = []
    for settings in (
        SearchSettings(cache_megabytes=0),
        SearchSettings(cache_megabytes=4.5 * entry),
        SearchSettings(cache_megabytes=4.5 * entry, share_duplicates=False),
        SearchSettings(share_duplicates=False),
        SearchSettings(),
    ):
        waves = waves_of(game, states, 60, settings)
        finish(waves, HashEvaluator(game))
        rows.append([root_visits(waves, slot) for slot in range(len(states))])
    alone = []
    for state in states:
        waves = waves_of(game, state[None], 60, SearchSettings())
        finish(waves, HashEvaluator(game))
        alone.append(root_visits(waves, 0))
    assert all(row == alone for row in rows)
    twin = twin_of(game, SearchSettings())
    assert alone == [visits_of(twin.run(state, 60)) for state in states]
