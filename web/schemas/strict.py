"""What every request and every refusal has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

MAX_MOVES = 1000
"""A longer list of moves than any game can have is refused before anything looks at it."""


class Strict(BaseModel):
    """A request body: an unknown field or a value of another type is an error, not a silence."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ErrorOut(BaseModel):
    """Every refusal: one sentence with the cause, the value and the remedy."""

    detail: str
