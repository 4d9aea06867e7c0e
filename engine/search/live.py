"""One live game: several leaves of one tree at once, against the clock, from move to move."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from engine.config import SearchSettings
from engine.errors import FinishedGame
from engine.evaluator import Evaluator
from engine.game import Game, State
from engine.kernels import bind
from engine.search.blackbox import Searched, cache_for, line_from, summary
from engine.search.constants import AS_IS, constants_of
from engine.search.reuse import reroot
from engine.search.tree import bytes_per_slot, nodes_for
from engine.search.waves import PATIENCE, Waves

LEAVES = 16
"""Leaves of the tree that go to the network together, at most."""


@dataclass(frozen=True)
class Progress:
    """How far a search is: simulations below the root, of how many; seconds since it began."""

    simulations: int
    wanted: int
    seconds: float


def never() -> bool:
    """Nobody asks to stop."""
    return False


def silent(progress: Progress) -> None:
    """Nobody listens."""


class Live:
    """The mind of one player: keeps its tree, and looks for the next position in it.

    Up to `LEAVES` leaves of the tree wait for the network at once, spread by virtual visits, at
    most the square root of the visits so far: the first simulations are serial. The tree holds
    `most` simulations; visits that it kept from earlier searches count, unless there are more of
    them than simulations are wanted: then it begins anew. Used by one thread.
    """

    def __init__(
        self, game: Game, evaluator: Evaluator, most: int, settings: SearchSettings | None = None
    ) -> None:
        self.game = game
        self.most = most
        self._evaluator = evaluator
        self._settings = settings or SearchSettings()
        nodes = nodes_for(most, game.actions)
        constants = constants_of(game, self._settings, most)
        cache = cache_for(game, self._settings, most)
        self._waves = Waves(game, 1, nodes, constants, cache, LEAVES)
        self._waves.patience = PATIENCE  # whatever the cache answers, the clock is looked at
        self._places = np.zeros(nodes, np.int32)
        self._reroot = bind(reroot, game)

    @property
    def memory(self) -> int:
        """Bytes of the tree."""
        return bytes_per_slot(self._waves.tree)

    def holds(self, state: State) -> bool:
        """Whether the tree has searched below `state` already."""
        return self._find(state) is not None

    def think(
        self,
        state: State,
        simulations: int,
        milliseconds: float | None = None,
        stop: Callable[[], bool] = never,
        progress: Callable[[Progress], None] = silent,
    ) -> Searched:
        """Search until `simulations` are done or the time is over, whichever is first.

        `stop` is asked and `progress` told between two waves. Stopped or late, it still answers
        from what is known; the first simulation is always made. A position with a single legal
        action gets just that one. The number of simulations made is the sum of the visits. Raises
        FinishedGame, ValueError for less than one or more than `most` simulations, and what the
        evaluator raises; the tree stays good in every case.
        """
        began = time.perf_counter()
        if self.game.is_over(state):
            raise FinishedGame(f"nothing to search, the game is over: {self.game.text(state)}")
        if not 1 <= simulations <= self.most:
            raise ValueError(f"simulations = {simulations}; this tree takes 1 to {self.most}")
        wanted = simulations if len(self.game.legal(state)) > 1 else 1
        self._set_root(state, wanted)
        slot = self._waves.tree.slots[0]

        def enough() -> bool:
            late = milliseconds is not None and (time.perf_counter() - began) * 1e3 >= milliseconds
            return bool(slot["done"] >= 1 and (late or stop()))

        try:
            leaves = self._leaves(int(slot["done"]))
            while True:
                ended = enough()
                if self._waves.descend(0 if ended else leaves):
                    self._waves.evaluate(self._evaluator)
                elif ended or not self._waves.is_unfinished:
                    break
                leaves = self._leaves(int(slot["done"]))  # the same whether anybody listens or not
                progress(Progress(max(0, int(slot["done"])), wanted, time.perf_counter() - began))
        except BaseException:  # also what `stop` and `progress` raise: nothing stays in flight
            self._waves.interrupt()
            raise
        return summary(self._waves)

    def found(self) -> Searched:
        """What is known so far; for a listener of `progress`, who is told between two waves.

        Raises EvaluationError for a wave that was answered with NaN.
        """
        self._waves.descend(0)  # what is in flight lands: its virtual visits would count
        return summary(self._waves)

    def line(self, action: int) -> list[int]:
        """What the search expects from a legal action on, that action first."""
        return line_from(self._waves.tree, 0, action)

    def _leaves(self, done: int) -> int:
        return max(1, min(LEAVES, math.isqrt(max(0, done))))

    def _set_root(self, state: State, simulations: int) -> None:
        waves, index = self._waves, self._find(state)
        slot = waves.tree.slots[0]
        # More visits than are asked for would play more strongly than is asked for.
        if index is None or waves.tree.nodes[0, index]["visits"] > simulations + 1:
            waves.start(0, state, simulations)
        elif index == 0:
            slot["budget"] = simulations
        else:
            self._reroot(
                waves.tree, 0, index, simulations, waves.constants, waves.rng, self._places,
                waves.wave.weights,
            )  # fmt: skip
            _, wdl = self._evaluator.evaluate(self._seen(state)[None])
            waves.tree.wdl[0] = wdl[0]

    def _find(self, state: State) -> int | None:
        """The most visited node with this position and with children; None with a Gumbel root.

        Sequential halving is a plan for a tree that begins empty.
        """
        tree = self._waves.tree
        size = int(tree.slots[0]["used"])
        if self._waves.constants.gumbel or tree.slots[0]["done"] < 1:
            return None
        same = (tree.states[0, :size] == state).all(axis=1) & (tree.nodes[0, :size]["children"] > 0)
        found = np.flatnonzero(same)
        if not len(found):
            return None
        return int(found[tree.nodes[0, found]["visits"].argmax()])

    def _seen(self, state: State) -> NDArray[np.float32]:
        key = np.zeros_like(state)
        if self._waves.constants.shown == AS_IS:
            return self.game.observe(state)
        self.game.rules.canonical(state, key)
        return self.game.observe(key)


class Minds:
    """The trees of several games, the last `count` of them. Losing one costs time, nothing else.

    `make` gives a new tree. A tree belongs to the thread that has taken it until it is given back,
    so any number of threads may search at once, each in a tree of its own.
    """

    def __init__(self, make: Callable[[], Live], count: int = 8) -> None:
        self._make = make
        self._count = count
        self._minds: list[Live] = []
        self._lock = Lock()

    def fresh(self) -> Live:
        """A tree beside the kept ones, for somebody who looks at many positions in a row."""
        return self._make()

    def take(self, state: State) -> Live:
        """The tree that knows `state`, or else a new one, or else the one unused for longest."""
        with self._lock:
            knowing = [mind for mind in self._minds if mind.holds(state)]
            if not knowing and len(self._minds) < self._count:
                return self._make()
            mind = knowing[-1] if knowing else self._minds[0]
            self._minds.remove(mind)
            return mind

    def give_back(self, mind: Live) -> None:
        """Keep a tree for the next search; beyond `count` the one unused for longest goes."""
        with self._lock:
            self._minds.append(mind)
            del self._minds[: -self._count]
