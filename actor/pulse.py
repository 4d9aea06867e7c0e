"""How long work is kept in hand: it shows signs of life, rests while the run is paused, and stops.

Whoever works calls the pulse every now and then; a player that is watched does so before each
handful of positions, so that neither a match nor a file of positions keeps anybody waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actor.players import Player
from storage.control import is_paused
from storage.layout import RunPaths
from storage.stats import Heart

HANDFUL = 32
"""Positions between two beats: enough for a network's batch, few enough at the lowest priority."""
LOOK_SECONDS = 0.5
IDLE_SECONDS = 0.2


class Interrupted(Exception):
    """The process was told to end; what is not finished is done anew by the next start."""


class Pulse:
    """The heartbeat of a process, its pause switch and its stop in one."""

    def __init__(self, heart: Heart, paths: RunPaths, stop: Callable[[], bool]) -> None:
        self._heart = heart
        self._paths = paths
        self._stop = stop
        self._state = ""
        self._looked = -LOOK_SECONDS
        self._paused = False

    def say(self, state: str) -> None:
        """From now on the process is at this; see `beat`."""
        self._state = state
        self.beat()

    def beat(self) -> None:
        """Tell the state; wait as long as the run is paused. Raises Interrupted at a stop."""
        while True:
            if self._stop():
                raise Interrupted
            now = time.monotonic()
            if now - self._looked >= LOOK_SECONDS:
                self._looked, self._paused = now, is_paused(self._paths)
            self._heart.beat("paused" if self._paused else self._state, {})
            if not self._paused:
                return
            time.sleep(IDLE_SECONDS)

    def watched(self, player: Player) -> Player:
        """The same player with a beat before each handful of positions."""
        return _Watched(player, self.beat)


@dataclass(frozen=True)
class _Watched:
    player: Player
    beat: Callable[[], None]

    def choose(self, states: NDArray[np.uint64], rng: np.random.Generator) -> NDArray[np.int64]:
        """See `Player`."""
        chosen = []
        for i in range(0, len(states), HANDFUL):
            self.beat()
            chosen.append(self.player.choose(states[i : i + HANDFUL], rng))
        return np.concatenate(chosen)
