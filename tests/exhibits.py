"""Entries of a zoo with small real networks, their strength made up."""

from __future__ import annotations

import hashlib

from engine.evaluator.onnx import read_card
from engine.game import Game
from storage.levels import LEVELS
from storage.zoo import Anchor, Card, Exhibit, Measurement, Training
from tests.models import linear_model


def exhibit(game: Game, /, step: int = 7, **model: object) -> Exhibit:
    """A `linear_model` with its card: the k-th level has 100 k Elo, give or take 10."""
    data = linear_model(game, step, **model)  # type: ignore[arg-type]
    known = read_card(data)
    numbers = [(100.0 * k, {"low": 100.0 * k - 10, "high": 100.0 * k + 10}) for k in range(9)]
    levels = [
        level.model_copy(update={"rating": rating, **limits, "games": 20})
        for level, (rating, limits) in zip(LEVELS, numbers, strict=False)
    ]
    card = Card(
        game=game.name,
        rules_version=known.rules_version,
        planes=list(game.planes),
        actions=game.actions,
        sha256=hashlib.sha256(data).hexdigest(),
        step=step,
        architecture=known.architecture,
        created_at="2026-01-01T00:00:00+00:00",
        training=Training(
            run="made up",
            commands=["none"],
            seed=0,
            seconds=None,
            games=None,
            positions=None,
            compute="none",
            note="",
        ),
        measurement=Measurement(
            command="none",
            date="2026-01-01T00:00:00+00:00",
            seconds=0,
            compute="none",
            opening_plies=4,
            seed=0,
        ),
        accuracy=[],
        matches=[],
        anchors=[Anchor(player="random", rating=0, low=0, high=0, games=20)],
        levels=levels,
    )
    return Exhibit(data, card)
