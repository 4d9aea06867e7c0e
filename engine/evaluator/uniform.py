"""The evaluator of a run without a model: every action alike, every position a draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.game import Game


class UniformEvaluator:
    """Zero logits and a certain draw; with it the search is pure MCTS."""

    alike = np.array([0, 1, 0], np.float32)
    """See `engine.evaluator.alike`."""

    def __init__(self, game: Game) -> None:
        self._actions = game.actions
        self._grow(256)

    def evaluate(
        self, observations: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Evaluator`; the answer does not depend on the observations."""
        count = len(observations)
        if count > len(self._logits):
            self._grow(count)
        return self._logits[:count], self._wdl[:count]

    def _grow(self, rows: int) -> None:
        self._logits = np.zeros((rows, self._actions), np.float32)
        self._wdl = np.tile(self.alike, (rows, 1))
