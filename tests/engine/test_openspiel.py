"""OpenSpiel's rules beside ours, in lock-step over random games: a second opinion at every ply.

Each game's file says what it is called there. Only the action ids can differ: `theirs` maps them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.game import Game
from engine.games import all_games, find

pyspiel = pytest.importorskip("pyspiel")

GAMES = [game for game in all_games().values() if game.openspiel]
PLAYED = {"connect4": 4000, "hex7": 1000, "kalaha4": 3000, "othello": 1500, "tictactoe": 5000}


def theirs(game: Game, state: Any, action: int) -> int:
    """OpenSpiel's id of our action: its Mancala counts pits around the whole board."""
    if game.view.layout != "pits":
        return action
    return action + 1 if game.mover(state) == 0 else action + 8


def test_every_game_they_know_is_compared() -> None:
    assert set(PLAYED) == {game.name for game in GAMES}


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_lock_step(game: Game) -> None:
    other = pyspiel.load_game(game.openspiel)
    rng = np.random.default_rng(11)
    for _ in range(PLAYED[game.name]):
        state, twin = game.new(), other.new_initial_state()
        while not game.is_over(state):
            assert not twin.is_terminal(), str(twin)
            assert twin.current_player() == game.mover(state), str(twin)
            legal = game.legal(state)
            assert sorted(twin.legal_actions()) == sorted(theirs(game, state, a) for a in legal)
            action = int(rng.choice(legal))
            twin.apply_action(theirs(game, state, action))
            game.rules.play(state, action)
        assert twin.is_terminal(), str(twin)
        sign = float(np.sign(game.result(state)))
        assert twin.returns() == [sign, -sign], str(twin)


def test_their_mancala_ends_with_the_same_margin() -> None:
    """Returns are win or loss; the stones are counted on their board, which they do not sweep."""
    game = find("kalaha4")
    other = pyspiel.load_game(game.openspiel)
    rng = np.random.default_rng(12)
    for _ in range(200):
        state, twin = game.new(), other.new_initial_state()
        while not game.is_over(state):
            action = int(rng.choice(game.legal(state)))
            twin.apply_action(theirs(game, state, action))
            game.rules.play(state, action)
        stones = np.array(twin.observation_tensor(0))[:14]
        first = stones[1:8].sum()
        second = stones[8:].sum() + stones[0]
        assert game.result(state) == first - second
