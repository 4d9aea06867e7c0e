"""What the newest games and positions are like, with the alarms."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class FigureOut(BaseModel):
    """One figure about the data, and the threshold beyond which it is an alarm."""

    name: str = Field(description="what the history calls it")
    title: str
    unit: Literal["share", "nats", "value", "plies", "leaves", "steps", "seconds"]
    limit: Literal["most", "least"] = Field(
        description="whether the threshold is the most or the least that the value may be"
    )
    value: float | None = Field(description="null where nothing is measured")
    threshold: float | None = Field(description="null where there is no alarm, or none as yet")
    alarm: str | None = Field(description="what is wrong and what helps; null while all is well")


class CalibrationOut(BaseModel):
    """Positions of which the search predicted about the same: what came of them."""

    low: float
    high: float
    positions: int
    predicted: float = Field(description="mean value of the search, in [-1, 1], for the mover")
    result: float = Field(description="mean final result for the same mover")


class LengthsOut(BaseModel):
    """Plies of the newest games: their mean and three quantiles."""

    mean: float
    p05: float
    median: float
    p95: float


class FirstMoveOut(BaseModel):
    """A first move that was searched, and its share of the games that began so."""

    action: int
    label: str
    share: float


class QualityRow(BaseModel):
    """The figures, by name, at a row of the learner's history."""

    step: int
    seconds: float
    values: dict[str, float | None]


class QualityOut(BaseModel):
    """What the newest games and positions are like."""

    games: int = Field(description="newest games that the figures are about")
    positions: int = Field(description="newest positions that the figures are about")
    figures: list[FigureOut]
    calibration: list[CalibrationOut] = Field(description="lowest prediction first")
    lengths: LengthsOut | None = Field(description="null before the first game")
    first_moves: list[FirstMoveOut] = Field(
        description="of games without random opening, most frequent first"
    )
    history: list[QualityRow]
