"""The time machine: what the networks of a run thought of one position, one after the other."""

from __future__ import annotations

from pydantic import BaseModel, Field

from web.schemas.games import PositionOut


class OpinionOut(BaseModel):
    """What one snapshot says without a search; everything is for the position's mover."""

    model: str = Field(description="its name, such as step_000400")
    step: int
    published_at: float
    wdl: list[float] = Field(description="probabilities of win, draw and loss")
    value: float = Field(description="win minus loss, in [-1, 1]")
    policy: list[float] = Field(description="a share for each of position.legal, in its order")


class SkippedOut(BaseModel):
    """A snapshot that cannot be asked, and why."""

    model: str
    step: int
    reason: str


class OpinionsOut(BaseModel):
    """The opinions of a run, the oldest first; none of a position in which the game is over.

    Of `snapshots` in all so many were asked as was wanted, evenly, the first and the last among
    them.
    """

    run: str
    position: PositionOut
    snapshots: int
    opinions: list[OpinionOut]
    skipped: list[SkippedOut]
