"""What people see of games in progress is what is being played and searched."""

from __future__ import annotations

import pytest

from actor.selfplay import SelfPlay
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.games import all_games
from engine.sources import load
from tests.toys import HashEvaluator


@pytest.mark.parametrize("game", all_games().values(), ids=lambda game: game.name)
def test_games_advance_and_their_searches_grow(game: Game) -> None:
    settings = load(
        {
            "run": {"game": game.name},
            "search": {"simulations": 30, "cache_megabytes": 0},
            "selfplay": {"games": 4, "full_share": 1, "first_simulations": 0, "opening_share": 1},
        }
    )
    selfplay, evaluator = SelfPlay(game, settings), HashEvaluator(game)
    assert selfplay.playing(9) == []  # nothing has begun
    before = None
    advanced = grown = 0
    for _ in range(150):
        selfplay.step(evaluator)
        assert len(selfplay.playing(2)) == 2
        (shown, *others) = selfplay.playing(9)
        assert len(others) == 3
        state = game.replay(shown.moves)  # only legal moves lead there
        assert set(shown.visits) <= set(game.legal(state))
        assert 0 <= shown.simulations <= shown.budget <= 30
        assert sum(shown.visits.values()) <= shown.simulations + 1
        if shown.value is not None:
            assert -1 <= shown.value <= 1
        if before and shown.moves == before.moves:
            grown += shown.simulations > before.simulations
        elif before:
            advanced += 1
        before = shown
    assert advanced and grown


def test_without_a_model_games_end_within_a_wave_and_are_seen_all_the_same() -> None:
    game = all_games()["tictactoe"]
    settings = load({"search": {"simulations": 4}, "selfplay": {"games": 4}})
    left = iter(range(20))
    selfplay = SelfPlay(game, settings, may_begin=lambda: next(left, None) is not None)
    evaluator = UniformEvaluator(game)
    while not selfplay.is_done:
        selfplay.step(evaluator)
        assert len(selfplay.playing(4)) == 4
    for ended in selfplay.playing(4):
        assert game.is_over(game.replay(ended.moves))
        assert ended.value is None and ended.visits == {}
