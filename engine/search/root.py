"""What is special at the root: noise, who is visited, what is learnt from it and what is played.

Two policies, by setting: PUCT with Dirichlet noise and visits as the target (here), and Gumbel
(gumbel.py). In all functions `nodes NODE[N]`, `slot SLOT` and `noise float32[A]` are one tree's,
`weights float64[A]` belong to the root's children in their order.
"""

from __future__ import annotations

import math

from engine.kernels import helper
from engine.search.gumbel import consider, halving, improved_policy, score
from engine.search.puct import choose_child
from engine.search.tree import PROVEN

SHAPED_MOST = 0.01
"""Priors above this are alike to the shape of the noise (KataGo)."""


@helper
def dress(nodes, slot, noise, priors, c, rng, weights):  # type: ignore[no-untyped-def]
    """Give the children of a root their temperature and noise; their plain priors are noted."""
    for i in range(nodes[0].children):
        priors[i] = nodes[nodes[0].first + i].prior
    if c.gumbel:
        consider(nodes, slot, noise, c, rng)
    elif slot.noisy == 1:
        _soften(nodes, c, weights)
        _draw_noise(nodes, noise, c, rng, weights)
        first = nodes[0].first
        for i in range(nodes[0].children):
            nodes[first + i].prior += c.noise_fraction * (noise[i] - nodes[first + i].prior)


@helper
def _soften(nodes, c, weights):  # type: ignore[no-untyped-def]
    """Priors to the power of 1 / temperature, normalised."""
    first, count = nodes[0].first, nodes[0].children
    total = 0.0
    for i in range(count):
        weights[i] = float(nodes[first + i].prior) ** (1.0 / c.root_temperature)
        total += weights[i]
    for i in range(count):
        nodes[first + i].prior = weights[i] / total


@helper
def _draw_noise(nodes, noise, c, rng, weights):  # type: ignore[no-untyped-def]
    """Dirichlet noise over the legal actions, by normalised gamma draws.

    A share `noise_shape` of the total concentration goes to the actions that the priors favour: in
    proportion to max(0, log(min(P, 0.01)) - its mean), after KataGo; the rest is spread evenly.
    """
    first, count = nodes[0].first, nodes[0].children
    mean = 0.0
    for i in range(count):
        weights[i] = math.log(min(max(nodes[first + i].prior, 1e-9), SHAPED_MOST))
        mean += weights[i] / count
    above = 0.0
    for i in range(count):
        weights[i] = max(0.0, weights[i] - mean)
        above += weights[i]
    total = 0.0
    for i in range(count):
        even = 1.0 / count
        shaped = weights[i] / above if above > 0.0 else even
        noise[i] = rng.standard_gamma(c.noise_total * (even + c.noise_shape * (shaped - even)))
        total += noise[i]
    for i in range(count):
        noise[i] = noise[i] / total if total > 0.0 else 1.0 / count


@helper
def choose_at_root(nodes, slot, noise, c):  # type: ignore[no-untyped-def]
    """The child of the root that the next simulation goes to."""
    child = -1
    if c.gumbel:
        child = halving(nodes, slot, noise, c)
    elif c.forced > 0.0 and slot.noisy == 1:
        child = _forced(nodes, c)
    # Leaves in flight, or visits that a cut phase left unequal, can upset the plan of the halving.
    return child if child >= 0 else choose_child(nodes, 0, c)


@helper
def _forced_visits(nodes, child, c):  # type: ignore[no-untyped-def]
    """sqrt(k * P * sum of visits), which every visited child gets at least (KataGo)."""
    return math.sqrt(c.forced * child.prior * (nodes[0].visits - 1))


@helper
def _forced(nodes, c):  # type: ignore[no-untyped-def]
    for index in range(nodes[0].first, nodes[0].first + nodes[0].children):
        child = nodes[index]
        lost = c.prove and child.upper == -1
        if not lost and 0 < child.visits < _forced_visits(nodes, child, c):
            return index
    return -1


@helper
def target(nodes, slot, value, c, weights):  # type: ignore[no-untyped-def]
    """What is learnt: the weight of each child of the root, summing to 1.

    `value` is the network's of the root. At a proven root only the children that keep its value
    count. Otherwise those that are proven lost do not, unless all that was visited is.
    """
    if c.gumbel:
        improved_policy(nodes, value, c, weights)
    else:
        _visit_counts(nodes, slot, c, weights)
    first, count = nodes[0].first, nodes[0].children
    total = 0.0
    for i in range(count):
        if c.prove and _is_out(nodes, first + i):
            weights[i] = 0.0
        total += weights[i]
    if total == 0.0:  # every visit went to a child that is proven lost
        for i in range(count):
            weights[i] = 0.0 if _is_out(nodes, first + i) else nodes[first + i].prior
            total += weights[i]
    for i in range(count):
        weights[i] /= total


@helper
def _is_out(nodes, index):  # type: ignore[no-untyped-def]
    """Whether exact play never chooses this child of the root, as far as is proven."""
    child = nodes[index]
    if nodes[0].status == PROVEN:
        return child.lower != nodes[0].lower or child.upper != nodes[0].lower
    return child.upper == -1


@helper
def _visit_counts(nodes, slot, c, weights):  # type: ignore[no-untyped-def]
    """Visits; with forced playouts less those that PUCT would not have made (KataGo).

    A child other than the most visited one loses at most its forced visits, and not so many that
    its score would beat that of the most visited one; a single visit that is left is dropped.
    """
    first, count = nodes[0].first, nodes[0].children
    best = first
    for i in range(count):
        weights[i] = nodes[first + i].visits
        if nodes[first + i].visits > nodes[best].visits:
            best = first + i
    if c.forced == 0.0 or slot.noisy == 0:
        return
    scale = c.exploration[nodes[0].visits]
    most = nodes[best].visits
    top = nodes[best].value_sum / most + scale * nodes[best].prior / (1.0 + most)
    for i in range(count):
        child = nodes[first + i]
        if first + i == best or child.visits == 0:
            continue
        gap = top - child.value_sum / child.visits
        needed = math.ceil(scale * child.prior / gap - 1.0) if gap > 0.0 else child.visits
        allowed = child.visits - math.ceil(_forced_visits(nodes, child, c))
        kept = min(child.visits, max(needed, allowed))
        weights[i] = kept if kept > 1 else 0


@helper
def surprise(priors, weights, count):  # type: ignore[no-untyped-def]
    """KL divergence of the target `weights[:count]` from the network's priors, in nats."""
    total = 0.0
    for i in range(count):
        if weights[i] > 0.0:
            total += weights[i] * math.log(weights[i] / max(priors[i], 1e-9))
    return max(0.0, total)


@helper
def strongest(nodes, noise, c, weights):  # type: ignore[no-untyped-def]
    """The child to play when nothing is left to chance, `weights` being its `target`.

    A proven root: the shortest way to a win, the longest otherwise. Gumbel: the winner of the
    halving, among those with a weight. PUCT: the largest weight, the first one among equals.
    """
    first, count = nodes[0].first, nodes[0].children
    most = 0
    for i in range(count):
        if weights[i] > 0.0:
            most = max(most, nodes[first + i].visits)
    best, best_worth = -1, -math.inf
    for i in range(count):
        child = nodes[first + i]
        if weights[i] == 0.0:
            continue
        if nodes[0].status == PROVEN:
            worth = float(-child.plies if nodes[0].lower > 0 else child.plies)
        elif c.gumbel:
            worth = score(child, noise[i], most, c) if child.visits == most else -1e30
        else:
            worth = weights[i]
        if worth > best_worth:
            best, best_worth = first + i, worth
    return best


@helper
def draw(nodes, weights, temperature, rng):  # type: ignore[no-untyped-def]
    """A child of the root with probability proportional to weights ** (1 / temperature)."""
    first, count = nodes[0].first, nodes[0].children
    top = 0.0
    for i in range(count):
        top = max(top, weights[i])
    total = 0.0
    for i in range(count):
        total += (weights[i] / top) ** (1.0 / temperature)
    mark = rng.random() * total
    chosen = first
    for i in range(count):
        weight = (weights[i] / top) ** (1.0 / temperature)
        if weight > 0.0:
            chosen = first + i
            mark -= weight
            if mark < 0.0:
                break
    return chosen
