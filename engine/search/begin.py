"""How a search begins: a position at the root, and simulations to do."""

from __future__ import annotations

from engine.kernels import helper, template
from engine.search.tree import FULL, NEW


@helper
def open_root(nodes, slot, simulations):  # type: ignore[no-untyped-def]
    """Make the state of node 0 a fresh root and ask for `simulations` descents below it."""
    root = nodes[0]
    root.status = NEW
    root.visits = 0
    root.value_sum = 0.0
    root.explored = 0.0
    root.children = 0
    root.flips = 0
    root.lower = -1
    root.upper = 1
    slot.used = 1
    slot.done = -1
    slot.budget = simulations
    slot.waiting = 0


@template
def begin(tree, first, states, simulations, noisy):  # type: ignore[no-untyped-def]
    """Put `states [B, W]` at the roots of slots from `first` on, with `simulations` to do each."""
    for i in range(states.shape[0]):
        g = first + i
        slot = tree.slots[g]
        for w in range(states.shape[1]):
            tree.states[g, 0, w] = states[i, w]
        slot.noisy = noisy
        slot.kind = FULL
        slot.noise_scale = 1.0
        open_root(tree.nodes[g], slot, simulations)
