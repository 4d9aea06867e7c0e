"""Keep the part of a tree below one node and forget the rest, in place."""

from __future__ import annotations

from engine.kernels import helper, template
from engine.search.root import dress
from engine.search.tree import REUSED

GONE = -1


@template
def reroot(tree, g, index, simulations, c, rng, places, weights):  # type: ignore[no-untyped-def]
    """Make node `index > 0` of slot `g`, which has children, a root, with all that is below it.

    Its visits count as simulations that are done already, `simulations` are wanted in all. The
    children of a node stand behind it, so a pass in ascending order sees a parent before its
    children and moves every node forward. `places int32[N]` is scratch. Nothing may be in flight.
    """
    nodes, slot = tree.nodes[g], tree.slots[g]
    _mark(nodes, index, slot.used, places)
    slot.used = _move(nodes, tree.states[g], index, slot.used, places)
    _become_root(nodes)
    for i in range(3):  # of a node below the root only the value was kept
        tree.wdl[g, i] = 0.0
    slot.done = nodes[0].visits - 1
    slot.budget = max(simulations, slot.done)
    slot.waiting = 0
    tree.counts[REUSED] += slot.done
    dress(nodes, slot, tree.noise[g], tree.priors[g], c, rng, weights)
    nodes[0].explored = 0.0
    for i in range(nodes[0].first, nodes[0].first + nodes[0].children):
        if nodes[i].visits > 0:
            nodes[0].explored += nodes[i].prior


@helper
def _become_root(nodes):  # type: ignore[no-untyped-def]
    """What was for the mover of the parent is for the root's own mover now."""
    root = nodes[0]
    if root.flips == 1:
        lower = root.lower
        root.value_sum = -root.value_sum
        root.lower = -root.upper
        root.upper = -lower
    root.flips = 0


@helper
def _mark(nodes, index, size, places):  # type: ignore[no-untyped-def]
    for i in range(size):
        places[i] = GONE
    places[index] = index
    for i in range(index, size):
        if places[i] != GONE:
            for child in range(nodes[i].first, nodes[i].first + nodes[i].children):
                places[child] = child


@helper
def _move(nodes, states, index, size, places):  # type: ignore[no-untyped-def]
    """Move what is marked to the front, in order; returns how many nodes that are."""
    kept = 0
    for i in range(index, size):
        if places[i] != GONE:
            places[i] = kept
            nodes[kept] = nodes[i]
            for w in range(states.shape[1]):
                states[kept, w] = states[i, w]
            kept += 1
    for i in range(kept):
        if nodes[i].children > 0:
            nodes[i].first = places[nodes[i].first]
    return kept
