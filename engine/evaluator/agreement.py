"""How well a backend agrees with ONNX Runtime's fp32 on positions of real games."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.config import EvaluatorSettings
from engine.evaluator import Evaluator
from engine.evaluator.batches import slices
from engine.evaluator.report import Agreement

WORST_KL = 100.0
"""Nats that a policy of NaN or infinity counts for; also the most that any position counts."""

WORST_VALUE = 2.0
"""What a value of NaN or infinity counts for: a certain win taken for a certain loss."""

_TIE = 0.98
_LEAST = 1e-45


class Positions(NamedTuple):
    """Positions to calibrate and to compare on, none of them finished."""

    observations: NDArray[np.float32]
    """`float32[n, C, H, W]`"""
    legal: NDArray[np.bool_]
    """`bool[n, A]`; the others' logits are never trained and never looked at."""

    def halves(self) -> tuple[Positions, Positions]:
        """Every second position, and the others: none is calibrated on and compared on."""
        observations, legal = self
        return (
            Positions(observations[::2], legal[::2]),
            Positions(observations[1::2], legal[1::2]),
        )


class Answers(NamedTuple):
    """What an evaluator says about n positions."""

    logits: NDArray[np.float64]
    """`float64[n, A]`"""
    value: NDArray[np.float64]
    """`float64[n]`, win - loss, for the mover."""


def ask(evaluator: Evaluator, positions: Positions, batch: int) -> Answers:
    """Let `evaluator` judge all positions, `batch` rows at a time."""
    rows, actions = positions.legal.shape
    answers = Answers(np.empty((rows, actions)), np.empty(rows))
    for part in slices(rows, batch):
        logits, wdl = evaluator.evaluate(positions.observations[part])
        answers.logits[part] = logits
        answers.value[part] = wdl[:, 0] - wdl[:, 2]
    return answers


def compare(reference: Answers, candidate: Answers, legal: NDArray[np.bool_]) -> Agreement:
    """How far `candidate` is from `reference` in the positions whose legal actions are `legal`.

    Where either of them is not finite, the position counts as the worst disagreement. Of actions
    that the reference finds nearly as likely as its favourite (98 %), one is as good as another.
    """
    with np.errstate(invalid="ignore"):
        policy, other = _policy(reference.logits, legal), _policy(candidate.logits, legal)
        ratio = np.log(np.maximum(policy, _LEAST)) - np.log(np.maximum(other, _LEAST))
        kl = (policy * ratio).sum(axis=1)
        error = np.abs(reference.value - candidate.value)
        chosen = policy[np.arange(len(policy)), other.argmax(axis=1)]
        same = (chosen >= _TIE * policy.max(axis=1)) & np.isfinite(other).all(axis=1)
    return Agreement(
        positions=len(policy),
        policy_kl=float(np.minimum(np.where(np.isfinite(kl), kl, WORST_KL), WORST_KL).mean()),
        value_error=float(np.where(np.isfinite(error), error, WORST_VALUE).mean()),
        top1=float(same.mean()),
    )


def objections(found: Agreement, limits: EvaluatorSettings) -> str:
    """What exceeds its limit, with both numbers; "" when nothing does."""
    wrong = []
    if found.policy_kl > limits.max_policy_kl:
        wrong.append(f"policy KL {found.policy_kl:.2g} > {limits.max_policy_kl:g}")
    if found.value_error > limits.max_value_error:
        wrong.append(f"value error {found.value_error:.2g} > {limits.max_value_error:g}")
    if found.top1 < limits.min_top1:
        wrong.append(f"top-1 {found.top1:.1%} < {limits.min_top1:.1%}")
    return ", ".join(wrong)


def _policy(logits: NDArray[np.float64], legal: NDArray[np.bool_]) -> NDArray[np.float64]:
    masked = np.where(legal, logits, -np.inf)
    weights = np.exp(masked - masked.max(axis=1, keepdims=True))
    policy: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return policy
