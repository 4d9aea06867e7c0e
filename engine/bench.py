"""How fast the rules are: random games on one core, beside OpenSpiel's in the same process.

OpenSpiel is written in C++; here it is driven from Python, as a Python program would use it. It is
not needed: without it (or where a game does not say what it is called there) ours stands alone.
"""

from __future__ import annotations

import importlib
import random
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.game import Game
from engine.kernels import bind, legal, play, start

BATCH = 1_000
"""Games of ours between two looks at the clock."""


@dataclass(frozen=True)
class Rates:
    """Random games of one game on one core."""

    game: str
    playouts_per_s: float
    plies_per_s: float
    plies_per_game: float
    openspiel_playouts_per_s: float | None
    openspiel_ratio: float | None

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def bench(game: Game, seconds: float, seed: int = 0) -> Rates:
    """Play random games for `seconds` each, ours and OpenSpiel's."""
    games, plies, elapsed = play_random_games(game, seconds, seed)
    rate = games / elapsed
    theirs = openspiel_rate(game, seconds, seed)
    ratio = rate / theirs if theirs else None
    return Rates(game.name, rate, plies / elapsed, plies / games, theirs, ratio)


def play_random_games(game: Game, seconds: float, seed: int = 0) -> tuple[int, int, float]:
    """Games and plies played, and the seconds that they took."""
    kernel = bind(random_games, game)
    state, actions = np.zeros(game.words, np.uint64), np.zeros(game.actions, np.int16)
    rng = np.random.default_rng(seed)
    kernel(state, actions, 1, rng)
    games, plies, began = 0, 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        plies += kernel(state, actions, BATCH, rng)
        games += BATCH
    return games, plies, elapsed


def random_games(state, actions, games, rng):  # type: ignore[no-untyped-def]
    """Play `games` uniformly random games in the row `state`; returns the number of plies."""
    plies = 0
    for _ in range(games):
        start(state)
        count = legal(state, actions)
        while count > 0:
            play(state, actions[int(rng.random() * count)])
            plies += 1
            count = legal(state, actions)
    return plies


def openspiel_rate(game: Game, seconds: float, seed: int = 0) -> float | None:
    """Random games per second of OpenSpiel, or None where it cannot be asked."""
    try:
        pyspiel: Any = importlib.import_module("pyspiel")
    except ImportError:
        return None
    if game.openspiel is None:
        return None
    other = pyspiel.load_game(game.openspiel)
    choose = random.Random(seed).choice
    games, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        state = other.new_initial_state()
        while not state.is_terminal():
            state.apply_action(choose(state.legal_actions()))
        games += 1
    return games / elapsed
