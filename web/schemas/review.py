"""A game looked back at: what each move lost."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from web.schemas.games import ActionOut, MoveOut
from web.schemas.models import ModelOut
from web.schemas.strict import MAX_MOVES, Strict

Grade = Literal["best", "good", "inaccuracy", "mistake", "blunder", "forced"]


class ReviewIn(Strict):
    """The game to look back at, from its first move on; it need not be over."""

    game: str
    moves: list[int] = Field(min_length=1, max_length=MAX_MOVES)
    run: str | None = Field(default=None, description="of whose models one judges; null: as served")
    model: str | None = Field(default=None, description="best, latest, step_000400 or zoo")
    simulations: int | None = Field(
        default=None, ge=1, description="for each position; null: web.simulations"
    )


class Odds(BaseModel):
    """What is expected of a position, for the player who made the move."""

    value: float = Field(description="expected result in [-1, 1]: win - loss")
    win: float
    draw: float
    loss: float
    exact: bool = Field(description="known by the rules, the solver or a proof of the search")


class GradedOut(MoveOut):
    """One move of the game and what it lost. Every value is for the player who made it."""

    grade: Grade = Field(description="forced: there was no other move")
    loss: float = Field(description="value lost, in [0, 2]; 0 for what the search would play")
    accuracy: float = Field(description="in percent, from the loss")
    exact: bool = Field(description="whether the grade follows from exact values alone")
    before: Odds = Field(description="with the best move")
    after: Odds = Field(description="with the move that was made")
    best: ActionOut
    line: list[MoveOut] = Field(description="what would have been expected, from the best move on")
    accepted: list[int] = Field(description="the actions that are as good as the best, or nearly")


class SideOut(BaseModel):
    """How one player played."""

    player: int
    accuracy: float | None = Field(description="mean of its moves, in percent; null without any")
    moves: int = Field(description="moves that were a choice")
    inaccuracies: int
    mistakes: int
    blunders: int


class ReviewOut(BaseModel):
    """The review as a whole, once every move is graded."""

    sides: list[SideOut] = Field(description="player 0, player 1")
    simulations: int = Field(description="for each position that was not solved")
    model: ModelOut
