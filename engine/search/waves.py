"""Many searches side by side, driven wave by wave: the arrays, and one network call per wave."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EvaluationError
from engine.evaluator import Evaluator, alike
from engine.game import Game
from engine.kernels import bind, direct
from engine.search.begin import begin
from engine.search.cache import Cache, allocate_cache, clear
from engine.search.constants import Constants
from engine.search.descent import abandon, advance
from engine.search.tree import Tree, allocate
from engine.search.wave import NO_ROW, Wave, allocate_wave

PATIENCE = 20_000
"""Simulations that may be made at a stretch where nobody is asked: a few milliseconds."""
ENDLESS = 1 << 62


class Waves:
    """`slots` trees of one game that advance together, each with up to `leaves_each` leaves a wave.

    With one leaf a tree is searched exactly as a serial search would do it. More leaves at once are
    for a single live game, where the batch would be empty otherwise.
    """

    def __init__(
        self,
        game: Game,
        slots: int,
        nodes: int,
        constants: Constants,
        cache: Cache | None = None,
        leaves_each: int = 1,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.game = game
        self.constants = constants
        self.tree: Tree = allocate(slots, nodes, game.words, game.actions)
        self.wave: Wave = allocate_wave(game, slots, leaves_each, nodes)
        self.cache = cache or allocate_cache(0, game.words, game.actions)
        self.rng = rng or np.random.default_rng(0)
        self.logits = np.zeros((0, game.actions), np.float32)
        self.wdl = np.zeros((0, 3), np.float32)
        self.patience = ENDLESS
        self._abandon = bind(abandon, game)
        self._begin = bind(begin, game)

    def start(
        self, slot: int, state: NDArray[np.uint64], simulations: int, noisy: bool = False
    ) -> None:
        """Put `state` at the root of a slot and ask for `simulations` descents below it."""
        self._begin(self.tree, slot, np.ascontiguousarray(state[None]), simulations, noisy)

    def start_all(self, states: NDArray[np.uint64], simulations: int, noisy: bool = False) -> None:
        """The same for the first slots, one for each of `states uint64[B, W]`, in one call."""
        self._begin(self.tree, 0, np.ascontiguousarray(states), simulations, noisy)

    def run(self, evaluator: Evaluator) -> None:
        """Drive all searches to their end, one leaf of each tree a wave."""
        self.suppose(evaluator)
        while self.descend() or self.is_unfinished:
            self.evaluate(evaluator)

    def suppose(self, evaluator: Evaluator) -> None:
        """Ask nobody from now on if `evaluator` says the same of every position.

        Each tree is searched as if its leaves had been put before it in waves. Leaves that wait
        already must still be judged. `descend` comes back after `PATIENCE` simulations then,
        whether the searches are finished or not.
        """
        wdl = alike(evaluator)
        if wdl is not None:
            if not np.isfinite(wdl).all():
                raise EvaluationError(
                    f"the evaluator declares win, draw, loss {wdl.tolist()} for every position;"
                    " they must be finite"
                )
            self.wave.alike[:] = wdl
        self.wave.used[0]["alike"] = wdl is not None
        self.patience = ENDLESS if wdl is None else PATIENCE

    @property
    def is_unfinished(self) -> bool:
        """Whether a search has simulations to do."""
        slots = self.tree.slots
        return bool((slots["done"] < slots["budget"]).any())

    def descend(self, most: int = 1) -> int:
        """Absorb the last answer and fill the next batch; returns how many leaves wait.

        At most `most` leaves of each tree. Raises EvaluationError if the answer was not finite; the
        searches stand as if the leaves had not been visited.
        """
        bad = self._advance(*self._arguments(), most, self.patience)
        if bad != NO_ROW:
            self.refuse(bad)
        return int(self.wave.used[0]["leaves"])

    @cached_property
    def _advance(self) -> Callable[..., int]:
        return direct(bind(advance, self.game), *self._arguments(), 1, self.patience)

    def _arguments(self) -> tuple[object, ...]:
        return (
            self.tree, self.wave, self.cache, self.constants, self.logits, self.wdl, self.rng,
        )  # fmt: skip

    def evaluate(self, evaluator: Evaluator) -> None:
        """Let the network judge the batch; the next `descend` absorbs the answer."""
        rows = int(self.wave.used[0]["rows"])
        if rows > 0:  # or else all leaves that wait are finished games
            try:
                logits, wdl = evaluator.evaluate(self.wave.observations[:rows])
                self._take(np.asarray(logits), np.asarray(wdl), rows)
            except BaseException:
                self.interrupt()
                raise
        self.wave.used[0]["answered"] = 1

    def _take(self, logits: NDArray[Any], wdl: NDArray[Any], rows: int) -> None:
        found, needed = (logits.shape, wdl.shape), ((rows, self.game.actions), (rows, 3))
        if found != needed:
            raise EvaluationError(
                f"the evaluator answered shapes {found} for {rows} positions, needed are {needed}"
            )
        # The code behind `direct` takes no other type and layout.
        self.logits = np.ascontiguousarray(logits, np.float32)
        self.wdl = np.ascontiguousarray(wdl, np.float32)

    def refuse(self, row: int) -> None:
        """Give up the leaves that wait, because row `row` of the answer is NaN or infinite."""
        position = self.game.text(self.wave.keys[row])
        found = f"logits {self.logits[row]}, win/draw/loss {self.wdl[row]}"
        self.interrupt()
        raise EvaluationError(
            f"the evaluator answered NaN or infinity, {' '.join(found.split())}, for {position};"
            " go back to an earlier snapshot of the model"
        )

    def interrupt(self) -> None:
        """Give up the leaves that wait; the trees stand as if their descents had never begun."""
        self._abandon(self.tree, self.wave)
        clear(self.cache)  # it holds entries that wait for this answer
