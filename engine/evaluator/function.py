"""Any Python function on batches as an evaluator, its answers checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EvaluationError
from engine.game import Game

Function = Callable[[NDArray[np.float32]], tuple[Any, Any]]
"""Observations `float32[n, C, H, W]` to logits `[n, A]` and values `[n]` or wdl `[n, 3]`."""


class FunctionEvaluator:
    """Wraps `function`; a value v counts as win (1 + v) / 2, loss (1 - v) / 2 and no draw."""

    def __init__(self, game: Game, function: Function) -> None:
        self._game = game
        self._function = function

    def evaluate(
        self, observations: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Evaluator`; raises EvaluationError for an answer of the wrong shape or range."""
        logits, values = (np.asarray(part, np.float32) for part in self._function(observations))
        count = len(observations)
        if logits.shape != (count, self._game.actions) or values.shape not in (
            (count,),
            (count, 3),
        ):
            raise EvaluationError(
                f"the evaluation function answered shapes {logits.shape} and {values.shape} for"
                f" {count} positions; {self._game.title} needs logits ({count},"
                f" {self._game.actions}) and values ({count},) or wdl ({count}, 3)"
            )
        if values.ndim == 1:
            values = _from_values(values)
        return np.ascontiguousarray(logits), np.ascontiguousarray(values)


def _from_values(values: NDArray[np.float32]) -> NDArray[np.float32]:
    if (np.abs(values) > 1).any():
        raise EvaluationError(
            f"the evaluation function answered the value {values[np.abs(values).argmax()]:g};"
            " values lie in [-1, 1], for the mover"
        )
    return np.stack([(1 + values) / 2, np.zeros_like(values), (1 - values) / 2], axis=1)
