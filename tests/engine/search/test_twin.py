"""The search against its naive twin, visit for visit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.config import SearchSettings
from engine.game import Game
from engine.search import UNKNOWN, search
from engine.search.blackbox import Searched, summary
from tests.engine.search.common import (
    GAMES,
    finish,
    late_states,
    noise_of,
    root_visits,
    some_states,
    twin_of,
    visits_of,
    waves_of,
)
from tests.engine.search.naive import NaiveSearch, Node
from tests.toys import HashEvaluator

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
