"""The opening book: how the games of a run began, how often, and how they ended."""

from __future__ import annotations

from pydantic import BaseModel, Field

from web.schemas.games import PositionOut


class PeriodOut(BaseModel):
    """Games of the models from one step to another, both included; -1 = before the first model."""

    from_step: int
    to_step: int
    games: int


class OddsOut(BaseModel):
    """How games ended for the mover of the position; a draw counts half in `score`."""

    games: int
    wins: int
    draws: int
    losses: int
    score: float | None = Field(description="share of points; null without a game")
    interval: list[float] = Field(description="95 % interval of the score (Wilson)")


class ContinuationOut(BaseModel):
    """A legal move: how often it was played here, and how it went for who played it."""

    action: int
    label: str
    clicks: list[int]
    share: float = Field(description="of the games that went on from here")
    odds: OddsOut
    trend: list[float | None] = Field(
        description="its share in each of the answer's trend_periods; null where no game came here"
    )


class BookOut(BaseModel):
    """A position of the book and what was played there, most often first.

    Two orders of moves that lead to one position are kept apart, and so are mirror images. Moves
    that a game's random opening made are counted like any other.
    """

    run: str
    position: PositionOut
    depth: int = Field(description="moves of each game that the book knows")
    from_step: int
    to_step: int
    all_games: int = Field(description="in this period, whatever they played")
    here: OddsOut
    continuations: list[ContinuationOut] = Field(description="none where the book ends")
    periods: list[PeriodOut] = Field(description="the whole run in parts of about equal size")
    trend_periods: list[PeriodOut] = Field(description="likewise this period; `games` came here")
    complete: bool = Field(description="every game was read; if not, the next answer reads on")
    indexed: int = Field(description="games that the book is made of, the newest ones")
    stored: int = Field(description="games in replay.db")
    pruned: int = Field(description="games that were dropped from replay.db to bound its size")
