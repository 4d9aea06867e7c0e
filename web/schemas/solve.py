"""Exact play, where a second is enough for it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from web.schemas.games import ActionOut


class SolvedMove(ActionOut):
    """One legal action and what it is exactly worth to the mover."""

    value: int = Field(description="as the game counts: final margin, or how soon it is won")
    wdl: Literal[1, 0, -1] = Field(description="1 it wins, 0 it draws, -1 it loses, for the mover")
    words: str = Field(description='the value said: "win in 3 moves", "loss by 4", "draw"')
    best: bool = Field(description="whether no action has a higher value")


class SolveOut(BaseModel):
    """The exact value of a position for its mover, or that the solver would take too long."""

    reach: bool = Field(description="false: not within a second; everything else is then empty")
    mover: int
    value: int | None = Field(default=None, description="of the best actions; see SolvedMove")
    wdl: Literal[1, 0, -1] | None = Field(default=None, description="for the mover")
    words: str | None = None
    moves: list[SolvedMove] = []
