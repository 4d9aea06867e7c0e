"""The zoo: what belongs together is read, what does not is named; every card that ships is true."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from engine.errors import ModelError, StorageError
from engine.evaluator.onnx import OnnxEvaluator
from engine.games import find
from storage.layout import OWN_ZOO
from storage.levels import LEVELS, Level
from storage.zoo import MOST_BYTES, Card, Exhibit, Zoo
from tests.exhibits import exhibit
from tests.models import linear_model

TICTACTOE = find("tictactoe")
SHIPPED = Zoo(OWN_ZOO)


def test_what_is_added_is_read_again(tmp_path: Path) -> None:
    zoo, shown = Zoo(tmp_path), exhibit(TICTACTOE)
    assert zoo.exhibit("tictactoe") is None and zoo.games() == []
    zoo.add(shown)
    assert zoo.exhibit("tictactoe") == shown
    assert zoo.model("tictactoe") == shown.data and zoo.games() == ["tictactoe"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tictactoe.json", "tictactoe.onnx"]


def test_an_empty_zoo_says_how_to_fill_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"has no model of tictactoe; .*actor zoo"):
        Zoo(tmp_path / "nowhere").model("tictactoe")


def test_a_model_and_a_card_of_another_are_refused(tmp_path: Path) -> None:
    """So it looks when a write was cut off between the two files."""
    zoo, shown = Zoo(tmp_path), exhibit(TICTACTOE)
    zoo.add(shown)
    other = linear_model(TICTACTOE, step=8)
    zoo.model_path("tictactoe").write_bytes(other)
    with pytest.raises(ModelError) as refused:
        zoo.exhibit("tictactoe")
    assert hashlib.sha256(other).hexdigest() in str(refused.value)
    assert shown.card.sha256 in str(refused.value)


@pytest.mark.parametrize("ending", ["onnx", "json"])
def test_one_file_without_the_other_is_refused(tmp_path: Path, ending: str) -> None:
    zoo = Zoo(tmp_path)
    zoo.add(exhibit(TICTACTOE))
    (tmp_path / f"tictactoe.{ending}").unlink()
    with pytest.raises(ModelError, match=rf"tictactoe\.{ending} is missing; make the entry anew"):
        zoo.exhibit("tictactoe")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"game": "othello"}, "is about othello, not tictactoe"),
        ({"sha256": "7"}, "sha256: String should match"),
        ({"elo": 3}, "elo: Extra inputs"),
        ({"levels": []}, "levels: List should have at least 6"),
        ({"planes": [2, 3]}, "planes: List should have at least 3"),
    ],
)
def test_a_damaged_card_is_named(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    zoo = Zoo(tmp_path)
    zoo.add(exhibit(TICTACTOE))
    path = zoo.card_path("tictactoe")
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ModelError, match=f"tictactoe.json .*{reason}"):
        zoo.exhibit("tictactoe")
    path.write_text("{")
    with pytest.raises(StorageError, match=r"tictactoe\.json is damaged"):
        zoo.exhibit("tictactoe")


def test_a_large_model_stays_outside(tmp_path: Path) -> None:
    shown = exhibit(TICTACTOE)
    with pytest.raises(ModelError, match=f"{MOST_BYTES + 1} bytes, the zoo takes {MOST_BYTES}"):
        Zoo(tmp_path).add(Exhibit(bytes(MOST_BYTES + 1), shown.card))
    assert list(tmp_path.iterdir()) == []


def test_the_levels_of_every_game_differ() -> None:
    assert len({level.name for level in LEVELS}) == len(LEVELS)
    assert len({(level.simulations, level.temperature) for level in LEVELS}) == len(LEVELS)
    assert all(level.rating is level.low is level.high is None for level in LEVELS)


@pytest.mark.parametrize("numbers", [{"rating": 5.0}, {"rating": 5.0, "low": 6.0, "high": 7.0}])
def test_half_a_rating_is_none(numbers: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="low, rating and high are"):
        Level(name="x", title="X", simulations=1, temperature=0, **numbers)


def test_the_zoo_that_ships_is_not_empty() -> None:
    assert SHIPPED.games()


@pytest.mark.parametrize("name", SHIPPED.games())
def test_every_card_that_ships_is_true(name: str) -> None:
    """The model is the card's own, small, fits the rules of today, and is rated throughout."""
    shown = SHIPPED.exhibit(name)
    assert shown is not None
    game, card = find(name), shown.card
    known = OnnxEvaluator(game, shown.data).card
    assert (card.rules_version, card.step, card.architecture) == (
        *(known.rules_version, known.step, known.architecture),
    )
    assert (card.planes, card.actions) == (list(game.planes), game.actions)
    assert len(shown.data) <= MOST_BYTES
    assert card.training.commands and card.training.compute and card.measurement.date
    for level in card.levels:
        assert level.rating is not None and level.games > 0, level.name
    assert len({level.name for level in card.levels}) == len(card.levels)
    assert card.anchors[0].player == "random" and card.anchors[0].rating == 0
    for result in card.matches:
        assert result.wins + result.draws + result.losses == result.games
    assert isinstance(card, Card) and (card.accuracy or card.matches)
