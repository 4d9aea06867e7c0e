"""Mixed games begin where another player got to; all that is learnt is the agent's own."""

from __future__ import annotations

from typing import Any

import pytest

from actor.mixed import MixedOpenings, mixed_player
from actor.selfplay import SelfPlay
from engine.config import Settings
from engine.errors import ConfigError
from engine.games import find
from engine.heuristics.alphabeta import AlphaBeta
from engine.sources import load
from storage.replay.record import GameRecord
from tests.toys import HashEvaluator

GAME = find("tictactoe")


def settings_of(**selfplay: Any) -> Settings:
    tiny = {"games": 8, "opening_plies": 2, "skip_forced": False, **selfplay}
    return load({"run": {"game": GAME.name}, "search": {"simulations": 12}, "selfplay": tiny})


def played(settings: Settings, games: int) -> list[GameRecord]:
    left = iter(range(games))
    selfplay = SelfPlay(GAME, settings, may_begin=lambda: next(left, None) is not None)
    records: list[GameRecord] = []
    while not selfplay.is_done:
        records += selfplay.step(HashEvaluator(GAME))
    return records


def test_a_share_of_the_games_opens_with_moves_of_the_player() -> None:
    settings, greedy = settings_of(mixed_share=0.5), AlphaBeta(GAME, 1)
    actions, lengths = MixedOpenings(GAME, settings).draw(400)
    assert 160 < (lengths > 0).sum() < 240
    assert set(lengths) == set(range(9))  # every ply but that of a finished game
    for moves, length in zip(actions, lengths, strict=True):
        state = GAME.new()
        for ply, action in enumerate(moves[:length]):
            assert action in GAME.legal(state)
            if ply >= settings.selfplay.opening_plies:
                assert action in greedy.look(state).best
            GAME.rules.play(state, action)
        assert not GAME.is_over(state)


def test_only_what_the_agent_searched_is_learnt() -> None:
    settings, games = settings_of(mixed_share=1.0), 60
    _, lengths = MixedOpenings(GAME, settings).draw(8)  # those of the first games
    records = played(settings, games)
    assert len(records) == games
    assert {int(record.plies[0]) for record in records} >= set(lengths.tolist())
    for record in records:
        first, last = int(record.plies[0]), len(record.moves) - 1
        assert first > 0 and record.plies.tolist() == list(range(first, last + 1))
        for ply, state, policy in zip(record.plies, record.states, record.policies, strict=True):
            assert (GAME.replay(record.moves[:ply].tolist()) == state).all()
            assert policy[record.moves[ply]] > 0  # played from the search that is learnt
        final = GAME.replay(record.moves.tolist())
        assert GAME.is_over(final) and GAME.rules.result(final) == record.result


def test_without_a_share_nothing_changes() -> None:
    one, other = (
        [(r.moves.tolist(), r.policies.tolist()) for r in played(settings_of(**changes), 12)]
        for changes in ({}, {"mixed_player": "mcts:7"})
    )
    assert one == other


@pytest.mark.parametrize("spec", ["solver", "latest@10", "mcts:50ms"])
def test_a_player_that_cannot_open_games_is_refused(spec: str) -> None:
    settings = settings_of(mixed_share=0.1, mixed_player=spec)
    with pytest.raises(ConfigError, match=f"selfplay.mixed_player = '{spec}' cannot open games"):
        mixed_player(GAME, settings)


def test_a_name_that_is_none_is_refused_and_one_that_is_unused_is_not() -> None:
    with pytest.raises(ConfigError, match="'nobody' is no player"):
        mixed_player(GAME, settings_of(mixed_share=0.1, mixed_player="nobody"))
    assert mixed_player(GAME, settings_of(mixed_player="nobody")) is None
