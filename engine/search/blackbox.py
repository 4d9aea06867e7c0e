"""The search as a black box: positions in; policy, value, best action and more out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.config import SearchSettings
from engine.errors import FinishedGame
from engine.evaluator import Evaluator
from engine.evaluator.function import Function, FunctionEvaluator
from engine.game import Game
from engine.kernels import bind
from engine.search.cache import Cache, allocate_cache
from engine.search.constants import constants_of
from engine.search.report import UNKNOWN, report
from engine.search.tree import EVALUATIONS, Tree, nodes_for
from engine.search.waves import Waves

__all__ = ["UNKNOWN", "Searched", "search"]


class Searched(NamedTuple):
    """What a search found in each of B positions, everything for the position's mover."""

    policy: NDArray[np.float32]  # [B, A] what is learnt from the search, 0 for illegal actions
    value: NDArray[np.float32]  # [B] mean value of all simulations, exact where it is proven
    best: NDArray[np.int64]  # [B] the action to play
    visits: NDArray[np.int32]  # [B, A] simulations that began with each action
    q: NDArray[np.float32]  # [B, A] mean value of each action, nan where never visited
    prior: NDArray[np.float32]  # [B, A] policy before the search, 0 for illegal actions
    wdl: NDArray[np.float32]  # [B, 3] the network's win, draw, loss
    proven: NDArray[np.int8]  # [B] exact value -1, 0 or 1 where the search proved it, else UNKNOWN
    line: list[list[int]]  # the principal variation: the actions that the search expects
    evaluations: int  # positions that the network judged, all B searches together


def search(
    game: Game,
    states: NDArray[np.uint64],
    simulations: int,
    eval_fn: Evaluator | Function,
    settings: SearchSettings | None = None,
    noise_rng: np.random.Generator | None = None,
    cache: Cache | None = None,
) -> Searched:
    """Search `states uint64[B, W]` with `simulations` descents each; deterministic without noise.

    `eval_fn` is an evaluator or any function from observations `float32[n, C, H, W]` to
    `(logits [n, A], values [n] in [-1, 1])` or `(logits [n, A], wdl [n, 3])`, for the mover.
    With `noise_rng` the roots explore as in self-play. `cache` keeps evaluations from call to call;
    it must be given back for the same `eval_fn` only. A search stops early where the value of its
    root is proven. Raises FinishedGame if one of the positions is over, ValueError for less than
    one simulation or states of another shape, EvaluationError for answers that cannot be used.
    """
    _refuse(game, states, simulations)
    settings = settings or SearchSettings()
    evaluator = FunctionEvaluator(game, eval_fn) if callable(eval_fn) else eval_fn
    if cache is None:
        cache = cache_for(game, settings, len(states) * (simulations + 1))
    constants = constants_of(game, settings, simulations)
    nodes = nodes_for(simulations, game.actions)
    waves = Waves(game, len(states), nodes, constants, cache, rng=noise_rng)
    waves.start_all(states, simulations, noisy=noise_rng is not None)
    waves.run(evaluator)
    return summary(waves)


def cache_for(game: Game, settings: SearchSettings, positions: int) -> Cache:
    """A cache as large as the settings allow, but not much larger than `positions` need."""
    entry = 8 * game.words + 4 * (game.actions + 3) + 12
    wanted = 4 * positions * entry / 1e6
    return allocate_cache(min(settings.cache_megabytes, wanted), game.words, game.actions)


def _refuse(game: Game, states: NDArray[np.uint64], simulations: int) -> None:
    if simulations < 1:
        raise ValueError(f"a search needs at least 1 simulation, {simulations} were asked for")
    if states.ndim != 2 or states.shape[1] != game.words or states.dtype != np.uint64:
        raise ValueError(
            f"states are {states.dtype}{list(states.shape)}, {game.title} needs"
            f" uint64[B, {game.words}]; np.stack the states"
        )
    for state in states:
        if game.is_over(state):
            raise FinishedGame(f"nothing to search, the game is over: {game.text(state)}")


def summary(waves: Waves) -> Searched:
    """What the trees of all slots say now; every root must have been evaluated."""
    tree, game = waves.tree, waves.game
    slots, actions = len(tree.slots), game.actions
    visits = np.zeros((slots, actions), np.int32)
    policy, q, prior = np.zeros((3, slots, actions), np.float32)
    value = np.zeros(slots, np.float32)
    best = np.zeros(slots, np.int64)
    proven = np.zeros(slots, np.int8)
    bind(report, game)(
        tree, waves.constants, waves.wave.weights, visits, policy, q, prior, value, best, proven
    )
    return Searched(
        policy=policy,
        value=value,
        best=best,
        visits=visits,
        q=q,
        prior=prior,
        wdl=tree.wdl.copy(),
        proven=proven,
        line=[line_from(tree, g, int(best[g])) for g in range(slots)],
        evaluations=int(tree.counts[EVALUATIONS]),
    )


def line_from(tree: Tree, g: int, action: int) -> list[int]:
    """From a legal action at the root of slot `g` on, always the most visited child."""
    line = [action]
    node = _child(tree, g, 0, tree.children(g)["action"] == action)
    while len(children := tree.children(g, node)) and children["visits"].max() > 0:
        node = _child(tree, g, node, children["visits"] == children["visits"].max())
        line.append(int(tree.nodes[g, node]["action"]))
    return line


def _child(tree: Tree, g: int, node: int, wanted: NDArray[np.bool_]) -> int:
    return int(tree.nodes[g, node]["first"] + np.flatnonzero(wanted)[0])
