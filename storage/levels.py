"""Levels: named strengths to play against, from beginner to strongest.

A level is (model, simulations, temperature). Which model it is stands beside it: a zoo card rates
its levels on the card's own model; `LEVELS` are what a game without a card offers, unrated.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator


class Level(BaseModel):
    """A strength by name; its rating is Elo with its 95 % limits, random = 0, None if unmeasured.

    0 simulations = the network's policy alone; a temperature t > 0 draws the move from
    policy ** (1 / t), at 0 the best one is played.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z]+$")]
    title: Annotated[str, Field(min_length=1, max_length=20)]
    simulations: Annotated[int, Field(ge=0)]
    temperature: Annotated[FiniteFloat, Field(ge=0)]
    rating: FiniteFloat | None = None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    games: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _is_rated_wholly_or_not_at_all(self) -> Self:
        numbers = (self.low, self.rating, self.high)
        known = [number for number in numbers if number is not None]
        if known and (len(known) < len(numbers) or known != sorted(known)):
            raise ValueError(f"level {self.name}: low, rating and high are {numbers}")
        return self


def _level(name: str, simulations: int, temperature: float = 0.0) -> Level:
    title = name.capitalize()
    return Level(name=name, title=title, simulations=simulations, temperature=temperature)


# Without a search the best move would be the same in every game, so the weak ones draw theirs.
LEVELS = (
    _level("beginner", 0, 4.0),
    _level("novice", 0, 2.0),
    _level("casual", 0, 1.0),
    _level("club", 8, 0.5),
    _level("advanced", 50),
    _level("expert", 200),
    _level("master", 800),
)
"""The levels of every game, the weakest first."""
