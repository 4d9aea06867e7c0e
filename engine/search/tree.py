"""The memory of many search trees: one arena of nodes per slot, a node in half a cache line.

A slot `g` holds one tree. Node 0 is its root; the children of a node are contiguous:

    node    0 │ 1  2  3  4  5  6  7 │ 8  9 10 …
            root  children of the root   children of node 3, say
    first   1 │ .  .  8  .          │ .  .

A child is created with its prior and its action only; its state is computed when it is first
visited. States are stored, so a descent plays no move twice.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# What a node is, in an order that lets the kernels ask with one comparison.
NEW = 0
"""Nobody has been here."""
WAITING = 1
"""The network has been asked about it."""
TERMINAL = 2
"""The game is over here; `lower` = `upper` is exact."""
PROVEN = 3
"""Its exact value follows from its children; `lower` = `upper` is exact."""
EXPANDED = 4
"""Evaluated; its children exist."""
NARROWED = 5
"""Expanded, and at least one child is proven lost: those are visited no more."""

FULL, FAST, FIRST = range(3)
"""What a search is for: a sample, a move alone, or a sample while there is no model."""

# What is counted, as indices of `Tree.counts`.
SIMULATIONS, EVALUATIONS, CACHED, SHARED, ENDED, PROVED, STOPPED, SPARED, REUSED = range(9)
LEAVES, EDGES = 9, 10
"""Nodes below a root that were visited for the first time; edges that all simulations descended."""
COUNTS = 11


def record(fields: list[tuple[str, type]]) -> np.dtype[Any]:
    """A C struct whose fields are attributes, in compiled code and in plain Python.

    Raises ValueError for a name that NumPy's scalars have a meaning of their own for.
    """
    taken = [name for name, _ in fields if hasattr(np.record, name)]
    if taken:
        raise ValueError(f"a record cannot have the fields {taken}: NumPy would answer for them")
    return np.dtype((np.record, np.dtype(fields, align=True)))


NODE = record(
    [
        ("visits", np.int32),  # descents through the node, its own evaluation included
        ("value_sum", np.float32),  # for the mover of the PARENT (the root's for its own)
        ("prior", np.float32),  # probability of the node's action in its parent's policy
        ("explored", np.float32),  # sum of the priors of its visited children
        ("first", np.int32),  # its first child
        ("children", np.int16),  # how many it has
        ("action", np.int16),  # what leads here
        ("plies", np.int16),  # to the end, where the value is exact
        ("status", np.int8),  # NEW ... NARROWED
        ("flips", np.int8),  # 1 if its mover is not the mover of its parent
        ("lower", np.int8),  # least value that is certain, for the mover of the PARENT
        ("upper", np.int8),  # largest value that is possible, for the mover of the PARENT
    ]
)
SLOT = record(
    [
        ("used", np.int32),  # nodes in use
        ("done", np.int32),  # simulations below the root; -1 until the root is evaluated
        ("budget", np.int32),  # simulations wanted; a slot is idle when done == budget
        ("waiting", np.int32),  # leaves that wait for the network
        ("noise_scale", np.float32),  # factor of the Gumbel noise
        ("noisy", np.int8),  # 1 if the root explores: temperature and noise
        ("kind", np.int8),  # FULL, FAST or FIRST
    ]
)


class Tree(NamedTuple):
    """G slots with N places each; A = actions, W = words of a state."""

    nodes: NDArray[Any]  # NODE[G, N]
    states: NDArray[np.uint64]  # [G, N, W]
    slots: NDArray[Any]  # SLOT[G]
    noise: NDArray[np.float32]  # [G, A] noise of the root's children, in their order
    priors: NDArray[np.float32]  # [G, A] their priors before noise and temperature
    wdl: NDArray[np.float32]  # [G, 3] what the network said of the root
    counts: NDArray[np.int64]  # [COUNTS] since the tree was allocated

    def children(self, slot: int, node: int = 0) -> NDArray[Any]:
        """The children of a node, as a view NODE[n]; none if it is not expanded."""
        parent = self.nodes[slot, node]
        return self.nodes[slot, parent["first"] : parent["first"] + parent["children"]]


def allocate(slots: int, nodes: int, words: int, actions: int) -> Tree:
    """An empty tree of `slots` arenas of `nodes` places; all slots idle."""
    return Tree(
        nodes=np.zeros((slots, nodes), NODE),
        states=np.zeros((slots, nodes, words), np.uint64),
        slots=np.zeros(slots, SLOT),
        noise=np.zeros((slots, actions), np.float32),
        priors=np.zeros((slots, actions), np.float32),
        wdl=np.zeros((slots, 3), np.float32),
        counts=np.zeros(COUNTS, np.int64),
    )


def nodes_for(simulations: int, actions: int) -> int:
    """Places that `simulations` descents can need at most: each one creates a node's children."""
    return 1 + (simulations + 1) * actions


def bytes_per_slot(tree: Tree) -> int:
    """Memory of one slot in bytes."""
    return sum(array.nbytes for array in tree) // len(tree.slots)
