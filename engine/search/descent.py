"""The kernels of a search: absorb what the network said, then descend until it is needed again.

A tree descends again at once when a descent ends without the network (a finished game, a proven
node, an evaluation that is in the cache): every batch is full. With one leaf per tree and wave each
tree is searched exactly as a serial MCTS would search it.
"""

from __future__ import annotations

import numpy as np

from engine.game import ONGOING, value_for
from engine.kernels import (
    canonical,
    inlined,
    legal,
    mover,
    observe,
    part,
    play,
    result,
    template,
)
from engine.search.cache import ABSENT, READY, find, reserve, scramble
from engine.search.constants import AS_IS, RANDOM
from engine.search.proof import settle
from engine.search.puct import backup, choose_child, grow, weigh
from engine.search.root import choose_at_root, dress
from engine.search.tree import (
    CACHED,
    EDGES,
    ENDED,
    EVALUATIONS,
    EXPANDED,
    LEAVES,
    NEW,
    PROVED,
    SHARED,
    SIMULATIONS,
    SPARED,
    STOPPED,
    TERMINAL,
    WAITING,
)
from engine.search.wave import NO_ROW, first_not_finite, keep, overtaken, queue, withdraw

ASKS, FINISHED, STUCK, PAUSED = 0, 1, 2, 3
"""How a descent ends: a leaf waits; the search is done; no leaf is free but those in flight; as
many simulations are made as it may make."""


@part
def absorb(tree, wave, cache, c, logits, wdl, rng):  # type: ignore[no-untyped-def]
    """Give the answers `logits [R, A]`, `wdl [R, 3]`, if there are any, to the leaves that wait.

    Returns NO_ROW, or the first row that is not finite; nothing has changed then.
    """
    used = wave.used[0]
    if used.answered == 0:
        return NO_ROW
    bad = first_not_finite(logits, wdl, used.rows)
    if bad != NO_ROW:
        return bad
    for row in range(used.rows):
        keep(cache, wave.rows[row], row, wave.keys[row], wave.judged[row], c, logits, wdl)
    withdraw(tree, wave)
    for index in range(used.leaves):
        leaf = wave.leaves[index]
        g, path = leaf.slot, wave.paths[index]
        nodes, slot = tree.nodes[g], tree.slots[g]
        if overtaken(nodes, path, leaf.depth):
            nodes[leaf.node].status = NEW
        elif leaf.row == NO_ROW:
            close(tree, g, leaf.node)
            end(nodes, slot, path, leaf.depth, tree.counts)
            tree.counts[PROVED] += settle(nodes, path, leaf.depth)
        else:
            answer = wave.judged[leaf.row]
            expand(tree, g, leaf.node, path, leaf.depth, answer, leaf.image, wave, c, rng)
    used.leaves = 0
    used.rows = 0
    used.answered = 0
    return NO_ROW


@part
def close(tree, g, index):  # type: ignore[no-untyped-def]
    """Write the exact value of a finished game into its node, visited for the first time."""
    node, state = tree.nodes[g, index], tree.states[g, index]
    value = value_for(result(state), mover(state))
    node.status = TERMINAL
    node.plies = 0
    node.lower = -value if node.flips == 1 else value
    node.upper = node.lower
    tree.counts[LEAVES] += 1


@inlined
def end(nodes, slot, path, depth, counts):  # type: ignore[no-untyped-def]
    """Back up an exact leaf."""
    exact = nodes[path[depth]].lower
    if nodes[path[depth]].flips == 1:
        exact = -exact
    backup(nodes, slot, path, depth, np.float32(exact))
    counts[SIMULATIONS] += 1
    counts[ENDED] += 1
    counts[EDGES] += depth


@part
def expand(tree, g, index, path, depth, judged, image, wave, c, rng):  # type: ignore[no-untyped-def]
    """Give a leaf its value and its children from the answer to its key, and back it up."""
    nodes, slot = tree.nodes[g], tree.slots[g]
    actions = wave.actions.shape[0]
    count = legal(tree.states[g, index], wave.actions)
    total = weigh(judged, c.place[image], wave.actions, wave.weights, count)
    grow(nodes, slot, index, wave.actions, wave.weights, total, count)
    believe(tree, g, index, path, depth, judged[actions:], wave, c, rng)


@part
def expand_alike(tree, g, index, path, depth, wave, c, rng):  # type: ignore[no-untyped-def]
    """As `expand`, with the answer that fits every position: no action is preferred."""
    count = legal(tree.states[g, index], wave.actions)
    for i in range(count):
        wave.weights[i] = 1.0
    grow(tree.nodes[g], tree.slots[g], index, wave.actions, wave.weights, count, count)
    believe(tree, g, index, path, depth, wave.alike, wave, c, rng)


@part
def believe(tree, g, index, path, depth, wdl, wave, c, rng):  # type: ignore[no-untyped-def]
    """Back up the value of a leaf whose children exist; a root's get their noise."""
    nodes, slot = tree.nodes[g], tree.slots[g]
    if index == 0:
        for i in range(3):
            tree.wdl[g, i] = wdl[i]
        dress(nodes, slot, tree.noise[g], tree.priors[g], c, rng, wave.weights)
    else:
        tree.counts[SIMULATIONS] += 1
        tree.counts[LEAVES] += 1
        tree.counts[EDGES] += depth
    backup(nodes, slot, path, depth, wdl[0] - wdl[2])


@part
def descend(tree, wave, cache, c, g, rng, most):  # type: ignore[no-untyped-def]
    """Search slot `g` until a leaf of it must wait; returns ASKS, FINISHED, STUCK or PAUSED.

    It pauses when `most` simulations are counted in `tree.counts`, those of all slots. A search
    whose next leaf finds no room for its children ends there.
    """
    nodes, slot = tree.nodes[g], tree.slots[g]
    path = wave.paths[wave.used[0].leaves]
    room = nodes.shape[0] - wave.actions.shape[0]
    while slot.done + slot.waiting < slot.budget:
        if tree.counts[SIMULATIONS] >= most:
            return PAUSED
        index, depth = 0, 0
        path[0] = 0
        if nodes[0].status >= EXPANDED:
            if c.gumbel or c.forced > 0.0:
                index = choose_at_root(nodes, slot, tree.noise[g], c)
            else:
                index = choose_child(nodes, 0, c)
            depth = 1
            path[1] = index
            while nodes[index].status >= EXPANDED:
                index = choose_child(nodes, index, c)
                depth += 1
                path[depth] = index
        status = nodes[index].status
        if status == WAITING:
            return STUCK
        if status == NEW:
            if slot.used + slot.waiting * wave.actions.shape[0] > room:
                slot.budget = slot.done + slot.waiting
                break
            if visit(tree, wave, cache, c, g, index, path, depth, rng):
                return ASKS
        elif depth == 0:  # the root is proven
            tree.counts[STOPPED] += 1
            tree.counts[SPARED] += slot.budget - slot.done
            slot.budget = slot.done + slot.waiting
        else:
            end(nodes, slot, path, depth, tree.counts)
    return FINISHED


@part
def visit(tree, wave, cache, c, g, index, path, depth, rng):  # type: ignore[no-untyped-def]
    """Visit a node for the first time; whether it must wait for the next `absorb`."""
    nodes, slot = tree.nodes[g], tree.slots[g]
    node, state = nodes[index], tree.states[g, index]
    if depth > 0:
        parent = tree.states[g, path[depth - 1]]
        for w in range(state.shape[0]):
            state[w] = parent[w]
        play(state, node.action)
        node.flips = 1 if mover(state) != mover(parent) else 0
    if result(state) == ONGOING:
        return judge(tree, wave, cache, c, g, index, path, depth, rng)
    if c.prove and slot.waiting > 0:  # sums can be corrected only when nothing is in flight
        node.status = WAITING
        queue(nodes, slot, g, index, depth, NO_ROW, 0, wave)
        return True
    close(tree, g, index)
    end(nodes, slot, path, depth, tree.counts)
    if c.prove:
        tree.counts[PROVED] += settle(nodes, path, depth)
    return False


@part
def judge(tree, wave, cache, c, g, index, path, depth, rng):  # type: ignore[no-untyped-def]
    """Take a leaf's evaluation from the cache or ask the network; whether it must wait."""
    if wave.used[0].alike == 1:
        tree.counts[EVALUATIONS] += 1
        expand_alike(tree, g, index, path, depth, wave, c, rng)
        return False
    nodes, slot = tree.nodes[g], tree.slots[g]
    state = tree.states[g, index]
    image = 0
    if c.shown == AS_IS:
        for w in range(state.shape[0]):
            wave.key[w] = state[w]
    else:
        image = canonical(state, wave.key)
    row, entry = wave.used[0].rows, ABSENT
    if cache.keys.shape[0] > 0:
        entry = find(cache, wave.key)
        if entry == ABSENT:
            entry = reserve(cache, wave.key, row)
        elif cache.row[entry] == READY:
            tree.counts[CACHED] += 1
            expand(tree, g, index, path, depth, cache.judged[entry], image, wave, c, rng)
            return False
        elif c.share:
            tree.counts[SHARED] += 1
            row = cache.row[entry]
        else:
            entry = ABSENT
    if row == wave.used[0].rows:
        show(wave, c, row, entry)
        wave.used[0].rows += 1
        tree.counts[EVALUATIONS] += 1
    nodes[index].status = WAITING
    queue(nodes, slot, g, index, depth, row, image, wave)
    return True


@part
def show(wave, c, row, entry):  # type: ignore[no-untyped-def]
    """Write the planes of `wave.key`, turned at random if so wanted, into a row of the batch."""
    for w in range(wave.key.shape[0]):
        wave.keys[row, w] = wave.key[w]
    wave.rows[row].entry = entry
    wave.rows[row].turn = 0
    if c.shown != RANDOM:
        observe(wave.key, wave.observations[row])
        return
    turn = np.int64(scramble(wave.key, c.salt) % np.uint64(c.cells.shape[0]))
    wave.rows[row].turn = turn
    observe(wave.key, wave.planes)
    width = wave.planes.shape[2]
    for plane in range(wave.planes.shape[0]):
        for cell in range(c.cells.shape[1]):
            seen = c.cells[turn, cell]
            wave.observations[row, plane, cell // width, cell % width] = wave.planes[
                plane, seen // width, seen % width
            ]


@template
def advance(tree, wave, cache, c, logits, wdl, rng, most, patience):  # type: ignore[no-untyped-def]
    """Absorb an answer, then fill the next batch with at most `most` leaves of each tree.

    Comes back after `patience` simulations of all trees together, wherever they stand then.
    Returns NO_ROW, or the first row of the answer that is not finite; nothing has changed then.
    """
    bad = absorb(tree, wave, cache, c, logits, wdl, rng)
    if bad != NO_ROW:
        return bad
    enough = tree.counts[SIMULATIONS] + patience
    for g in range(tree.slots.shape[0]):
        while tree.slots[g].waiting < most:
            if descend(tree, wave, cache, c, g, rng, enough) != ASKS:
                break
    return NO_ROW


@template
def abandon(tree, wave):  # type: ignore[no-untyped-def]
    """Forget all leaves that wait, as if their descents had never begun."""
    withdraw(tree, wave)
    for index in range(wave.used[0].leaves):
        leaf = wave.leaves[index]
        tree.nodes[leaf.slot, leaf.node].status = NEW
    wave.used[0].leaves = 0
    wave.used[0].rows = 0
    wave.used[0].answered = 0
