"""Observations in, policy logits and win/draw/loss out: one interface for every network runtime."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Evaluator(Protocol):
    """Anything that judges a batch of positions."""

    def evaluate(
        self, observations: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Judge `observations float32[n, C, H, W]`.

        Returns `logits float32[n, A]` over all actions (illegal ones are ignored) and
        `wdl float32[n, 3]`, the probabilities of win, draw and loss for the mover. Both may be
        reused by the next call, and a network that has diverged answers NaN: the search refuses it.
        """
        ...


def alike(evaluator: Evaluator) -> NDArray[np.float32] | None:
    """What `evaluator` says of every position without a look at it, or None if it does look.

    Such an evaluator declares it by an attribute `alike`: win, draw, loss as `float32[3]`; it
    prefers no action anywhere. A search need not ask it then, and runs without Python.
    """
    declared: NDArray[np.float32] | None = getattr(evaluator, "alike", None)
    return declared
