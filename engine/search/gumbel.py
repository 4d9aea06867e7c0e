"""The Gumbel root (Danihelka et al. 2022): who is considered, who is visited, what is learnt.

Gumbel noise picks the actions that are considered, sequential halving shares the simulations among
them, and the target is the improved policy of completed values. Below the root PUCT goes on.
Values are mapped from [-1, 1] to [0, 1] by a fixed map: rescaling them to what was seen would make
a preference of noise wherever all moves are alike.
"""

from __future__ import annotations

import math

from engine.kernels import helper
from engine.search.puct import NO_SCORE

LEAST_PRIOR = 1e-30
"""Stands for a prior of zero, whose logarithm would not be finite."""


@helper
def consider(nodes, slot, noise, c, rng):  # type: ignore[no-untyped-def]
    """Draw the noise of a fresh root and end its budget where a phase ends."""
    count = nodes[0].children
    slot.budget = min(slot.budget, c.whole[slot.kind, min(c.considered, count)])
    for i in range(count):
        noise[i] = 0.0
        if slot.noisy == 1:  # -log of an exponential draw is a Gumbel draw
            noise[i] = -slot.noise_scale * math.log(rng.standard_exponential())


@helper
def halving(nodes, slot, noise, c):  # type: ignore[no-untyped-def]
    """The child with the best score among those with as many visits as planned, or -1."""
    first, count = nodes[0].first, nodes[0].children
    wanted = c.plan[slot.kind, min(c.considered, count), nodes[0].visits - 1]
    best, best_score = -1, NO_SCORE
    most = most_visits(nodes)
    for i in range(count):
        if nodes[first + i].visits == wanted:
            value = score(nodes[first + i], noise[i], most, c)
            if value > best_score:
                best, best_score = first + i, value
    return best


@helper
def score(child, noise, most, c):  # type: ignore[no-untyped-def]
    """noise + logit + sigma(q); a child without visits has no q, among such it makes no difference.

    `most` = the largest number of visits of a child.
    """
    found = noise + math.log(max(child.prior, LEAST_PRIOR))
    if child.visits > 0:
        found += sigma(child.value_sum / child.visits, most, c)
    return found


@helper
def sigma(q, most, c):  # type: ignore[no-untyped-def]
    """(c_visit + most visits) * c_scale * q with q mapped to [0, 1]."""
    return (c.value_visits + most) * c.value_scale * (q + 1.0) / 2.0


@helper
def most_visits(nodes):  # type: ignore[no-untyped-def]
    """The largest number of visits of a child of the root."""
    most = 0
    for index in range(nodes[0].first, nodes[0].first + nodes[0].children):
        most = max(most, nodes[index].visits)
    return most


@helper
def improved_policy(nodes, value, c, weights):  # type: ignore[no-untyped-def]
    """Weights in proportion to softmax(logits + sigma(completed q)), all legal actions (eq. 11).

    A child without visits is worth v_mix = (value + n * sum(P q) / sum(P)) / (1 + n), `value` being
    the network's, the sums over visited children, n their visits (appendix D).
    """
    first, count = nodes[0].first, nodes[0].children
    visits, mass, mean = 0, 0.0, 0.0
    for index in range(first, first + count):
        child = nodes[index]
        if child.visits > 0:
            visits += child.visits
            mass += child.prior
            mean += child.prior * child.value_sum / child.visits
    mixed = (value + visits * mean / mass) / (1.0 + visits) if mass > 0.0 else value
    most, top = most_visits(nodes), -math.inf
    for i in range(count):
        child = nodes[first + i]
        q = child.value_sum / child.visits if child.visits > 0 else mixed
        weights[i] = math.log(max(child.prior, LEAST_PRIOR)) + sigma(q, most, c)
        top = max(top, weights[i])
    for i in range(count):
        weights[i] = math.exp(weights[i] - top)
