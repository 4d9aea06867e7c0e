"""The kernels of self-play: what happens in a slot when its search is finished.

Everything per move stays compiled, so that a small network is not held up by Python.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.game import ONGOING
from engine.kernels import legal, mover, play, result, start
from engine.search.tree import NEW, NO_LEAF


class Schedule(NamedTuple):
    """How games are played; see `engine.config.SelfplaySettings` and `SearchSettings`."""

    simulations: int
    dirichlet_total: float
    temperature: float
    temperature_plies: int
    final_temperature: float
    opening_share: float
    opening_plies: int


class Scores(NamedTuple):
    """The game in progress of each of G slots: at most P plies, A actions, W words a state."""

    plies: NDArray[np.int32]  # [G] played so far
    samples: NDArray[np.int32]  # [G] searched so far
    finished: NDArray[np.bool_]  # [G] waits to be collected
    result: NDArray[np.int32]  # [G] margin for player 0 once finished
    actions: NDArray[np.int16]  # [G, P]
    sample_plies: NDArray[np.int16]  # [G, P] ply of each sample
    states: NDArray[np.uint64]  # [G, P, W]
    movers: NDArray[np.int8]  # [G, P]
    visits: NDArray[np.int32]  # [G, P, A]
    root_values: NDArray[np.float32]  # [G, P] mean value of the search, for the mover


def allocate_scores(slots: int, max_plies: int, words: int, actions: int) -> Scores:
    """Empty score sheets, every one waiting for `begin`."""
    return Scores(
        plies=np.zeros(slots, np.int32),
        samples=np.zeros(slots, np.int32),
        finished=np.ones(slots, np.bool_),
        result=np.full(slots, ONGOING, np.int32),
        actions=np.zeros((slots, max_plies), np.int16),
        sample_plies=np.zeros((slots, max_plies), np.int16),
        states=np.zeros((slots, max_plies, words), np.uint64),
        movers=np.zeros((slots, max_plies), np.int8),
        visits=np.zeros((slots, max_plies, actions), np.int32),
        root_values=np.zeros((slots, max_plies), np.float32),
    )


@njit(cache=True, nogil=True)
def open_root(tree, g, legal_count, schedule, rng):
    """Make the state in node 0 a fresh root with its own noise and ask for a full search.

    Dirichlet(alpha, ...) by normalised gamma draws, alpha = dirichlet_total / legal actions.
    """
    tree.status[g, 0] = NEW
    tree.visits[g, 0] = 0
    tree.value_sum[g, 0] = 0.0
    tree.size[g] = 1
    tree.done[g] = -1
    tree.budget[g] = schedule.simulations
    tree.leaf[g] = NO_LEAF
    alpha = schedule.dirichlet_total / legal_count
    total = 0.0
    for i in range(legal_count):
        draw = rng.standard_gamma(alpha)
        tree.noise[g, i] = draw
        total += draw
    for i in range(legal_count):
        tree.noise[g, i] = tree.noise[g, i] / total if total > 0.0 else 1.0 / legal_count


@njit(cache=True, nogil=True)
def choose(tree, g, temperature, rng):
    """A child of the root with probability proportional to visits ** (1 / temperature)."""
    first, count = tree.first_child[g, 0], tree.children[g, 0]
    most = 0
    for child in range(first, first + count):
        most = max(most, tree.visits[g, child])
    total = 0.0
    for child in range(first, first + count):
        total += (tree.visits[g, child] / most) ** (1.0 / temperature)
    mark = rng.random() * total
    chosen = first
    for child in range(first, first + count):
        weight = (tree.visits[g, child] / most) ** (1.0 / temperature)
        if weight > 0.0:
            chosen = child
            mark -= weight
            if mark < 0.0:
                break
    return chosen


def begin(tree, scores, schedule, rng, slots, count, scratch):
    """Start a new game in each of `slots[:count]`, some of them with random plies."""
    for i in range(count):
        g = slots[i]
        state = tree.state[g, 0]
        scores.finished[g] = False
        scores.samples[g] = 0
        scores.result[g] = ONGOING
        while True:
            start(state)
            wanted = 0
            if schedule.opening_plies > 0 and rng.random() < schedule.opening_share:
                wanted = 1 + int(rng.random() * schedule.opening_plies)
            plies = 0
            while plies < wanted and result(state) == ONGOING:
                options = legal(state, scratch)
                action = scratch[int(rng.random() * options)]
                scores.actions[g, plies] = action
                play(state, action)
                plies += 1
            if result(state) == ONGOING:
                break
        scores.plies[g] = plies
        open_root(tree, g, legal(state, scratch), schedule, rng)


def conclude(tree, scores, schedule, rng, scratch):
    """Record and play a move in every slot whose search is finished.

    An ended game stays in its slot, `finished`, until it is collected and `begin` is called.
    """
    for g in range(tree.size.shape[0]):
        if scores.finished[g] or tree.leaf[g] != NO_LEAF or tree.done[g] < tree.budget[g]:
            continue
        state = tree.state[g, 0]
        ply, sample = scores.plies[g], scores.samples[g]
        for w in range(state.shape[0]):
            scores.states[g, sample, w] = state[w]
        scores.sample_plies[g, sample] = ply
        scores.movers[g, sample] = mover(state)
        scores.root_values[g, sample] = tree.value_sum[g, 0] / tree.visits[g, 0]
        scores.visits[g, sample, :] = 0
        first = tree.first_child[g, 0]
        for child in range(first, first + tree.children[g, 0]):
            scores.visits[g, sample, tree.action[g, child]] = tree.visits[g, child]
        early = ply < schedule.temperature_plies
        temperature = schedule.temperature if early else schedule.final_temperature
        action = tree.action[g, choose(tree, g, temperature, rng)]
        scores.actions[g, ply] = action
        scores.plies[g] = ply + 1
        scores.samples[g] = sample + 1
        play(state, action)
        final = result(state)
        if final == ONGOING:
            open_root(tree, g, legal(state, scratch), schedule, rng)
        else:
            scores.result[g] = final
            scores.finished[g] = True
