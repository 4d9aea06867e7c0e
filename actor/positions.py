"""Positions that the network of a run will meet, to calibrate and to compare evaluators on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from actor.players import Player
from engine.evaluator.agreement import Positions
from engine.game import Game
from storage.replay import Replay

_GAMES_PER_POSITION = 0.25
_AT_ONCE = 64
_MOST_ROUNDS = 8


def run_positions(
    game: Game, replay: Replay | None, count: int, rng: np.random.Generator
) -> Positions:
    """At most `count` positions of the newest games in `replay`, drawn at random, no two alike.

    While the replay does not hold so many, positions of random play fill up. There are fewer than
    `count` only where the game itself has hardly more. Raises StorageError.
    """
    newest = replay.newest(max(1, int(count * _GAMES_PER_POSITION))) if replay else []
    stored = [record.states for _, record in newest]
    states = np.concatenate([np.empty((0, game.words), np.uint64), *stored])
    drawn = _without_repetition(rng.permutation(states))[:count]
    if len(drawn) < count:
        played = np.stack(list(islice(random_states(game, rng), 2 * count)))
        drawn = _without_repetition(np.concatenate([drawn, rng.permutation(played)]))[:count]
    return observed(game, drawn)


def played_positions(game: Game, player: Player, count: int, rng: np.random.Generator) -> Positions:
    """At most `count` positions of games that `player` plays against itself, no two alike.

    There are fewer where it always plays alike, or the game has hardly more.
    """
    found = np.empty((0, game.words), np.uint64)
    for _ in range(_MOST_ROUNDS):
        states = np.stack([game.new()] * _AT_ONCE)
        while len(states):
            found = np.concatenate([found, states])
            chosen = player.choose(states, rng)
            after = [game.after(s, int(a)) for s, a in zip(states, chosen, strict=True)]
            states = np.array([s for s in after if not game.is_over(s)]).reshape(-1, game.words)
        found = _without_repetition(found)
        if len(found) >= count:
            break
    return observed(game, rng.permutation(found)[:count])


def random_states(game: Game, rng: np.random.Generator) -> Iterator[NDArray[np.uint64]]:
    """The unfinished positions `uint64[W]` of uniformly random games, without end."""
    while True:
        state = game.new()
        while not game.is_over(state):
            yield state.copy()
            game.rules.play(state, int(rng.choice(game.legal(state))))


def observed(game: Game, states: NDArray[np.uint64]) -> Positions:
    """What the network sees of unfinished `states uint64[n, W]`, and what is legal there."""
    observations = np.empty((len(states), *game.planes), np.float32)
    legal = np.zeros((len(states), game.actions), np.bool_)
    for i, state in enumerate(states):
        game.rules.observe(state, observations[i])
        legal[i, game.legal(state)] = True
    return Positions(observations, legal)


def _without_repetition(states: NDArray[np.uint64]) -> NDArray[np.uint64]:
    _, first = np.unique(states, axis=0, return_index=True)
    return states[np.sort(first)]
