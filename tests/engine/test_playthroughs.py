"""The golden game of every game, compared to the letter."""

from __future__ import annotations

import pytest

from engine.game import Game
from engine.games import all_games
from tests.playthroughs import FOLDER, playthrough


@pytest.mark.parametrize("game", all_games().values(), ids=lambda game: game.name)
def test_playthrough(game: Game) -> None:
    assert playthrough(game) == (FOLDER / f"{game.name}.txt").read_text(encoding="utf-8")


def test_no_file_without_a_game() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(all_games())
