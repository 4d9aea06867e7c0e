"""Many searches side by side, driven wave by wave: the arrays, and one network call per wave."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.errors import EvaluationError
from engine.evaluator import Evaluator
from engine.game import Game
from engine.kernels import bind
from engine.search.cache import Cache, allocate_cache, clear
from engine.search.constants import Constants
from engine.search.descent import abandon, advance, begin
from engine.search.tree import Tree, allocate
from engine.search.wave import NO_ROW, Wave, allocate_wave


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
        self._advance = bind(advance, game)
        self._abandon = bind(abandon, game)
        self._begin = bind(begin, game)

    def start(
        self, slot: int, state: NDArray[np.uint64], simulations: int, noisy: bool = False
    ) -> None:
        """Put `state` at the root of a slot and ask for `simulations` descents below it."""
        self._begin(self.tree, slot, state, simulations, noisy)

    def descend(self, most: int = 1) -> int:
        """Absorb the last answer and fill the next batch; returns how many leaves wait.

        At most `most` leaves of each tree. Raises EvaluationError if the answer was not finite; the
        searches stand as if the leaves had not been visited.
        """
        bad = self._advance(
            self.tree, self.wave, self.cache, self.constants, self.logits, self.wdl, self.rng, most
        )
        if bad != NO_ROW:
            self.refuse(bad)
        return int(self.wave.used[0]["leaves"])

    def evaluate(self, evaluator: Evaluator) -> None:
        """Let the network judge the batch; the next `descend` absorbs the answer."""
        rows = int(self.wave.used[0]["rows"])
        if rows > 0:  # or else all leaves that wait are finished games
            try:
                self.logits, self.wdl = evaluator.evaluate(self.wave.observations[:rows])
                self._refuse_other_shapes(rows)
            except BaseException:
                self.interrupt()
                raise
        self.wave.used[0]["answered"] = 1

    def _refuse_other_shapes(self, rows: int) -> None:
        found, needed = (self.logits.shape, self.wdl.shape), ((rows, self.game.actions), (rows, 3))
        if found != needed:
            raise EvaluationError(
                f"the evaluator answered shapes {found} for {rows} positions, needed are {needed}"
            )

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
