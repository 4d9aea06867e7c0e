"""The ladder: who is how strong, who beat whom, and the games, each to be played through."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

Occasion = Literal["tournament", "referee"]


class RungOut(BaseModel):
    """A player of the ladder: Elo with its 95 % limits, null before the first rating."""

    player: str
    kind: Literal["random", "greedy", "solver", "alphabeta", "mcts", "model"]
    fixed: bool = Field(description="an anchor: it never changes, so ladders can be compared")
    step: int | None = Field(description="of the model, where it is a snapshot's")
    sha256: str | None = Field(description="of the model's weights")
    rating: float | None
    interval: list[float] | None
    games: int


class DuelOut(BaseModel):
    """All games of two players that count in the ladder; the score is that of `first`."""

    first: str
    second: str
    games: int
    wins: int
    draws: int
    losses: int
    score: float
    interval: list[float] = Field(description="95 % interval of the score, over paired openings")


class PairOut(BaseModel):
    """Two players whose games can be played through, `games` of them, the last at `latest_at`."""

    occasion: Occasion
    first: str
    second: str
    games: int
    latest_at: float


class LadderOut(BaseModel):
    """The ladder of a run, the strongest first; no players while there is none."""

    run: str
    game: str
    updated_at: float | None = Field(description="seconds since the epoch; null: no ladder yet")
    opening_plies: int | None
    players: list[RungOut]
    duels: list[DuelOut]
    pairs: list[PairOut] = Field(description="whose games are kept, the newest first")
    command: str = Field(description="what extends the ladder")


class LadderGameOut(BaseModel):
    """A game from the start position; its first `opening` moves were drawn by chance."""

    occasion: Occasion
    at: float
    number: int = Field(description="the how-manieth meeting of the two, from 0")
    players: list[str] = Field(description="who was player 0, who moves first, and player 1")
    opening: int
    moves: list[int]
    result: int = Field(description="final margin for player 0")
    winner: int | None = Field(description="0 or 1; null after a draw")


class LadderGamesOut(BaseModel):
    """Games of two players, the newest first; `games` of them are kept in all."""

    run: str
    game: str
    games: int
    shown: list[LadderGameOut]
