"""PUCT on the arrays of one slot: choose a child, create children, hand a value back.

Conventions, tested against a naive twin: Q lies in [-1, 1] for the mover of the parent; N counts
the parent's own evaluation; an unvisited child is worth the parent's mean minus a reduction.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import njit

from engine.search.tree import EXPANDED, NEW


class Puct(NamedTuple):
    """Constants of the search; see `engine.config.SearchSettings`."""

    c_init: float
    c_base: float
    fpu_reduction: float
    root_temperature: float
    noise_fraction: float


@njit(cache=True, error_model="numpy")
def select(tree, g, node, puct):  # type: ignore[no-untyped-def]
    """The child with the largest Q + C(N) * P * sqrt(N) / (1 + n), the first one among equals.

    C(N) = c_init + log((N + c_base + 1) / c_base): Silver et al. 2018, supplementary materials.
    """
    first = tree.first_child[g, node]
    last = first + tree.children[g, node]
    total = float(tree.value[g, node])
    explored = 0.0
    for child in range(first, last):
        if tree.visits[g, child] > 0:
            total += tree.value_sum[g, child]
            explored += tree.prior[g, child]
    n = float(tree.visits[g, node])
    unvisited = max(-1.0, total / n - puct.fpu_reduction * math.sqrt(explored))
    scale = (puct.c_init + math.log((n + puct.c_base + 1.0) / puct.c_base)) * math.sqrt(n)
    best, best_score = first, -1e30
    for child in range(first, last):
        visits = float(tree.visits[g, child])
        q = tree.value_sum[g, child] / visits if visits > 0.0 else unvisited
        score = q + scale * tree.prior[g, child] / (1.0 + visits)
        if score > best_score:
            best, best_score = child, score
    return best


@njit(cache=True, error_model="numpy")
def grow(tree, g, node, logits, actions, count, puct):  # type: ignore[no-untyped-def]
    """Create a child for each of `actions[:count]`, priors = softmax of their logits.

    At the root the logits are divided by the root temperature first and mixed with noise after.
    """
    temperature = puct.root_temperature if node == 0 else 1.0
    top = -1e30
    for i in range(count):
        top = max(top, float(logits[actions[i]]))
    total = 0.0
    for i in range(count):
        total += math.exp((logits[actions[i]] - top) / temperature)
    first = tree.size[g]
    tree.first_child[g, node] = first
    tree.children[g, node] = count
    for i in range(count):
        child = first + i
        prior = math.exp((logits[actions[i]] - top) / temperature) / total
        if node == 0 and puct.noise_fraction > 0.0:
            prior += puct.noise_fraction * (tree.noise[g, i] - prior)
        tree.prior[g, child] = prior
        tree.action[g, child] = actions[i]
        tree.visits[g, child] = 0
        tree.value_sum[g, child] = 0.0
        tree.status[g, child] = NEW
    tree.size[g] = first + count
    tree.status[g, node] = EXPANDED


@njit(cache=True, error_model="numpy")
def backup(tree, g):  # type: ignore[no-untyped-def]
    """Add the leaf's value along the path; its sign flips iff the mover changes along the edge."""
    depth = tree.depth[g]
    value = tree.value[g, tree.path[g, depth]]
    for d in range(depth, -1, -1):
        node = tree.path[g, d]
        if d > 0 and tree.mover[g, node] != tree.mover[g, tree.path[g, d - 1]]:
            value = -value
        tree.visits[g, node] += 1
        tree.value_sum[g, node] += value
    if tree.done[g] >= 0:  # the evaluation of a root is no simulation
        tree.total[0] += 1
    tree.done[g] += 1
