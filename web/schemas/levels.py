"""Named strengths to play against."""

from __future__ import annotations

from pydantic import BaseModel, Field

from web.schemas.models import ModelOut


class LevelOut(BaseModel):
    """A named strength to play against."""

    name: str
    title: str
    simulations: int = Field(description="per move; 0 = the network's policy alone")
    temperature: float = Field(
        description="above 0 the move is drawn from policy ** (1 / temperature)"
    )
    rating: float | None = Field(description="Elo, a random player has 0; null if unmeasured")
    interval: list[float] | None = Field(description="95 % limits of the rating")


class LevelsOut(BaseModel):
    """The levels of a game, the weakest first, and the model that plays them all."""

    game: str
    model: ModelOut
    levels: list[LevelOut]
