"""An evaluator that says the same of every position is not asked; the search finds the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.config import SearchSettings
from engine.errors import EvaluationError
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.games import find
from engine.search import search, waves
from engine.search.blackbox import summary
from engine.search.tree import EVALUATIONS, PROVED, SIMULATIONS, STOPPED
from engine.search.waves import Waves
from tests.engine.search.common import (
    CONNECT4,
    GAMES,
    audit,
    finish,
    judge_of,
    late_states,
    some_states,
    waves_of,
)
from tests.engine.search.test_waves import trees_of
from tests.toys import Alike, Asked, HashEvaluator

SEARCHES: dict[str, dict[str, Any]] = {
    "default": {},
    "plain": {"prove": False, "symmetry": "as_is", "cache_megabytes": 0},
    "turned": {"symmetry": "random", "share_duplicates": False},
    "forced": {"forced_playouts": 2.0, "root_temperature": 1.3, "dirichlet_shape": 0.5},
    "gumbel": {"root": "gumbel"},
}


def _states(game: Game) -> NDArray[np.uint64]:
    return np.concatenate([some_states(game, 6, 3), late_states(game, 6, 3)])


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
@pytest.mark.parametrize("mode", SEARCHES)
def test_unasked_it_finds_the_same(game: Game, mode: str) -> None:
    """Node for node, noise included, and counted alike but for what the cache would have saved."""
    states = np.stack([s for s in _states(game) if not game.is_over(s)])
    settings = SearchSettings(**SEARCHES[mode])
    for wdl in ((0, 1, 0), (0.5, 0.25, 0.25)):
        asked, unasked = (waves_of(game, states, 60, settings, noise=4) for _ in range(2))
        finish(asked, Asked(game, wdl))
        unasked.run(Alike(game, wdl))
        assert trees_of(asked) == trees_of(unasked)
        for name in ("policy", "value", "best", "visits", "q", "prior", "wdl", "proven"):
            found = [getattr(summary(one), name) for one in (asked, unasked)]
            assert np.array_equal(*found, equal_nan=True)
        counts = [w.tree.counts[[SIMULATIONS, PROVED, STOPPED]].tolist() for w in (asked, unasked)]
        assert counts[0] == counts[1]
        assert unasked.tree.counts[EVALUATIONS] >= asked.tree.counts[EVALUATIONS]


def test_a_long_search_pauses_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes back every few simulations with trees that are good, and ends as if it had not."""
    states, settings = _states(CONNECT4), SearchSettings()
    whole = waves_of(CONNECT4, states, 200, settings, noise=4)
    whole.run(UniformEvaluator(CONNECT4))
    monkeypatch.setattr(waves, "PATIENCE", 7)
    paused = waves_of(CONNECT4, states, 200, settings, noise=4)
    judge, counts = UniformEvaluator(CONNECT4), paused.tree.counts
    paused.suppose(judge)
    stops, before = 0, 0
    while paused.is_unfinished:
        assert paused.descend() == 0
        assert 0 < counts[SIMULATIONS] - before <= 7
        before, stops = int(counts[SIMULATIONS]), stops + 1
        if stops % 20 == 0:
            for slot in np.flatnonzero(paused.tree.slots["done"] >= 0):
                audit(CONNECT4, paused.tree, slot, judge_of(CONNECT4, judge, settings), noisy=True)
    assert stops >= before // 7 > 100
    assert trees_of(paused) == trees_of(whole)


def test_whoever_looks_is_asked_again() -> None:
    """Also when leaves waited for an answer while nobody was to be asked."""
    states, settings = some_states(CONNECT4, 6, 3), SearchSettings()
    expected = waves_of(CONNECT4, states, 80, settings)
    expected.run(HashEvaluator(CONNECT4))
    seen = waves_of(CONNECT4, states, 80, settings)
    seen.run(UniformEvaluator(CONNECT4))
    seen.start_all(states, 80)
    seen.run(HashEvaluator(CONNECT4))
    for name in ("visits", "q", "value"):
        found = [getattr(summary(one), name) for one in (seen, expected)]
        np.testing.assert_array_equal(*found)
    waiting = waves_of(CONNECT4, states, 80, settings)
    assert waiting.descend() == len(states)
    waiting.run(UniformEvaluator(CONNECT4))
    assert not waiting.is_unfinished
    alone = search(CONNECT4, states, 80, UniformEvaluator(CONNECT4), settings)
    assert np.array_equal(summary(waiting).visits, alone.visits)


def test_a_declaration_that_is_not_finite_is_refused() -> None:
    with pytest.raises(EvaluationError, match=r"draw, loss \[0.0, nan, 0.0\] for every"):
        search(CONNECT4, CONNECT4.new()[None], 9, Alike(CONNECT4, (0, np.nan, 0)))


def test_many_slots_begin_in_one_call() -> None:
    game = find("kalaha")
    states, settings = some_states(game, 5, 1), SearchSettings()
    one = waves_of(game, states, 30, settings, noise=2)
    together = Waves(game, 5, one.tree.nodes.shape[1], one.constants, rng=np.random.default_rng(2))
    together.start_all(np.repeat(states, 2, axis=0)[::2], 30, noisy=True)
    for searches in (one, together):
        finish(searches, HashEvaluator(game))
    assert trees_of(one) == trees_of(together)
