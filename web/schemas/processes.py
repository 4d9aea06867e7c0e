"""The processes of a run and what computes the network in them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class AgreementOut(BaseModel):
    """How far a backend's answers are from the exact ones, over positions of the run's games."""

    positions: int
    policy_kl: float = Field(description="mean KL divergence of the policy, in nats")
    value_error: float = Field(description="mean absolute error of the value in [-1, 1]")
    top1: float = Field(description="share of positions with the same favourite move")


class CandidateOut(BaseModel):
    """A backend that could compute the network, and what became of it."""

    backend: str = Field(description="onnxruntime, openvino-fp32, -bf16, -int8, cuda")
    outcome: Literal["in use", "unused", "refused", "unavailable"]
    reason: str = Field(description="why it is not in use; empty for the one that is")
    positions_per_second: float | None = Field(description="on one core; null if not measured")
    agreement: AgreementOut | None = Field(description="null where it was not compared")


class EvaluatorOut(BaseModel):
    """What computes the network in a process that plays."""

    backend: str
    step: int = Field(description="learner step of the model it was chosen for")
    candidates: list[CandidateOut]


class ProcessOut(BaseModel):
    """A process of the run, as its last heartbeat told."""

    name: str = Field(description="actor-0, actor-1, trainer, …")
    state: str = Field(
        description="in its own words: playing, training, waiting for data: 312/500, paused"
    )
    age_seconds: float
    alive: bool
    rates: dict[str, float] = Field(description="what it counts per second, e.g. games_per_second")
    evaluator: EvaluatorOut | None = Field(
        default=None, description="null for a process that does not play with a model"
    )
