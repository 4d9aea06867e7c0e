"""Self-play: what is recorded is what was searched and played."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from actor.moves import Schedule, choose
from actor.selfplay import SelfPlay, schedule_of
from engine.config import Settings
from engine.evaluator.uniform import UniformEvaluator
from engine.game import ONGOING, Game
from engine.games import all_games, find
from engine.search.search import Waves, puct_of
from engine.sources import load
from storage.replay.record import GameRecord
from tests.toys import HEAP, HashEvaluator

GAMES = [*all_games().values(), HEAP]


def _settings(game: Game, **selfplay: object) -> Settings:
    known = game.name if game.name in all_games() else "tictactoe"
    return load(
        {
            "run": {"game": known},
            "search": {"simulations": 20},
            "selfplay": {"games": 16, **selfplay},
        }
    )


def _play(game: Game, settings: Settings, games: int = 40, **kwargs: object) -> list[GameRecord]:
    selfplay = SelfPlay(game, settings, **kwargs)  # type: ignore[arg-type]
    evaluator = HashEvaluator(game)
    records: list[GameRecord] = []
    while len(records) < games and not selfplay.is_done:
        records += selfplay.step(evaluator, model_step=3)
    return records


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_records_replay_exactly(game: Game) -> None:
    for record in _play(game, _settings(game)):
        state = game.new()
        by_ply = {int(ply): i for i, ply in enumerate(record.plies)}
        for ply, action in enumerate(record.moves):
            if ply in by_ply:
                i = by_ply[ply]
                assert np.array_equal(record.states[i], state)
                assert record.movers[i] == game.mover(state)
                assert record.visits[i].sum() == 20
                assert set(np.flatnonzero(record.visits[i])) <= set(game.legal(state))
                assert record.visits[i][action] > 0
                assert -1 <= record.root_values[i] <= 1
            state = game.after(state, int(action))
        assert game.result(state) == record.result != ONGOING
        # Every ply is a sample but those of a random opening, which all come first.
        assert record.plies.tolist() == list(range(int(record.plies[0]), len(record.moves)))


def test_the_stored_target_does_not_depend_on_the_temperature() -> None:
    game = find("connect4")
    common = {"opening_share": 0.0, "temperature_plies": 99}
    cold = _play(game, _settings(game, temperature=0.01, **common))
    hot = _play(game, _settings(game, temperature=50.0, **common))
    assert np.array_equal(cold[0].visits[0], hot[0].visits[0])  # same seed, same first search
    assert all(r.visits[i][r.moves[i]] == r.visits[i].max() for r in cold for i in range(5))
    assert any(r.visits[i][r.moves[i]] < r.visits[i].max() for r in hot for i in range(5))


def test_one_worker_is_reproducible_and_two_differ() -> None:
    game = find("connect4")
    plays = [_play(game, _settings(game), worker=worker) for worker in (0, 0, 1)]
    moves = [[record.moves.tolist() for record in records] for records in plays]
    assert moves[0] == moves[1] != moves[2]


def test_random_openings_are_played_and_not_learned_from() -> None:
    game = find("connect4")
    always = _play(game, _settings(game, opening_share=1.0, opening_plies=5), games=80)
    lengths = {int(record.plies[0]) for record in always}
    assert lengths == {1, 2, 3, 4, 5}
    never = _play(game, _settings(game, opening_share=0.0))
    assert {int(record.plies[0]) for record in never} == {0}


def test_games_that_may_begin_are_finished_and_no_others() -> None:
    """No long game is lost: with a budget of 50 all 50 come back, whatever their length."""
    game = find("connect4")
    selfplay = SelfPlay(game, _settings(game), may_begin=_budget(50))
    evaluator = UniformEvaluator(game)
    records = []
    while not selfplay.is_done:
        records += selfplay.step(evaluator)
    assert len(records) == 50 == selfplay.counters.games
    assert selfplay.counters.positions == sum(len(r.plies) for r in records)
    assert selfplay.counters.simulations == 20 * selfplay.counters.positions
    assert selfplay.step(evaluator) == []


def _budget(games: int) -> Callable[[], bool]:
    left = [games]

    def may_begin() -> bool:
        left[0] -= 1
        return left[0] >= 0

    return may_begin


def test_batches_stay_full() -> None:
    game = find("connect4")
    selfplay = SelfPlay(game, _settings(game))
    evaluator = HashEvaluator(game)
    for _ in range(300):
        selfplay.step(evaluator)
    assert evaluator.rows == 300 * 16


def test_a_game_carries_the_model_it_began_with() -> None:
    game = find("tictactoe")
    selfplay = SelfPlay(game, _settings(game))
    evaluator = UniformEvaluator(game)
    early = [r for step in range(60) for r in selfplay.step(evaluator, 100 if step else 7)]
    assert {r.model_step for r in early} == {7, 100}
    assert early[0].model_step == 7


def test_choose_follows_visits_and_temperature() -> None:
    game = find("connect4")
    waves = Waves(game, 1, 10, puct_of(load().search, noisy=False))
    waves.start(0, game.new(), 10)
    while waves.descend():
        waves.evaluate(UniformEvaluator(game))
    tree = waves.tree
    visits = np.array([0, 1, 2, 4, 8, 16, 0], np.int32)
    tree.visits[0, 1:8] = visits
    rng = np.random.default_rng(0)
    for temperature in (0.5, 1.0, 2.0):
        drawn = np.bincount([choose(tree, 0, temperature, rng) - 1 for _ in range(20_000)])
        weights = np.where(visits > 0, visits.astype(float) ** (1 / temperature), 0)
        expected = weights / weights.sum()
        assert np.abs(np.pad(drawn, (0, 7 - len(drawn))) / 20_000 - expected).max() < 0.015
    assert {choose(tree, 0, 0.001, rng) - 1 for _ in range(100)} == {5}


def test_noise_of_each_move_is_dirichlet_over_legal_actions() -> None:
    game = find("connect4")
    selfplay = SelfPlay(game, _settings(game))
    selfplay.step(UniformEvaluator(game))
    noise = selfplay.noise()
    assert np.allclose(noise.sum(axis=1), 1, atol=1e-5) and (noise >= 0).all()
    assert len(np.unique(noise[:, 0])) == len(noise)


def test_schedule_carries_every_setting() -> None:
    settings = load({"selfplay": {"temperature": 0.7, "opening_plies": 3}})
    assert schedule_of(settings) == Schedule(50, 10.0, 0.7, 4, 0.25, 0.8, 3)
