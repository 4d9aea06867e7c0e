"""The kernels of self-play: what happens in a slot when its search is finished.

Everything per move stays compiled, so that a small network is not held up by Python: each game
runs on, through its moves, until it needs the network.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.game import ONGOING
from engine.kernels import helper, legal, mover, part, play, result, start, template
from engine.search.descent import FINISHED, absorb, descend, open_root
from engine.search.reuse import reroot
from engine.search.root import draw, strongest, surprise, target
from engine.search.tree import FAST, FIRST, FULL, PROVEN, record
from engine.search.wave import NO_ROW

# What is counted beside the search's own counts, as indices of `Scores.counts`.
SEARCHES, FAST_ONES, FORCED = range(3)


class Schedule(NamedTuple):
    """How games are played; see `engine.config.SelfplaySettings` and `SearchSettings`."""

    simulations: int
    fast_simulations: int
    first_simulations: int  # 0 once there is a model
    full_share: float
    skip_forced: bool
    reuse: bool
    temperature: float
    temperature_plies: int
    final_temperature: float
    opening_share: float
    opening_plies: int


GAME = record(
    [
        ("plies", np.int32),  # played so far
        ("samples", np.int32),  # recorded so far
        ("result", np.int32),  # margin for player 0 once finished
        ("finished", np.int8),  # 1: waits to be collected
    ]
)


class Scores(NamedTuple):
    """The game in progress of each of G slots: at most P plies, A actions, W words a state."""

    games: NDArray[Any]  # GAME[G]
    actions: NDArray[np.int16]  # [G, P]
    sample_plies: NDArray[np.int16]  # [G, P] ply of each sample
    states: NDArray[np.uint64]  # [G, P, W]
    movers: NDArray[np.int8]  # [G, P]
    policies: NDArray[np.float32]  # [G, P, A] what is learnt from the search
    root_values: NDArray[np.float32]  # [G, P] mean value of the search, for the mover
    exact: NDArray[np.int8]  # [G, P] 1 where that value is proven
    surprises: NDArray[np.float32]  # [G, P] KL divergence of the policy from the priors, in nats
    counts: NDArray[np.int64]  # SEARCHES, FAST, FORCED since the sheets were allocated
    places: NDArray[np.int32]  # [N] scratch of `reroot`


def allocate_scores(slots: int, max_plies: int, words: int, actions: int, nodes: int) -> Scores:
    """Empty score sheets, every one waiting for `begin`."""
    games = np.zeros(slots, GAME)
    games["finished"] = 1
    games["result"] = ONGOING
    return Scores(
        games=games,
        actions=np.zeros((slots, max_plies), np.int16),
        sample_plies=np.zeros((slots, max_plies), np.int16),
        states=np.zeros((slots, max_plies, words), np.uint64),
        movers=np.zeros((slots, max_plies), np.int8),
        policies=np.zeros((slots, max_plies, actions), np.float32),
        root_values=np.zeros((slots, max_plies), np.float32),
        exact=np.zeros((slots, max_plies), np.int8),
        surprises=np.zeros((slots, max_plies), np.float32),
        counts=np.zeros(3, np.int64),
        places=np.zeros(nodes, np.int32),
    )


@template
def begin_games(tree, scores, schedule, rng, slots, openings, lengths, scratch):
    """Start a new game in each of `slots`, some of them with random plies.

    Where `lengths` is not 0, the game opens with so many of the actions in `openings` instead.
    """
    for i in range(len(slots)):
        g = slots[i]
        game, state = scores.games[g], tree.states[g, 0]
        while lengths[i] == 0:
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
        if lengths[i] > 0:
            start(state)
            plies = lengths[i]
            for ply in range(plies):
                scores.actions[g, ply] = openings[i, ply]
                play(state, openings[i, ply])
        game.plies = plies
        game.samples = 0
        game.result = ONGOING
        game.finished = 0
        next_search(tree, scores, schedule, rng, g)


@helper
def plan_search(tree, scores, schedule, rng, g):
    """Decide of what kind the next search is; returns its simulations."""
    slot = tree.slots[g]
    early = scores.games[g].plies < schedule.temperature_plies
    slot.noise_scale = schedule.temperature if early else schedule.final_temperature
    slot.noisy = 1
    if schedule.first_simulations > 0:
        slot.kind = FIRST
        return schedule.first_simulations
    if schedule.full_share == 1.0 or rng.random() < schedule.full_share:
        slot.kind = FULL
        return schedule.simulations
    slot.kind = FAST
    slot.noisy = 0
    return schedule.fast_simulations


@helper
def next_search(tree, scores, schedule, rng, g):
    """Ask for a search of the position in node 0, from nothing."""
    open_root(tree.nodes[g], tree.slots[g], plan_search(tree, scores, schedule, rng, g))


@template
def play_on(tree, wave, cache, c, scores, schedule, logits, wdl, rng):
    """Absorb an answer, then let every game run until it needs the network or is finished.

    An ended game stays in its slot until it is collected and `begin_games` is called. Returns
    NO_ROW, or the first row of the answer that is not finite; nothing has changed then.
    """
    bad = absorb(tree, wave, cache, c, logits, wdl, rng)
    if bad != NO_ROW:
        return bad
    for g in range(tree.slots.shape[0]):
        while scores.games[g].finished == 0 and tree.slots[g].waiting == 0:
            if _is_forced(tree, scores, schedule, wave, g):
                legal(tree.states[g, 0], wave.actions)
                make_move(tree, scores, g, wave.actions[0])
                if scores.games[g].finished == 0:
                    next_search(tree, scores, schedule, rng, g)
            elif descend(tree, wave, cache, c, g, rng) == FINISHED:
                conclude(tree, wave, c, scores, schedule, rng, g)
    return NO_ROW


@part
def _is_forced(tree, scores, schedule, wave, g):
    fresh = tree.slots[g].done < 0
    forced = schedule.skip_forced and fresh and legal(tree.states[g, 0], wave.actions) == 1
    if forced:
        scores.counts[FORCED] += 1
    return forced


@part
def conclude(tree, wave, c, scores, schedule, rng, g):
    """Record what the finished search of slot `g` found, play a move and ask for the next one."""
    nodes, slot, game = tree.nodes[g], tree.slots[g], scores.games[g]
    root, weights = nodes[0], wave.weights
    target(nodes, slot, tree.wdl[g, 0] - tree.wdl[g, 2], c, weights)
    scores.counts[SEARCHES] += 1
    if slot.kind == FAST:
        scores.counts[FAST_ONES] += 1
    else:
        sample = game.samples
        for w in range(tree.states.shape[2]):
            scores.states[g, sample, w] = tree.states[g, 0, w]
        scores.sample_plies[g, sample] = game.plies
        scores.movers[g, sample] = mover(tree.states[g, 0])
        scores.root_values[g, sample] = root.value_sum / root.visits
        scores.exact[g, sample] = 1 if root.status == PROVEN else 0
        scores.surprises[g, sample] = surprise(tree.priors[g], weights, root.children)
        scores.policies[g, sample, :] = 0.0
        for i in range(root.children):
            scores.policies[g, sample, nodes[root.first + i].action] = weights[i]
        game.samples = sample + 1
    if c.gumbel:  # its noise has drawn the move already
        chosen = strongest(nodes, tree.noise[g], c, weights)
    else:
        early = game.plies < schedule.temperature_plies
        temperature = schedule.temperature if early else schedule.final_temperature
        chosen = draw(nodes, weights, temperature, rng)
    make_move(tree, scores, g, nodes[chosen].action)
    if game.finished == 1:
        return
    # A forced move needs no search, so its position is left to be found fresh.
    if schedule.reuse and nodes[chosen].children > (1 if schedule.skip_forced else 0):
        simulations = plan_search(tree, scores, schedule, rng, g)
        reroot(tree, g, chosen, simulations, c, rng, scores.places, weights)
    else:
        next_search(tree, scores, schedule, rng, g)


@part
def make_move(tree, scores, g, action):
    """Play an action in node 0 and write it down."""
    game, state = scores.games[g], tree.states[g, 0]
    scores.actions[g, game.plies] = action
    game.plies += 1
    play(state, action)
    final = result(state)
    if final != ONGOING:
        game.result = final
        game.finished = 1
