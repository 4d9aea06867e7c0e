"""The zoo: models that come with the program, one for each game, each beside its card.

zoo/<game>.onnx    the model
    <game>.json    its card: what it is, how it was trained, how strong it is, its levels

The card is written last and names the model's sha256: a model without its own card is refused, so a
write that was cut off shows. Whether a model fits the rules of today is for its evaluator to say.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from engine.errors import ModelError
from storage.atomic import read_json, read_whole, write_atomically, write_json
from storage.levels import Level

MOST_BYTES = 5 * 1024 * 1024
"""A model of the zoo is no larger: everybody who installs the program loads it."""

Count = Annotated[int, Field(ge=0)]
Share = Annotated[FiniteFloat, Field(ge=0, le=1)]
Interval = Annotated[list[Share], Field(min_length=2, max_length=2)]


class Strict(BaseModel):
    """A part of a card: every field is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Training(Strict):
    """How the model was made: `commands` in order, `seconds` of learning, data up to its step."""

    run: str
    commands: Annotated[list[str], Field(min_length=1)]
    seed: Count | None
    seconds: Annotated[FiniteFloat, Field(ge=0)] | None
    games: Count | None
    positions: Count | None
    compute: str
    note: str


class Accuracy(Strict):
    """How often a player's move keeps the exact result class, or the exact value."""

    positions: str
    player: str
    simulations: Count
    count: Count
    wdl_optimal: Share
    wdl_interval: Interval
    exact_optimal: Share
    exact_interval: Interval
    random_wdl_optimal: Share


class MatchResult(Strict):
    """Games of `player` against `opponent` over paired openings; the score is the player's."""

    player: str
    opponent: str
    games: Count
    wins: Count
    draws: Count
    losses: Count
    score: Share
    interval: Interval
    paired_interval: Interval
    openings: Count


class Anchor(Strict):
    """A fixed player of the ladder that the levels were rated on."""

    player: str
    rating: FiniteFloat
    low: FiniteFloat
    high: FiniteFloat
    games: Count


class Measurement(Strict):
    """How strength was measured: `date` in UTC (ISO 8601), what it took, and on what."""

    command: str
    date: str
    seconds: Annotated[FiniteFloat, Field(ge=0)]
    compute: str
    opening_plies: Count
    seed: Count


class Card(Strict):
    """The content of zoo/<game>.json; `sha256` is that of the model's file."""

    game: str
    rules_version: int
    planes: Annotated[list[int], Field(min_length=3, max_length=3)]
    actions: int
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    step: Count
    architecture: str
    created_at: str
    training: Training
    measurement: Measurement
    accuracy: list[Accuracy]
    matches: list[MatchResult]
    anchors: Annotated[list[Anchor], Field(min_length=1)]
    levels: Annotated[list[Level], Field(min_length=6, max_length=8)]


@dataclass(frozen=True)
class Exhibit:
    """A model of the zoo: the bytes of its file, and its card."""

    data: bytes
    card: Card


class Zoo:
    """The zoo in a folder, which need not exist: then it is empty."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def model_path(self, game: str) -> Path:
        """Where the model of `game` is or would be."""
        return self.folder / f"{game}.onnx"

    def card_path(self, game: str) -> Path:
        """Where the card of `game` is or would be."""
        return self.folder / f"{game}.json"

    def games(self) -> list[str]:
        """The games that have a model or a card."""
        found = [*self.folder.glob("*.onnx"), *self.folder.glob("*.json")]
        return sorted({path.stem for path in found})

    def exhibit(self, game: str) -> Exhibit | None:
        """The model of `game` and its card, None where there is neither.

        Raises ModelError where they do not belong together, StorageError where they are damaged.
        """
        data, content = read_whole(self.model_path(game)), read_json(self.card_path(game))
        if data is None and content is None:
            return None
        if data is None or content is None:
            missing = self.model_path(game) if data is None else self.card_path(game)
            raise ModelError(f"{missing} is missing; {_remedy(game)}")
        card = self._card(game, content)
        digest = hashlib.sha256(data).hexdigest()
        if digest != card.sha256:
            raise ModelError(
                f"{self.model_path(game)} has the sha256 {digest}, its card is about {card.sha256};"
                f" {_remedy(game)}"
            )
        return Exhibit(data, card)

    def model(self, game: str) -> bytes:
        """The model of `game`; raises ModelError where there is none, and as `exhibit` does."""
        found = self.exhibit(game)
        if found is None:
            raise ModelError(f"{self.folder} has no model of {game}; {_remedy(game)}")
        return found.data

    def add(self, exhibit: Exhibit) -> None:
        """Publish a model, then its card, each replaced whole; raises ModelError, StorageError."""
        size, name = len(exhibit.data), exhibit.card.game
        if size > MOST_BYTES:
            raise ModelError(
                f"the model of {name} has {size} bytes, the zoo takes {MOST_BYTES};"
                " train a smaller network"
            )
        write_atomically(self.model_path(name), exhibit.data)
        write_json(self.card_path(name), exhibit.card.model_dump(mode="json"), indent=2)

    def _card(self, game: str, content: dict[str, object]) -> Card:
        try:
            card = Card.model_validate(content)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "as a whole"
            raise ModelError(
                f"{self.card_path(game)} is damaged: {where}: {first['msg']}; {_remedy(game)}"
            ) from None
        if card.game != game:
            raise ModelError(
                f"{self.card_path(game)} is about {card.game}, not {game}; {_remedy(game)}"
            )
        return card


def _remedy(game: str) -> str:
    return f"make the entry anew: python -m actor zoo --game {game}"
