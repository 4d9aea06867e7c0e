"""The speed of the rules: what is measured is what is played."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from engine.__main__ import app
from engine.bench import bench, openspiel_rate, random_games
from engine.games import all_games, find
from engine.kernels import bind

# Random play: mean plies, from other programs.
PLIES = {"tictactoe": 7.63, "connect4": 21.3, "othello": 60.4, "kalaha4": 44.0, "kalaha": 62.0}


@pytest.mark.parametrize("name", PLIES)
def test_random_games_are_as_long_as_other_programs_say(name: str) -> None:
    game = find(name)
    state, actions = np.zeros(game.words, np.uint64), np.zeros(game.actions, np.int16)
    plies = bind(random_games, game)(state, actions, 5_000, np.random.default_rng(0))
    assert plies / 5_000 == pytest.approx(PLIES[name], rel=0.01)
    assert game.is_over(state)


def test_bench_without_openspiel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspiel", None)
    rates = bench(find("tictactoe"), seconds=0.01)
    assert rates.playouts_per_s > 0 and rates.openspiel_ratio is None


def test_a_game_that_openspiel_does_not_know() -> None:
    pytest.importorskip("pyspiel")
    assert openspiel_rate(find("kalaha"), 0.01) is None
    assert openspiel_rate(find("connect4"), 0.01)


def test_the_command_prints_every_game() -> None:
    text = CliRunner().invoke(app, ["bench", "--seconds", "0.01", "--json"]).stdout
    assert set(json.loads(text)["games"]) == set(all_games())
    assert "connect4" in CliRunner().invoke(app, ["bench", "--seconds", "0.01"]).stdout
