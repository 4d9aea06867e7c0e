"""Re-rooting keeps exactly the subtree, and whatever was for the parent is for the root now."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.config import SearchSettings
from engine.game import Game
from engine.games import find
from engine.kernels import bind
from engine.search.reuse import reroot
from engine.search.tree import REUSED, Tree
from engine.search.waves import Waves
from tests.engine.search.common import (
    CONNECT4,
    PLAIN,
    audit,
    finish,
    judge_of,
    late_states,
    noise_of,
    some_states,
    waves_of,
)
from tests.toys import HEAP, HashEvaluator

GAMES = [CONNECT4, find("kalaha4"), HEAP]

Subtree = dict[str, Any]


def _subtree(tree: Tree, slot: int, index: int) -> Subtree:
    """What is below a node as nested dictionaries; sums and bounds for its own mover."""
    node = tree.nodes[slot, index]
    sign = -1 if node["flips"] else 1
    children = range(int(node["first"]), int(node["first"]) + int(node["children"]))
    return {
        "state": tree.states[slot, index].tolist() if node["visits"] else None,
        "visits": int(node["visits"]),
        "sum": float(sign * node["value_sum"]),
        "bounds": sorted(sign * int(node[bound]) for bound in ("lower", "upper")),
        "plies": int(node["plies"]),
        "status": int(node["status"]),
        "children": [
            (int(tree.nodes[slot, child]["action"]), float(tree.nodes[slot, child]["prior"]))
            for child in children
        ],
        "below": [_subtree(tree, slot, child) for child in children],
    }


def _go_to(waves: Waves, slot: int, index: int, simulations: int) -> None:
    scratch = np.zeros(waves.tree.nodes.shape[1], np.int32)
    bind(reroot, waves.game)(
        waves.tree, slot, index, simulations, waves.constants, waves.rng, scratch,
        waves.wave.weights,
    )  # fmt: skip


def _with_children(tree: Tree, slot: int) -> list[int]:
    size = int(tree.slots[slot]["used"])
    return [i for i in range(1, size) if tree.nodes[slot, i]["children"] > 0]


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
@pytest.mark.parametrize("prove", [True, False])
def test_the_subtree_is_what_a_walk_finds(game: Game, prove: bool) -> None:
    """Any node, deep ones too, in games where the mover changes and where it stays."""
    settings = SearchSettings(prove=prove)
    states = np.concatenate([some_states(game, 3, seed=2), late_states(game, 3, seed=2)])
    evaluator, rng = HashEvaluator(game), np.random.default_rng(0)
    judge, signs = judge_of(game, evaluator, settings), set()
    waves = waves_of(game, states, 200, settings)
    for slot, state in enumerate(states):
        for _ in range(4):
            waves.start(slot, state, 200)
            finish(waves, evaluator)
            candidates = _with_children(waves.tree, slot)
            if not candidates:
                continue
            index = int(rng.choice(candidates))
            before = _subtree(waves.tree, slot, index)
            signs.add(int(waves.tree.nodes[slot, index]["flips"]))
            reused = waves.tree.counts[REUSED]
            _go_to(waves, slot, index, 300)
            assert _subtree(waves.tree, slot, 0) == before
            done = int(waves.tree.slots[slot]["done"])
            assert done == before["visits"] - 1 == waves.tree.counts[REUSED] - reused
            audit(game, waves.tree, slot, judge, prove=prove)
    assert signs == ({1} if game is CONNECT4 else {0, 1})


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_a_search_goes_on_as_if_nothing_had_been_before(game: Game) -> None:
    """Serial PUCT below a node knows nothing of what is above it: the visits of the kept part and
    the new ones together are those of a fresh search."""
    for state in some_states(game, 6, seed=4):
        waves = waves_of(game, state[None], 250, PLAIN)
        finish(waves, HashEvaluator(game))
        for index in _with_children(waves.tree, 0)[:1]:
            below = waves.tree.states[0, index].copy()
            _go_to(waves, 0, index, 120)
            wanted = max(120, int(waves.tree.slots[0]["done"]))
            finish(waves, HashEvaluator(game))
            fresh = waves_of(game, below[None], wanted, PLAIN)
            finish(fresh, HashEvaluator(game))
            assert _subtree(waves.tree, 0, 0) == _subtree(fresh.tree, 0, 0)


def test_noise_frozen_after_a_new_root() -> None:
    """LightZero #493: a kept root must get noise of its own, on priors that have none yet."""
    settings = SearchSettings(root_temperature=1.3, prove=False)
    state = CONNECT4.new()
    waves = waves_of(CONNECT4, state[None], 200, settings, noise=5)
    evaluator = HashEvaluator(CONNECT4)
    finish(waves, evaluator)
    judge = judge_of(CONNECT4, evaluator, settings)
    seen = [noise_of(waves, 0)]
    for _ in range(3):
        children = waves.tree.children(0)
        first = int(waves.tree.nodes[0, 0]["first"])
        _go_to(waves, 0, first + int(children["visits"].argmax()), 200)
        noise = np.array(noise_of(waves, 0))
        raw = judge(waves.tree.states[0, 0])[0].astype(float) ** (1 / settings.root_temperature)
        dressed = 0.75 * raw / raw.sum() + 0.25 * noise
        children = waves.tree.children(0)
        assert np.allclose(children["prior"], dressed, atol=1e-6)
        visited = children["visits"] > 0
        explored = float(waves.tree.nodes[0, 0]["explored"])
        assert explored == pytest.approx(children["prior"][visited].sum(), abs=1e-5)
        assert all(noise.tolist() != before for before in seen)
        seen.append(noise.tolist())
        finish(waves, evaluator)
        audit(CONNECT4, waves.tree, 0, judge, prove=False, noisy=True)
        assert waves.tree.children(0)["visits"].sum() == 200


def test_two_searches_draw_different_noise() -> None:
    waves = waves_of(CONNECT4, np.stack([CONNECT4.new()] * 2), 5, SearchSettings(), noise=5)
    finish(waves, HashEvaluator(CONNECT4))
    first, second = noise_of(waves, 0), noise_of(waves, 1)
    waves.start(0, CONNECT4.new(), 5, noisy=True)
    finish(waves, HashEvaluator(CONNECT4))
    third = noise_of(waves, 0)
    assert first != second and third not in (first, second)
    for noise in (first, second, third):
        assert sum(noise) == pytest.approx(1, abs=1e-5) and min(noise) >= 0


def test_a_kept_tree_saves_evaluations() -> None:
    waves = waves_of(CONNECT4, CONNECT4.new()[None], 200, SearchSettings(cache_megabytes=0))
    evaluator = HashEvaluator(CONNECT4)
    finish(waves, evaluator)
    rows = evaluator.rows
    first = int(waves.tree.nodes[0, 0]["first"])
    best = first + int(waves.tree.children(0)["visits"].argmax())
    kept = int(waves.tree.nodes[0, best]["visits"]) - 1
    _go_to(waves, 0, best, 200)
    finish(waves, evaluator)
    assert kept > 0 and evaluator.rows - rows <= 200 - kept
    assert waves.tree.children(0)["visits"].sum() == 200
