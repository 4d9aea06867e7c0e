"""Positions, trees driven by hand and an auditor of trees, for the tests of the search."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.config import SearchSettings
from engine.evaluator import Evaluator
from engine.game import Game, State, value_for
from engine.games import all_games, find
from engine.search.blackbox import cache_for
from engine.search.constants import constants_of
from engine.search.tree import EXPANDED, NARROWED, NEW, PROVEN, TERMINAL, Tree, nodes_for
from engine.search.waves import Waves
from tests import laws
from tests.engine.search.naive import NaiveSearch, Node, turn_of_salt
from tests.toys import HEAP, HashEvaluator

GAMES = [*all_games().values(), HEAP]
CONNECT4 = find("connect4")
TICTACTOE = find("tictactoe")
PLAIN = SearchSettings(prove=False, symmetry="as_is", cache_megabytes=0)
"""Nothing but PUCT."""


def some_states(game: Game, count: int, seed: int) -> NDArray[np.uint64]:
    """Unfinished positions of random games, early and late ones alike."""
    states = [s for s in laws.random_states(game, seed, games=20) if not game.is_over(s)]
    rng = np.random.default_rng(seed)
    return np.stack([states[i] for i in rng.choice(len(states), count)])


def late_states(game: Game, count: int, seed: int, plies: int = 6) -> NDArray[np.uint64]:
    """Positions of random games a few plies before their end."""
    rng = np.random.default_rng(seed)
    found: list[State] = []
    while len(found) < count:
        one = list(laws.random_states(game, int(rng.integers(1 << 30)), games=1))
        found.append(one[-min(len(one), 2 + int(rng.integers(plies)))])
    return np.stack(found)


def waves_of(
    game: Game,
    states: NDArray[np.uint64],
    simulations: int,
    settings: SearchSettings,
    *,
    noise: int | None = None,
    salt: int = 0,
    nodes: int | None = None,
    leaves: int = 1,
) -> Waves:
    """Searches of `states` that wait to be driven; `noise` is the seed of noisy roots."""
    waves = Waves(
        game,
        len(states),
        nodes or nodes_for(simulations, game.actions),
        constants_of(game, settings, simulations, salt=salt),
        cache_for(game, settings, len(states) * simulations),
        leaves,
        np.random.default_rng(noise),
    )
    for slot, state in enumerate(states):
        waves.start(slot, state, simulations, noisy=noise is not None)
    return waves


def finish(waves: Waves, evaluator: Evaluator, most: int = 1) -> None:
    """Drive the searches to their end."""
    while waves.descend(most):
        waves.evaluate(evaluator)


def noise_of(waves: Waves, slot: int) -> list[float]:
    """The noise of the root's children, in their order."""
    return [float(x) for x in waves.tree.noise[slot, : len(waves.tree.children(slot))]]


def root_visits(waves: Waves, slot: int) -> dict[int, int]:
    """Visits of the root's children by action."""
    children = waves.tree.children(slot)
    return dict(zip(children["action"].tolist(), children["visits"].tolist(), strict=True))


def visits_of(root: Node) -> dict[int, int]:
    """The same of a naive root."""
    return {child.action: child.visits for child in root.children}


def twin_of(game: Game, settings: SearchSettings, salt: int = 0) -> NaiveSearch:
    """The naive search beside a fast one with the same settings."""
    turn = turn_of_salt(game, salt)
    if settings.symmetry != "random":
        return NaiveSearch(game, HashEvaluator(game), settings)
    return NaiveSearch(game, HashEvaluator(game), settings, turn)


def judge_of(
    game: Game, evaluator: Evaluator, settings: SearchSettings
) -> Callable[[State], tuple[NDArray[np.float32], float]]:
    """Priors of the legal actions and value for the mover, as the search should see a state."""

    def judge(state: State) -> tuple[NDArray[np.float32], float]:
        key, image = np.zeros_like(state), 0
        if settings.symmetry == "as_is":
            key[:] = state
        else:
            image = int(game.rules.canonical(state, key))
        logits, wdl = (part[0].copy() for part in evaluator.evaluate(game.observe(key)[None]))
        mine = np.zeros_like(logits)
        mine[game.symmetries[image].actions] = logits
        weights = np.exp(mine[game.legal(state)] - mine[game.legal(state)].max())
        return weights / weights.sum(), float(wdl[0] - wdl[2])

    return judge


def audit(
    game: Game,
    tree: Tree,
    slot: int,
    judge: Callable[[State], tuple[NDArray[np.float32], float]],
    *,
    prove: bool = True,
    noisy: bool = False,
) -> int:
    """Every node of a tree without leaves in flight against what its children say.

    Returns how many nodes are proven from their children.
    """
    size = int(tree.slots[slot]["used"])
    nodes, states = tree.nodes[slot, :size], tree.states[slot, :size]
    assert int(tree.slots[slot]["waiting"]) == 0
    found, proven, todo = 1, 0, [0]
    while todo:
        index = todo.pop()
        node, state = nodes[index], states[index]
        where = f"node {index} of slot {slot}: {node}"
        assert (node["status"] == TERMINAL) == game.is_over(state), where
        if node["status"] == TERMINAL:
            exact = value_for(game.result(state), game.mover(state))
            exact = -exact if node["flips"] else exact
            assert node["lower"] == node["upper"] == exact and node["children"] == 0, where
            assert node["value_sum"] == exact * node["visits"], where
            continue
        first = int(node["first"])
        below = range(first, first + int(node["children"]))
        kids = nodes[first : first + int(node["children"])]
        assert kids["action"].tolist() == game.legal(state), where
        assert index < first and below.stop <= size, where
        found += len(kids)
        visited = kids["visits"] > 0
        assert (visited == (kids["status"] != NEW)).all(), where
        for i in np.flatnonzero(visited):
            after = game.after(state, int(kids[i]["action"]))
            assert np.array_equal(states[below[i]], after), where
            flips = game.mover(state) != game.mover(after)
            assert bool(kids[i]["flips"]) == flips, where
            todo.append(below[i])
        priors, judged = judge(state)
        assert np.isclose(kids["prior"].sum(), 1, atol=1e-5), where
        if index or not noisy:
            assert np.allclose(kids["prior"], priors, atol=1e-5), where
        assert np.isclose(node["explored"], kids["prior"][visited].sum(), atol=1e-4), where
        # For the mover of the parent, as a node keeps its numbers.
        sign = -1 if node["flips"] else 1
        exact = node["lower"] == node["upper"]
        if prove:
            bounds = sorted(sign * int(kids[bound].max()) for bound in ("lower", "upper"))
            assert bounds == [node["lower"], node["upper"]], where
            expected = NARROWED if (kids["upper"] == -1).any() else EXPANDED
            assert node["status"] == (PROVEN if exact else expected), where
        else:
            assert node["status"] == EXPANDED, where
        made = 1 + int(kids["visits"].sum())
        if prove and exact:
            proven += 1
            assert node["visits"] >= made, where
            assert np.isclose(node["value_sum"], node["lower"] * node["visits"], atol=1e-3), where
            value = sign * int(node["lower"])
            ends = kids["plies"][(kids["lower"] == value) & (kids["upper"] == value)]
            assert node["plies"] == 1 + (ends.min() if value > 0 else ends.max()), where
        else:
            total = sign * (judged + float(kids["value_sum"].sum()))
            assert node["visits"] == made, where
            assert np.isclose(node["value_sum"], total, atol=1e-3, rtol=1e-4), where
    assert found == size
    return proven
