"""PUCT on the nodes of one slot: choose a child, create children, hand a value back.

Conventions, tested against a naive twin: Q lies in [-1, 1] for the mover of the parent; N counts
the parent's own evaluation; an unvisited child is worth the parent's mean minus a reduction.
"""

from __future__ import annotations

import math

import numpy as np

from engine.kernels import inlined
from engine.search.tree import EXPANDED, NARROWED, NEW

NO_SCORE = np.float32(-1e30)


@inlined
def choose_child(nodes, index, c):  # type: ignore[no-untyped-def]
    """The child with the largest Q + C(N) * P * sqrt(N) / (1 + n), the first one among equals.

    C(N) = c_init + log((N + c_base + 1) / c_base): Silver et al. 2018, supplementary materials. An
    unvisited child is worth mean - reduction * sqrt(visited P), at least -1: first play urgency as
    in KataGo and Leela Chess Zero. Children that are proven lost are left out.
    """
    node = nodes[index]
    mean = node.value_sum * c.inverse[node.visits]
    if node.flips:
        mean = -mean
    unvisited = max(np.float32(-1.0), mean - c.fpu_reduction * np.float32(math.sqrt(node.explored)))
    scale = c.exploration[node.visits]
    narrowed = node.status == NARROWED
    best, best_score = node.first, NO_SCORE
    for i in range(node.first, node.first + node.children):
        child = nodes[i]
        visits = child.visits
        q = child.value_sum * c.inverse[visits] if visits > 0 else unvisited
        score = q + scale * child.prior * c.inverse[visits + 1]
        if score > best_score and not (narrowed and child.upper == -1):
            best, best_score = i, score
    return best


@inlined
def weigh(judged, place, actions, weights, count):  # type: ignore[no-untyped-def]
    """Fill `weights[:count]` for `actions[:count]` in proportion to softmax; returns their sum.

    The logit of action a is `judged[place[a]]`.
    """
    top = NO_SCORE
    for i in range(count):
        top = max(top, judged[place[actions[i]]])
    total = 0.0
    for i in range(count):
        weights[i] = math.exp(float(judged[place[actions[i]]] - top))
        total += weights[i]
    return total


@inlined
def grow(nodes, slot, index, actions, weights, total, count):  # type: ignore[no-untyped-def]
    """Create a child for each of `actions[:count]` with the prior `weights[i] / total`."""
    node = nodes[index]
    node.first = slot.used
    node.children = count
    node.explored = 0.0
    node.status = EXPANDED
    for i in range(count):
        child = nodes[slot.used + i]
        child.visits = 0
        child.value_sum = 0.0
        child.prior = weights[i] / total
        child.children = 0
        child.action = actions[i]
        child.status = NEW
        child.lower = -1
        child.upper = 1
    slot.used += count


@inlined
def backup(nodes, slot, path, depth, value):  # type: ignore[no-untyped-def]
    """Add the value of the leaf `path[depth]`, for its own mover, along the path.

    Its sign flips iff the mover changes along the edge.
    """
    if depth > 0 and nodes[path[depth]].visits == 0:
        nodes[path[depth - 1]].explored += nodes[path[depth]].prior
    for d in range(depth, -1, -1):
        node = nodes[path[d]]
        if node.flips:
            value = -value
        node.visits += 1
        node.value_sum += value
    slot.done += 1
