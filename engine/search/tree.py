"""The memory of many search trees: a structure of arrays, one arena of nodes per slot.

A slot `g` holds one tree. Node 0 is its root; the children of a node are contiguous:

    node        0 │ 1  2  3  4  5  6  7 │ 8  9 10 …
                root  children of the root   children of node 3, say
    first_child 1 │ .  .  8  .          │ .  .

A child is created with its prior and its action only; its state is computed when it is first
visited. States are stored, so a descent plays no move twice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NEW = 0
"""A node whose state is not computed yet."""
EXPANDED = 1
"""A node that the network has evaluated and whose children exist."""
TERMINAL = 2
"""A node where the game is over; `value` is exact."""
NO_LEAF = -1
"""No leaf of this slot waits for the network."""


class Tree(NamedTuple):
    """Nodes of G slots with N places each; D = longest path, A = actions, W = words of a state."""

    visits: NDArray[np.int32]  # [G, N] descents through the node, its own evaluation included
    value_sum: NDArray[
        np.float32
    ]  # [G, N] for the mover of the PARENT (the root: for its own mover)
    prior: NDArray[np.float32]  # [G, N] probability of the node's action in its parent's policy
    value: NDArray[np.float32]  # [G, N] network's or exact value for the node's own mover
    first_child: NDArray[np.int32]  # [G, N]
    children: NDArray[np.int16]  # [G, N] number of children
    action: NDArray[np.int16]  # [G, N] action that leads here
    mover: NDArray[np.int8]  # [G, N] player to move
    status: NDArray[np.int8]  # [G, N] NEW, EXPANDED or TERMINAL
    state: NDArray[np.uint64]  # [G, N, W]
    size: NDArray[np.int32]  # [G] nodes in use
    done: NDArray[np.int32]  # [G] simulations finished; -1 until the root is evaluated
    budget: NDArray[np.int32]  # [G] simulations wanted; a slot is idle when done == budget
    leaf: NDArray[np.int32]  # [G] node that waits for the network, or NO_LEAF
    depth: NDArray[np.int32]  # [G] edges of the current path
    path: NDArray[np.int32]  # [G, D] nodes of the current path
    total: NDArray[np.int64]  # [1] simulations finished since the tree was allocated
    noise: NDArray[np.float32]  # [G, A] Dirichlet noise for the root's children, in their order


def allocate(slots: int, simulations: int, words: int, actions: int, max_plies: int) -> Tree:
    """An empty tree for `slots` searches of at most `simulations` each; all slots idle."""
    nodes = 1 + (simulations + 1) * actions
    return Tree(
        visits=np.zeros((slots, nodes), np.int32),
        value_sum=np.zeros((slots, nodes), np.float32),
        prior=np.zeros((slots, nodes), np.float32),
        value=np.zeros((slots, nodes), np.float32),
        first_child=np.zeros((slots, nodes), np.int32),
        children=np.zeros((slots, nodes), np.int16),
        action=np.zeros((slots, nodes), np.int16),
        mover=np.zeros((slots, nodes), np.int8),
        status=np.zeros((slots, nodes), np.int8),
        state=np.zeros((slots, nodes, words), np.uint64),
        size=np.zeros(slots, np.int32),
        done=np.zeros(slots, np.int32),
        budget=np.zeros(slots, np.int32),
        leaf=np.full(slots, NO_LEAF, np.int32),
        depth=np.zeros(slots, np.int32),
        path=np.zeros((slots, max_plies + 2), np.int32),
        total=np.zeros(1, np.int64),
        noise=np.zeros((slots, actions), np.float32),
    )


def bytes_per_slot(tree: Tree) -> int:
    """Memory of one slot in bytes."""
    return sum(array.nbytes for array in tree) // len(tree.size)
