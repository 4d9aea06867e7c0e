"""Playing: what is asked, what is answered, and what the bot thought."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from web.schemas.games import MoveOut, PositionOut
from web.schemas.models import ModelOut
from web.schemas.strict import MAX_MOVES, Strict


class MoveStats(BaseModel):
    """What the search thought of one legal action, from the mover's point of view."""

    action: int
    label: str
    clicks: list[int]
    visits: int
    share: float = Field(description="visits of this action / visits of all actions")
    q: float | None = Field(description="mean value in [-1, 1]; null if never visited")
    prior: float = Field(description="the network's policy before the search")


class Thought(BaseModel):
    """One search: the player who thought, what was played, and why."""

    player: int
    action: int
    label: str
    value: float = Field(description="expected result in [-1, 1] for that player")
    wdl: list[float] = Field(description="the network's win, draw, loss for that player")
    simulations: int
    milliseconds: float
    moves: list[MoveStats]
    line: list[MoveOut] = Field(
        description="the principal variation: what the search expects, from the action on"
    )
    model: ModelOut


class Asked(Strict):
    """Against whom, and how long it may think; without any wish the server's usual model does."""

    game: str
    run: str | None = Field(
        default=None,
        description="one of /runs; null: the server's run of that game if it has one, else the zoo",
    )
    model: str | None = Field(
        default=None, description="best, latest, step_000400, zoo; null: what plays usually"
    )
    level: str | None = Field(
        default=None,
        description="one of /games/{game}/levels; it has its own simulations, and without run and"
        " model its own model",
    )
    simulations: int | None = Field(default=None, ge=1)
    milliseconds: int | None = Field(
        default=None,
        ge=1,
        le=600_000,
        description="the bot's time for each move of its own, if that is over before its"
        " simulations",
    )


class NewGameIn(Asked):
    """Start a game: which one, and which player the person is (0 moves first)."""

    human: Literal[0, 1] = 0


class MoveIn(Asked):
    """The position as its list of moves, and the person's action in it.

    With `reply` the bot answers, several times in a row if the rules let it move again.
    """

    moves: list[int] = Field(max_length=MAX_MOVES)
    action: int
    reply: bool = True


class ThinkIn(Asked):
    """The position that is thought about, as its list of moves."""

    moves: list[int] = Field(max_length=MAX_MOVES)
    simulations: int | None = Field(default=None, ge=0, description="0 = the policy alone")


class ThoughtDone(BaseModel):
    """The end of a search: what it chose, and the position after that."""

    thought: Thought
    position: PositionOut


class PlayOut(BaseModel):
    """The position after the moves that were played, and what the bot thought on the way."""

    position: PositionOut
    thoughts: list[Thought]
    model: ModelOut
