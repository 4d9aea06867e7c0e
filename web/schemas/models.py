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
    run: str | None = Field(
        default=None, description="the run that made it; null for the zoo's and for uniform"
    )


class ModelsOut(BaseModel):
    """Every model of a run, snapshots newest first; each can be named wherever a model is asked."""

    run: str
    game: str
    served: ModelOut = Field(description="who plays unless a model is named")
    best: ModelOut | None = Field(description="null before the first promotion")
    latest: ModelOut | None = Field(description="null before the first publication")
    zoo: ModelOut | None = Field(description="the program's own; null where it has none")
    snapshots: list[ModelOut]


class RunOut(BaseModel):
    """A run below the data folder, as its stats tell."""

    run: str
    game: str | None = Field(description="null while neither stats nor a model tell")
    steps: int
    games: int
    positions: int
    updated_at: float | None = Field(description="seconds since the epoch; null before the first")
    training: Literal["running", "paused", "stopped"]
    models: int = Field(description="snapshots")
    trouble: str | None = Field(description="why its files cannot be read; null if they can")
