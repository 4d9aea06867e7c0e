"""Alpha-beta of a fixed depth over a heuristic, for any game: which actions are best.

A position's value is for its mover: `WON` and more for a win (the more, the more plies are left, so
that the shortest is best), the heuristic where the depth ends. The sign changes along an edge if
and only if the mover does, so chains of moves and passes need no thought. The depth counts plies.

The tree is walked with a stack, not by recursion, so that the rules of a game can be bound into the
kernel. The children of a node are judged when it is entered, and the most promising ones are looked
into first. At the root a later action is asked whether it is as good as the best, not whether it is
better: so all equals are found. (A memory of positions with iterative deepening saved 40 % of the
nodes in Kalaha at 12 plies, hardly any in Othello and Connect 4, and was taken out again.)

Source: Knuth and Moore, An analysis of alpha-beta pruning, Artificial Intelligence 6 (1975), 293;
bounds are "fail-soft" as in Fishburn, SIGPLAN Notices 18 (1983), 68.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.game import ONGOING, Game, State, value_for
from engine.heuristics import LARGEST, fingerprint, heuristic_for
from engine.kernels import bind, helper, legal, mover, part, play, result

WON = LARGEST + 1
"""The least value of a won position; what a heuristic says lies below."""
# Not plain ints: for a literal argument Numba would compile a kernel once more.
INFINITE = np.int64(2 * WON)
NONE = np.int64(0)

# Placeholder for a game's rule of thumb; `kernel` puts it in its place.
heuristic: Any = None


class Stack(NamedTuple):
    """The path from the root to the node at work: level d is d plies below the root, 0 <= d < D."""

    node: NDArray[np.uint64]  # [D, W]
    child: NDArray[np.uint64]  # [D, A, W] the positions one ply below the node of a level
    action: NDArray[np.int16]  # [D, A] the actions that lead there
    worth: NDArray[np.int64]  # [D, A] their values for the node's mover, as far as known
    ended: NDArray[np.bool_]  # [D, A] whether the game is over there
    same: NDArray[np.bool_]  # [D, A] whether the node's mover moves again
    order: NDArray[np.int16]  # [D, A] the children, the most promising first
    children: NDArray[np.int16]  # [D] how many there are
    next: NDArray[np.int16]  # [D] how many of them have been looked into
    alpha: NDArray[np.int64]  # [D] what the node's mover can have elsewhere
    beta: NDArray[np.int64]  # [D] what his opponent need not let him have
    best: NDArray[np.int64]  # [D] his best value so far
    judged: NDArray[np.int64]  # [1] positions judged in all


@helper
def _copy(state, row):
    for word in range(state.shape[0]):
        row[word] = state[word]


@part
def judge(state, final, player, left):
    """The value for `player` of a position that is not looked beyond; `final` is its result."""
    if final != ONGOING:
        return np.int64(value_for(final, player)) * (WON + left)
    guess = heuristic(state)
    return guess if player == 0 else -guess


@part
def enter(stack, level, state, alpha, beta, left):
    """Make `state` the node of `level`: play and judge its actions, `left` plies remain below."""
    stack.alpha[level], stack.beta[level] = alpha, beta
    stack.best[level], stack.next[level] = -INFINITE, 0
    _copy(state, stack.node[level])
    player = mover(state)
    order, worth = stack.order[level], stack.worth[level]
    count = legal(state, stack.action[level])
    for slot in range(count):
        row = stack.child[level, slot]
        _copy(state, row)
        play(row, stack.action[level, slot])
        final = result(row)
        worth[slot] = judge(row, final, player, left)
        stack.ended[level, slot] = final != ONGOING
        stack.same[level, slot] = mover(row) == player
        place = slot
        while place > 0 and worth[order[place - 1]] < worth[slot]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = slot
    stack.children[level] = count
    stack.judged[0] += count


@part
def last_ply(stack, level, state, beta):
    """The most that the mover of `state` has after one ply; once it is `beta`, that is enough."""
    player = mover(state)
    row, actions = stack.node[level], stack.action[level]  # nothing else is as deep as the last ply
    best = -INFINITE
    for slot in range(legal(state, actions)):
        _copy(state, row)
        play(row, actions[slot])
        best = max(best, judge(row, result(row), player, NONE))
        stack.judged[0] += 1
        if best >= beta:
            break
    return best


@helper
def _window(stack, level, slot):
    """What the child's mover wants to exceed, and what is enough for him."""
    floor = max(stack.alpha[level], stack.best[level] - (1 if level == 0 else 0))
    if stack.same[level, slot]:
        return floor, stack.beta[level]
    return -stack.beta[level], -floor


@helper
def _absorb(stack, level, slot, value):
    """Tell the node at `level` that the child in `slot` is worth `value` to its own mover."""
    gain = value if stack.same[level, slot] else -value
    stack.worth[level, slot] = gain
    stack.best[level] = max(stack.best[level], gain)


def walk(stack, root, depth):
    """The value of `root` for its mover; stack.worth[0] holds its children's.

    A child of the root that is worse than the best has an upper bound there, below the best.
    """
    level = NONE
    enter(stack, level, root, -INFINITE, INFINITE, depth - 1)
    while True:
        if stack.next[level] == stack.children[level] or stack.best[level] >= stack.beta[level]:
            if level == 0:
                return stack.best[0]
            level -= 1
            _absorb(stack, level, stack.order[level, stack.next[level] - 1], stack.best[level + 1])
            continue
        slot = stack.order[level, stack.next[level]]
        stack.next[level] += 1
        left = depth - level - 1
        if left == 0 or stack.ended[level, slot]:
            stack.best[level] = max(stack.best[level], stack.worth[level, slot])
            continue
        child = stack.child[level, slot]
        alpha, beta = _window(stack, level, slot)
        if left == 1:
            _absorb(stack, level, slot, last_ply(stack, level + 1, child, beta))
        else:
            level += 1
            enter(stack, level, child, alpha, beta, left - 1)


@cache
def kernel(game: Game) -> Callable[..., Any]:
    """`walk`, compiled with the rules and the heuristic of `game` in it."""
    parts: dict[str, Any] = {"heuristic": heuristic_for(game)}
    for template in (judge, enter, last_ply, walk):
        scope = {**template.__globals__, **parts}
        name = f"{template.__name__}_{fingerprint()}"
        copy = types.FunctionType(template.__code__, scope, name)
        copy.__module__ = template.__module__
        copy.__dict__.update(template.__dict__)  # whether it is a part of the others
        parts[template.__name__] = bind(copy, game)
    walker: Callable[..., Any] = parts["walk"]
    return walker


class Looked(NamedTuple):
    """What alpha-beta found: the value for the mover, all best actions, positions judged."""

    value: int
    best: tuple[int, ...]
    nodes: int


class AlphaBeta:
    """Looks `depth >= 1` plies ahead in one game; to be used by one thread at a time."""

    def __init__(self, game: Game, depth: int) -> None:
        self.game = game
        self.depth = depth
        self._walk = kernel(game)
        shape = (depth, game.actions)
        self._stack = Stack(
            node=np.zeros((depth, game.words), np.uint64),
            child=np.zeros((*shape, game.words), np.uint64),
            action=np.zeros(shape, np.int16),
            worth=np.zeros(shape, np.int64),
            ended=np.zeros(shape, np.bool_),
            same=np.zeros(shape, np.bool_),
            order=np.zeros(shape, np.int16),
            children=np.zeros(depth, np.int16),
            next=np.zeros(depth, np.int16),
            alpha=np.zeros(depth, np.int64),
            beta=np.zeros(depth, np.int64),
            best=np.zeros(depth, np.int64),
            judged=np.zeros(1, np.int64),
        )

    def look(self, state: State) -> Looked:
        """The best actions of `state uint64[W]`, which must not be over."""
        stack = self._stack
        stack.judged[0] = 0
        value = int(self._walk(stack, np.ascontiguousarray(state), self.depth))
        count = stack.children[0]
        best = stack.action[0, :count][stack.worth[0, :count] == value]
        return Looked(value, tuple(int(action) for action in best), int(stack.judged[0]))
