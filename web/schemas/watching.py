"""Self-play as people watch it: games in progress, and finished ones with what was searched."""

from __future__ import annotations

from pydantic import BaseModel, Field

from web.schemas.games import MoveOut


class OptionOut(BaseModel):
    """A legal action and its share of a search's visits, or of what is to be learnt from it."""

    action: int
    label: str
    clicks: list[int]
    share: float


class LiveGameOut(BaseModel):
    """A game of an actor as it is, and the search of its position as far as it is."""

    plies: int
    cells: list[int]
    mover: int
    last: MoveOut | None = Field(description="null before the first move")
    over: bool
    winner: int | None = Field(description="0 or 1; null while the game goes on and after a draw")
    highlight: list[int] = Field(description="cells of the winning line, if there is one")
    simulations: int = Field(description="that the search has done so far")
    budget: int = Field(description="simulations that it will do; 0 where it has not begun")
    value: float | None = Field(description="of the search so far, for the mover, in [-1, 1]")
    options: list[OptionOut] = Field(description="the actions that were visited, the most first")


class LiveActorOut(BaseModel):
    """The games that one actor shows, always in the same places."""

    actor: str
    model_step: int | None = Field(description="of the model that plays; null for uniform play")
    age_seconds: float
    games: list[LiveGameOut]


class LiveOut(BaseModel):
    """What the actors of a run are playing; empty while nobody plays."""

    run: str
    game: str
    actors: list[LiveActorOut]


class SelfplayGameOut(BaseModel):
    """A finished game in one line."""

    id: int
    at: float = Field(description="when it ended, seconds since the epoch")
    model_step: int | None = Field(description="of the model that played; null for uniform play")
    plies: int
    positions: int = Field(description="of them recorded to learn from")
    result: int = Field(description="final margin for player 0")
    winner: int | None = Field(description="0 or 1; null after a draw")


class SelfplayGamesOut(BaseModel):
    """Finished games of a run, newest first; older ones `before` the id of the last."""

    run: str
    game: str
    games: list[SelfplayGameOut]


class SearchedOut(BaseModel):
    """What was recorded of a search."""

    value: float = Field(description="for the mover, in [-1, 1]")
    exact: bool = Field(description="whether that value is proven")
    surprise: float | None = Field(
        description="KL divergence of the search from the network's policy, in nats; null in games"
        " of older versions"
    )
    options: list[OptionOut] = Field(description="the target of the policy, most likely first")


class PlyOut(BaseModel):
    """One move of a finished game, the board after it, and the search before it."""

    move: MoveOut
    cells: list[int]
    searched: SearchedOut | None = Field(
        description="null where the position was not recorded: a random opening, a forced move, a"
        " fast search"
    )


class SelfplayRecordOut(BaseModel):
    """A finished game, ply by ply."""

    run: str
    game: str
    head: SelfplayGameOut
    start: list[int] = Field(description="the cells before the first move")
    plies: list[PlyOut]
    highlight: list[int] = Field(description="cells of the winning line, if there is one")
