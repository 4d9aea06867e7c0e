"""The wave loop: many searches side by side, one network call per wave.

`Waves` holds the arrays and is driven step by step by self-play; `search` is the black box for
everybody else: positions in, visits and values out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.config import SearchSettings
from engine.errors import FinishedGame
from engine.evaluator import Evaluator
from engine.game import Game
from engine.kernels import bind
from engine.search.puct import Puct
from engine.search.tree import NEW, NO_LEAF, Tree, allocate
from engine.search.wave import advance


class Waves:
    """`slots` trees of one game that advance together, one leaf each per wave."""

    def __init__(self, game: Game, slots: int, simulations: int, puct: Puct) -> None:
        self.game = game
        self.puct = puct
        self.tree: Tree = allocate(slots, simulations, game.words, game.actions, game.max_plies)
        self.rows = 0
        self.evaluations = 0
        self.leaf_slots = np.zeros(slots, np.int32)
        self.observations = np.zeros((slots, *game.planes), np.float32)
        self._actions = np.zeros(game.actions, np.int16)
        self._advance = bind(advance, game)
        self.logits = np.zeros((slots, game.actions), np.float32)
        self.wdl = np.zeros((slots, 3), np.float32)

    def start(self, slot: int, state: NDArray[np.uint64], simulations: int) -> None:
        """Put `state` at the root of a slot and ask for `simulations` descents below it."""
        tree = self.tree
        tree.state[slot, 0] = state
        tree.status[slot, 0] = NEW
        tree.visits[slot, 0] = 0
        tree.value_sum[slot, 0] = 0.0
        tree.size[slot] = 1
        tree.done[slot] = -1
        tree.budget[slot] = simulations
        tree.leaf[slot] = NO_LEAF

    def descend(self) -> int:
        """Absorb the last answer and descend; returns how many positions wait for the network."""
        self.rows = self._advance(
            self.tree, self.puct, self.rows, 0, self.leaf_slots,
            self.logits, self.wdl, self.observations, self._actions,
        )  # fmt: skip
        return self.rows

    def descend_more(self) -> int:
        """Descend in slots that were started since `descend`, adding rows to the same batch."""
        self.rows = self._advance(
            self.tree, self.puct, 0, self.rows, self.leaf_slots,
            self.logits, self.wdl, self.observations, self._actions,
        )  # fmt: skip
        return self.rows

    def evaluate(self, evaluator: Evaluator) -> None:
        """Let the network judge the waiting positions; the next `descend` absorbs the answer."""
        self.logits, self.wdl = evaluator.evaluate(self.observations[: self.rows])
        self.evaluations += self.rows


class Searched(NamedTuple):
    """What a search found in each of B positions, everything for the position's mover."""

    visits: NDArray[np.int32]  # [B, A]
    policy: NDArray[np.float32]  # [B, A] visits / their sum
    q: NDArray[np.float32]  # [B, A] mean value of each action, nan where never visited
    prior: NDArray[np.float32]  # [B, A] policy before the search, 0 for illegal actions
    value: NDArray[np.float32]  # [B] mean value of all simulations
    wdl: NDArray[np.float32]  # [B, 3] the network's win, draw, loss
    best: NDArray[np.int64]  # [B] the most visited action, the first one among equals


def search(
    game: Game,
    states: NDArray[np.uint64],
    simulations: int,
    evaluator: Evaluator,
    settings: SearchSettings | None = None,
    noise_rng: np.random.Generator | None = None,
) -> Searched:
    """Search `states uint64[B, W]` with `simulations` descents each; deterministic without noise.

    With `noise_rng` the roots get the temperature and the Dirichlet noise of self-play. Raises
    FinishedGame if one of the positions is over and ValueError for less than one simulation.
    """
    if simulations < 1:
        raise ValueError(f"a search needs at least 1 simulation, {simulations} were asked for")
    settings = settings or SearchSettings()
    for state in states:
        if game.is_over(state):
            raise FinishedGame(f"nothing to search, the game is over: {game.text(state)}")
    waves = Waves(game, len(states), simulations, puct_of(settings, noisy=noise_rng is not None))
    for slot, state in enumerate(states):
        waves.start(slot, state, simulations)
        if noise_rng is not None:
            legal = len(game.legal(state))
            alpha = settings.dirichlet_total / legal
            waves.tree.noise[slot, :legal] = noise_rng.dirichlet([alpha] * legal)
    wdl = np.zeros((len(states), 3), np.float32)
    first = True
    while waves.descend():
        waves.evaluate(evaluator)
        if first:  # the first wave evaluates the roots
            wdl[waves.leaf_slots[: waves.rows]] = waves.wdl
            first = False
    return _summary(waves, wdl)


def puct_of(settings: SearchSettings, *, noisy: bool) -> Puct:
    """The constants of the kernel; without noise the root is treated like any other node."""
    return Puct(
        settings.c_init,
        settings.c_base,
        settings.fpu_reduction,
        settings.root_temperature if noisy else 1.0,
        settings.dirichlet_fraction if noisy else 0.0,
    )


def _summary(waves: Waves, wdl: NDArray[np.float32]) -> Searched:
    tree, game = waves.tree, waves.game
    slots = len(tree.size)
    visits = np.zeros((slots, game.actions), np.int32)
    q = np.full((slots, game.actions), np.nan, np.float32)
    prior = np.zeros((slots, game.actions), np.float32)
    for g in range(slots):
        children = np.arange(tree.children[g, 0]) + tree.first_child[g, 0]
        actions = tree.action[g, children]
        visits[g, actions] = tree.visits[g, children]
        prior[g, actions] = tree.prior[g, children]
        seen = tree.visits[g, children] > 0
        means = tree.value_sum[g, children[seen]] / tree.visits[g, children[seen]]
        q[g, actions[seen]] = means
    policy = (visits / visits.sum(axis=1, keepdims=True)).astype(np.float32)
    value = (tree.value_sum[:, 0] / tree.visits[:, 0]).astype(np.float32)
    return Searched(visits, policy, q, prior, value, wdl, visits.argmax(axis=1))
