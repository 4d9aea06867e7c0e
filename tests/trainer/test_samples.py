"""What the network is shown: labels by mover, symmetries that fit, a ring that refills exactly."""

from __future__ import annotations

import numpy as np
import pytest

from engine.game import Game
from engine.games import all_games, find
from storage.replay.record import GameRecord
from tests import laws
from tests.toys import HEAP
from trainer.samples import Window


def _record(game: Game, moves: list[int]) -> GameRecord:
    """A game whose visits sit on the move played and whose root values are 0.25 for the mover."""
    state = game.new()
    states, movers, visits = [], [], []
    for action in moves:
        states.append(state)
        movers.append(game.mover(state))
        row = np.ones(game.actions, np.int32) * np.isin(range(game.actions), game.legal(state))
        row[action] += 9
        visits.append(row)
        state = game.after(state, action)
    count = len(moves)
    return GameRecord(
        game=game.name,
        rules_version=game.version,
        moves=np.array(moves, np.int16),
        result=game.result(state),
        model_step=-1,
        plies=np.arange(count, dtype=np.int16),
        states=np.stack(states),
        movers=np.array(movers, np.int8),
        policies=np.float32(np.stack(visits) / np.sum(visits, axis=1, keepdims=True)),
        root_values=np.full(count, 0.25, np.float32),
        exact=np.zeros(count, np.int8),
        surprises=np.zeros(count, np.float32),
    )


def test_results_are_for_the_mover_when_nobody_alternates() -> None:
    """Heap of 7: 0 takes 4, 1 takes 2 and moves again, 1 takes the last one and wins."""
    record = _record(HEAP, [4, 2, 1])
    assert record.movers.tolist() == [0, 1, 1] and record.result == -1
    window = Window(HEAP, 10)
    window.add(record)
    batch = window.draw(300, np.random.default_rng(0))
    heaps = batch.observations[:, 0].sum(axis=(1, 2))
    for stones, label in {7: [0, 0, 1], 3: [1, 0, 0], 1: [1, 0, 0]}.items():
        assert (batch.wdl[heaps == stones] == label).all(), stones
    assert (batch.root_value == 0.25).all()


def test_draws_are_draws() -> None:
    game = find("tictactoe")
    window = Window(game, 20)
    window.add(_record(game, [0, 1, 2, 4, 3, 5, 7, 6, 8]))
    assert (window.draw(50, np.random.default_rng(0)).wdl == [0, 1, 0]).all()


@pytest.mark.parametrize("game", list(all_games().values()), ids=lambda game: game.name)
def test_symmetries_turn_planes_policy_and_mask_together(game: Game) -> None:
    """Every sample, turned or not, is a position of the game with its own legal actions."""
    rng = np.random.default_rng(1)
    window = Window(game, 500)
    known = {}
    while len(window) < 60:
        moves, state = [], game.new()
        while not game.is_over(state):
            moves.append(int(rng.choice(game.legal(state))))
            state = game.after(state, moves[-1])
        window.add(_record(game, moves))
        for symmetry in game.symmetries:
            place = np.argsort(symmetry.actions)
            state = game.new()
            for action in moves:
                # Law 6 says that this is the view of a position with these legal actions.
                key = laws.seen_through(game, symmetry, state).tobytes()
                legal = sorted(int(place[a]) for a in game.legal(state))
                known.setdefault(key, (legal, set()))[1].add(int(place[action]))
                state = game.after(state, action)
    batch = window.draw(400, rng)
    turned = 0
    for planes, policy, illegal in zip(
        batch.observations, batch.policy, batch.illegal, strict=True
    ):
        legal, played = known[planes.tobytes()]
        assert np.flatnonzero(~illegal).tolist() == legal
        assert policy[illegal].sum() == 0 and policy.sum() == pytest.approx(1)
        assert int(policy.argmax()) in played
        turned += 1
    assert turned == 400


def test_the_ring_keeps_the_newest_and_refills_to_the_row() -> None:
    game = find("connect4")
    games = [
        _record(game, moves)
        for moves in ([3, 3, 3, 3, 2, 2, 2, 2], [0, 1, 0, 1, 0, 1, 0], [6, 5, 6, 5, 6, 5, 6])
    ]
    straight = Window(game, 12)
    for record in games:
        straight.add(record)
    assert straight.seen == 22 and len(straight) == 12
    refilled = Window(game, 12)
    refilled.start_at(8)  # the first game has been overwritten altogether
    for record in games[1:]:
        refilled.add(record)
    for _ in range(3):
        a = straight.draw(64, np.random.default_rng(5))
        b = refilled.draw(64, np.random.default_rng(5))
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_samples_are_drawn_evenly() -> None:
    game = find("connect4")
    window = Window(game, 1000)
    window.add(_record(game, [0, 1, 0, 1, 0, 1, 0]))
    counts = np.zeros(8)
    for planes in window.draw(14_000, np.random.default_rng(0)).observations:
        counts[int(planes.sum())] += 1
    assert np.abs(counts[:7] / 14_000 - 1 / 7).max() < 0.02
