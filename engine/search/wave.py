"""The kernel of a wave: absorb what the network said, then descend until it is needed again.

One leaf per tree and wave, so each tree is searched exactly as a serial MCTS would search it. A
tree whose descent ends in a finished game descends again at once: every batch is full.
"""

from __future__ import annotations

from engine.game import ONGOING, value_for
from engine.kernels import legal, mover, observe, play, result
from engine.search.puct import backup, grow, select
from engine.search.tree import EXPANDED, NEW, NO_LEAF, TERMINAL


def advance(  # type: ignore[no-untyped-def]
    tree, puct, waiting, first_row, leaf_slots, logits, wdl, observations, actions
):
    """Absorb rows `0..waiting` of the network's answer, then fill rows from `first_row` on.

    Row b belongs to slot `leaf_slots[b]`. `logits [B, A]`, `wdl [B, 3]`,
    `observations [B, C, H, W]`, `actions int16[A]` is scratch. Returns the number of rows filled;
    a slot without one is idle: its search is finished.
    """
    for row in range(waiting):
        g = leaf_slots[row]
        node = tree.leaf[g]
        count = legal(tree.state[g, node], actions)
        tree.value[g, node] = wdl[row, 0] - wdl[row, 2]
        grow(tree, g, node, logits[row], actions, count, puct)
        backup(tree, g)
        tree.leaf[g] = NO_LEAF
    rows = first_row
    for g in range(tree.size.shape[0]):
        if tree.leaf[g] != NO_LEAF:
            continue
        while tree.done[g] < tree.budget[g]:
            node, depth = 0, 0
            tree.path[g, 0] = 0
            while tree.status[g, node] == EXPANDED:
                node = select(tree, g, node, puct)
                depth += 1
                tree.path[g, depth] = node
            tree.depth[g] = depth
            state = tree.state[g, node]
            if tree.status[g, node] == NEW:
                if depth > 0:
                    parent = tree.state[g, tree.path[g, depth - 1]]
                    for w in range(state.shape[0]):
                        state[w] = parent[w]
                    play(state, tree.action[g, node])
                player = mover(state)
                tree.mover[g, node] = player
                final = result(state)
                if final == ONGOING:
                    observe(state, observations[rows])
                    tree.leaf[g] = node
                    leaf_slots[rows] = g
                    rows += 1
                    break
                tree.status[g, node] = TERMINAL
                tree.value[g, node] = value_for(final, player)
            backup(tree, g)
    return rows
