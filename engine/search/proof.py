"""MCTS-Solver: what is certain about a node, from the finished games below it.

Each node carries the least value that is certain and the largest that is possible (Winands et al.
2008, with bounds as in Cazenave and Saffidine 2010). Where both meet, the value is proven: the
search goes there no more, and the sums of all ancestors are corrected for the visits that were
backed up with other values before.
"""

from __future__ import annotations

from engine.kernels import helper
from engine.search.tree import NARROWED, PROVEN


@helper
def settle(nodes, path, depth):  # type: ignore[no-untyped-def]
    """Carry the bounds of the exact leaf `path[depth]` upwards as far as they change anything.

    Returns how many nodes were proven.
    """
    proved = 0
    for d in range(depth - 1, -1, -1):
        node = nodes[path[d]]
        lower, upper = -1, -1
        for index in range(node.first, node.first + node.children):
            child = nodes[index]
            lower = max(lower, child.lower)
            upper = max(upper, child.upper)
            if child.upper == -1:
                node.status = NARROWED
        if node.flips:
            least, most = -upper, -lower
        else:
            least, most = lower, upper
        if least == node.lower and most == node.upper:
            break
        node.lower = least
        node.upper = most
        if lower == upper:
            node.plies = plies_to_end(nodes, path[d], lower)
            node.status = PROVEN
            proved += 1
            _correct(nodes, path, d)
    return proved


@helper
def _correct(nodes, path, depth):  # type: ignore[no-untyped-def]
    """Make all visits of the proven `path[depth]` count its exact value, for all its ancestors."""
    node = nodes[path[depth]]
    change = node.lower * node.visits - node.value_sum
    node.value_sum += change
    for d in range(depth - 1, -1, -1):
        node = nodes[path[d]]
        if node.flips:
            change = -change
        node.value_sum += change


@helper
def plies_to_end(nodes, index, value):  # type: ignore[no-untyped-def]
    """The shortest known way to a win, the longest otherwise, among children that keep `value`."""
    best = -1
    node = nodes[index]
    for i in range(node.first, node.first + node.children):
        child = nodes[i]
        if child.lower == value and child.upper == value:
            plies = child.plies
            if best < 0 or (plies < best if value > 0 else plies > best):
                best = plies
    return best + 1
