"""What the tests of the environments play: every game of the folder, and one that repeats turns."""

from __future__ import annotations

import numpy as np

from engine.game import Game
from engine.games import all_games
from tests.toys import HEAP

GAMES = [*all_games().values(), HEAP]
GARBAGE = [-1, 10_000, 2**70, 1.0, "1", None, True, [0], np.float32(0), np.array([0, 1])]


def masked(mask: np.ndarray, rng: np.random.Generator) -> int:
    """A legal action of one mask, each as likely as the other."""
    return int(rng.choice(np.flatnonzero(mask)))


def mask_of(game: Game, state: np.ndarray) -> np.ndarray:
    """The legal actions of a state, `bool[A]`, straight from the rules."""
    mask = np.zeros(game.actions, bool)
    mask[game.legal(state)] = True
    return mask
