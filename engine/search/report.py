"""Read the roots: one row per tree, in the order of action ids."""

from __future__ import annotations

import math

from engine.kernels import template
from engine.search.root import strongest, target
from engine.search.tree import PROVEN

UNKNOWN = 2
"""In `proven`: the search found no proof."""


@template
def report(  # type: ignore[no-untyped-def]
    tree, c, weights, visits, policy, q, prior, value, best, proven
):
    """Fill the rows of `engine.search.blackbox.Searched`; `weights` is scratch of A numbers."""
    for g in range(tree.nodes.shape[0]):
        nodes, noise = tree.nodes[g], tree.noise[g]
        root = nodes[0]
        target(nodes, tree.slots[g], tree.wdl[g, 0] - tree.wdl[g, 2], c, weights)
        for action in range(q.shape[1]):
            q[g, action] = math.nan
        for i in range(root.children):
            child = nodes[root.first + i]
            visits[g, child.action] = child.visits
            policy[g, child.action] = weights[i]
            prior[g, child.action] = child.prior
            if child.visits > 0:
                q[g, child.action] = child.value_sum / child.visits
        value[g] = root.value_sum / root.visits
        best[g] = nodes[strongest(nodes, noise, c, weights)].action
        proven[g] = root.lower if root.status == PROVEN else UNKNOWN
