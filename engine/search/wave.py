"""The leaves that wait for the network and the batch that is put before it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.game import Game
from engine.kernels import helper, inlined
from engine.search.cache import ABSENT, READY, holds
from engine.search.tree import EXPANDED, record

NO_ROW = -1
"""The row of a leaf that needs no answer."""

LEAF = record(
    [
        ("slot", np.int32),
        ("node", np.int32),
        ("row", np.int32),  # where its answer will stand, or NO_ROW; leaves may share a row
        ("depth", np.int32),  # edges of its path
        ("image", np.int32),  # symmetry through which its key sees it
    ]
)
ROW = record(
    [
        ("turn", np.int32),  # symmetry through which the network sees the key
        ("entry", np.int32),  # entry of the cache to fill, or ABSENT
    ]
)
USED = record(
    [
        ("leaves", np.int32),
        ("rows", np.int32),
        ("answered", np.int32),  # 1 once the network has judged the batch
        ("alike", np.int32),  # 1 if nobody need be asked: `Wave.alike` is said of every position
    ]
)


class Wave(NamedTuple):
    """The leaves that wait for the network and the batch that is put before it.

    L leaves and rows, D = longest path, A actions, W words of a state.
    """

    used: NDArray[Any]  # USED[1]
    leaves: NDArray[Any]  # LEAF[L]
    paths: NDArray[np.int32]  # [L, D] nodes from the root to the leaf
    virtual: NDArray[np.float32]  # [L, D] what a leaf in flight added to the sums of its path;
    # [0, D] where each tree has one leaf in flight and needs none of this
    rows: NDArray[Any]  # ROW[L]
    keys: NDArray[np.uint64]  # [L, W] the position that the network is to judge
    observations: NDArray[np.float32]  # [L, C, H, W]
    judged: NDArray[np.float32]  # [L, A + 3] logits and wdl of the key
    alike: NDArray[np.float32]  # [3] wdl that an evaluator says of all positions, if it does
    planes: NDArray[np.float32]  # [C, H, W] scratch
    actions: NDArray[np.int16]  # [A] scratch
    weights: NDArray[np.float64]  # [A] scratch
    key: NDArray[np.uint64]  # [W] scratch


def allocate_wave(game: Game, slots: int, leaves_each: int, nodes: int) -> Wave:
    """Room for `leaves_each` leaves in each of `slots` trees of at most `nodes` nodes."""
    leaves = slots * leaves_each
    depth = min(game.max_plies, nodes) + 2
    return Wave(
        used=np.zeros(1, USED),
        leaves=np.zeros(leaves, LEAF),
        paths=np.zeros((leaves, depth), np.int32),
        virtual=np.zeros((leaves if leaves_each > 1 else 0, depth), np.float32),
        rows=np.zeros(leaves, ROW),
        keys=np.zeros((leaves, game.words), np.uint64),
        observations=np.zeros((leaves, *game.planes), np.float32),
        judged=np.zeros((leaves, game.actions + 3), np.float32),
        alike=np.zeros(3, np.float32),
        planes=np.zeros(game.planes, np.float32),
        actions=np.zeros(game.actions, np.int16),
        weights=np.zeros(game.actions, np.float64),
        key=np.zeros(game.words, np.uint64),
    )


@helper
def withdraw(tree, wave):  # type: ignore[no-untyped-def]
    """Take back what the leaves in flight added to the visits and sums of their paths."""
    for index in range(wave.used[0].leaves):
        leaf = wave.leaves[index]
        nodes = tree.nodes[leaf.slot]
        tree.slots[leaf.slot].waiting = 0
        if wave.virtual.shape[0] > 0:
            for d in range(leaf.depth + 1):
                node = nodes[wave.paths[index, d]]
                node.visits -= 1
                node.value_sum -= wave.virtual[index, d]


@helper
def overtaken(nodes, path, depth):  # type: ignore[no-untyped-def]
    """Whether a node above the leaf was proven by another leaf of the same wave."""
    for d in range(depth):
        if nodes[path[d]].status < EXPANDED:
            return True
    return False


@helper
def send(nodes, path, depth, virtual):  # type: ignore[no-untyped-def]
    """Count a leaf in flight as a visit, so that the next descent looks elsewhere.

    Visits are added with the mean of the node, which leaves its Q as it was (Liu et al. 2020,
    "Watch the unobserved"); a node that nobody has evaluated yet counts as a loss.
    """
    for d in range(depth + 1):
        node = nodes[path[d]]
        virtual[d] = node.value_sum / node.visits if node.visits > 0 else -1.0
        node.visits += 1
        node.value_sum += virtual[d]


@inlined
def queue(nodes, slot, g, node, depth, row, image, wave):  # type: ignore[no-untyped-def]
    """Let a leaf, whose path is written already, wait for row `row`."""
    used = wave.used[0]
    leaf = wave.leaves[used.leaves]
    leaf.slot = g
    leaf.node = node
    leaf.row = row
    leaf.depth = depth
    leaf.image = image
    if wave.virtual.shape[0] > 0:
        send(nodes, wave.paths[used.leaves], depth, wave.virtual[used.leaves])
    used.leaves += 1
    slot.waiting += 1


@helper
def first_not_finite(logits, wdl, rows):  # type: ignore[no-untyped-def]
    """The first of the rows that holds NaN or infinity, or NO_ROW."""
    for row in range(rows):
        total = (wdl[row, 0] + wdl[row, 1] + wdl[row, 2]) * np.float32(0.0)
        for a in range(logits.shape[1]):
            total += logits[row, a] * np.float32(0.0)
        if not math.isfinite(total):
            return row
    return NO_ROW


@inlined
def keep(cache, asked, row, key, judged, c, logits, wdl):  # type: ignore[no-untyped-def]
    """Turn an answer back to how the key was seen, into `judged` and into the cache."""
    actions = logits.shape[1]
    for a in range(actions):
        judged[a] = logits[row, c.place[asked.turn, a]]
    for i in range(3):
        judged[actions + i] = wdl[row, i]
    entry = asked.entry
    if entry != ABSENT and cache.row[entry] == row and holds(cache, entry, key):
        cache.row[entry] = READY
        for i in range(actions + 3):
            cache.judged[entry, i] = judged[i]
