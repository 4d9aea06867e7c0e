"""What is told about the choice of an evaluator: in the log, in heartbeats and on the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["in use", "unused", "refused", "unavailable"]


@dataclass(frozen=True)
class Agreement:
    """How far a backend's answers are from ONNX Runtime's in fp32, over real positions.

    An answer that is NaN or infinite counts as the worst one: see engine/evaluator/agreement.py.
    """

    positions: int
    policy_kl: float
    """Mean KL divergence of the policy over legal actions, in nats."""
    value_error: float
    """Mean absolute difference of the value w - l, which lies in [-1, 1]."""
    top1: float
    """Share of positions in which both prefer the same legal action."""

    def __str__(self) -> str:
        return (
            f"policy KL {self.policy_kl:.2g}, value error {self.value_error:.2g},"
            f" top-1 {self.top1:.1%} over {self.positions} positions"
        )


@dataclass(frozen=True)
class Candidate:
    """One backend and what became of it; `reason` is empty for the one in use."""

    backend: str
    outcome: Outcome
    reason: str = ""
    positions_per_second: float | None = None
    """On one core at the batch in use; None where it was not measured."""
    agreement: Agreement | None = None
    """None where it was not checked: the reference itself, and what is not used anyway."""


@dataclass(frozen=True)
class Report:
    """Which backend judges the model of a learner step, and why no other one does."""

    backend: str
    step: int
    candidates: tuple[Candidate, ...]
