"""Perft: how many move sequences of an exact length a game has. The proof of its rules.

A finished game is not continued. Whether the sequences that ended earlier count is a convention:
most tables leave them out, Othello's count each once.
"""

from __future__ import annotations

import numpy as np

from engine.game import Game
from engine.kernels import bind, legal, play


def perft(game: Game, depth: int, count_finished: bool = False) -> int:
    """The number of legal sequences of `depth` actions from the start.

    With `count_finished`, a game that ends in fewer actions counts as one sequence.
    """
    states = np.zeros((depth + 1, game.words), np.uint64)
    game.rules.start(states[0])
    actions = np.zeros((depth + 1, game.actions), np.int16)
    counts, nexts = np.zeros((2, depth + 1), np.int64)
    return int(bind(count_sequences, game)(states, actions, counts, nexts, depth, count_finished))


def count_sequences(  # type: ignore[no-untyped-def]
    states, actions, counts, nexts, depth, count_finished
):
    """Walk the tree below `states[0]` with a stack: row d is the state after d actions.

    `counts` and `nexts`, of depth + 1 zeros, are its legal actions and the next of them to try.
    """
    total = 0
    level = 0
    counts[0] = legal(states[0], actions[0])
    if depth == 0:
        return 1
    while level >= 0:
        if level == depth - 1:
            total += counts[level]
            level -= 1
            continue
        if nexts[level] == counts[level]:
            level -= 1
            continue
        action = actions[level, nexts[level]]
        nexts[level] += 1
        for w in range(states.shape[1]):
            states[level + 1, w] = states[level, w]
        play(states[level + 1], action)
        level += 1
        nexts[level] = 0
        counts[level] = legal(states[level], actions[level])
        if counts[level] == 0 and count_finished:
            total += 1
    return total


def reachable(game: Game) -> int:
    """The number of distinct positions that can be reached, finished ones included."""
    start = game.new()
    seen = {start.tobytes()}
    frontier = [start]
    while frontier:
        state = frontier.pop()
        for action in game.legal(state):
            following = state.copy()
            game.rules.play(following, action)
            key = following.tobytes()
            if key not in seen:
                seen.add(key)
                frontier.append(following)
    return len(seen)
