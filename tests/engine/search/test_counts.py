"""Leaves and edges of a search, counted in the kernels, against the trees that they counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from engine.config import SearchSettings
from engine.errors import EvaluationError
from engine.game import Game
from engine.search.tree import EDGES, LEAVES, NEW, SIMULATIONS, Tree
from tests.engine.search.common import (
    CONNECT4,
    TICTACTOE,
    finish,
    late_states,
    noise_of,
    some_states,
    twin_of,
    waves_of,
)
from tests.engine.search.naive import Node
from tests.toys import HEAP, HashEvaluator

GAMES = [CONNECT4, TICTACTOE, HEAP]
MODES: dict[str, dict[str, Any]] = {
    "default": {},
    "plain": {"prove": False, "cache_megabytes": 0},
    "gumbel": {"root": "gumbel", "considered": 4},
}


def below(node: Node) -> Iterator[Node]:
    """Every visited node below one of the naive search."""
    for child in node.children:
        if child.state is not None:
            yield child
            yield from below(child)


def counts_of(tree: Tree) -> tuple[int, int]:
    return int(tree.counts[LEAVES]), int(tree.counts[EDGES])


def recount(tree: Tree) -> tuple[int, int]:
    """The same from what stands in the trees: a descent leaves a visit in each node it enters."""
    nodes = [tree.nodes[g, 1 : tree.slots[g]["used"]] for g in range(len(tree.slots))]
    return (
        sum(int((part["status"] != NEW).sum()) for part in nodes),
        sum(int(part["visits"].sum()) for part in nodes),
    )


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
@pytest.mark.parametrize("mode", MODES)
def test_twin_agrees(game: Game, mode: str) -> None:
    settings = SearchSettings(**MODES[mode])
    states = np.concatenate([some_states(game, 4, seed=2), late_states(game, 4, seed=2)])
    waves = waves_of(game, states, 70, settings, noise=3)
    finish(waves, HashEvaluator(game))
    leaves = edges = 0
    for i, state in enumerate(states):
        visited = list(below(twin_of(game, settings).run(state, 70, noise_of(waves, i))))
        leaves += len(visited)
        edges += sum(node.visits for node in visited)
    assert counts_of(waves.tree) == recount(waves.tree) == (leaves, edges)
    simulations = int(waves.tree.counts[SIMULATIONS])
    assert 0 < leaves <= simulations <= edges
    if mode == "plain":  # without proofs the end of a game is visited again and again
        assert leaves < simulations


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_many_leaves_in_flight_and_failures_are_counted_once(game: Game) -> None:
    class Failing(HashEvaluator):
        def evaluate(self, observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            logits, wdl = super().evaluate(observations)
            if self.calls % 3 == 0:
                wdl[-1] = np.nan
            return logits, wdl

    states = np.concatenate([some_states(game, 3, seed=4), late_states(game, 5, seed=4)])
    waves = waves_of(game, states, 200, SearchSettings(), leaves=8)
    evaluator, failures = Failing(game), 0
    while True:
        try:
            if not waves.descend(8):
                break
        except EvaluationError:
            failures += 1
            continue
        waves.evaluate(evaluator)
    assert failures > 0
    assert counts_of(waves.tree) == recount(waves.tree)
