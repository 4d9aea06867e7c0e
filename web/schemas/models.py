"""Which model speaks, and which there are."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class ModelOut(BaseModel):
    """Which model speaks. `name` is "zoo" for the model that comes with the program, which plays
    while a run has not published one, and "uniform" where there is neither."""

    name: str
    step: int | None = Field(
        description="learner step of the model; null for the uniform evaluator"
    )
    published_at: float | None = Field(description="seconds since the epoch; null for uniform")
    sha256: str | None = None
    kind: Literal["best", "latest"] | None = Field(
        default=None, description="best: by the referee's matches; latest: while there is no best"
    )


class ModelsOut(BaseModel):
    """Every model of a run, newest first."""

    run: str
    served: ModelOut = Field(description="the best one, or the latest while there is no best")
    snapshots: list[ModelOut]
