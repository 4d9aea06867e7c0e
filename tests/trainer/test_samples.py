"""What the network is shown: labels by mover, symmetries that fit, a ring that refills exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.config import LearnerSettings
from engine.game import Game
from engine.games import all_games, find
from storage.replay.record import GameRecord
from tests import laws
from tests.toys import HEAP
from trainer.samples import Window, window_size


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


def _window(game: Game, positions: int, **settings: object) -> Window:
    return Window(game, LearnerSettings(window_positions=positions, **settings))  # type: ignore[arg-type]


def test_results_are_for_the_mover_when_nobody_alternates() -> None:
    """Heap of 7: 0 takes 4, 1 takes 2 and moves again, 1 takes the last one and wins."""
    record = _record(HEAP, [4, 2, 1])
    assert record.movers.tolist() == [0, 1, 1] and record.result == -1
    window = _window(HEAP, 10)
    window.add(record)
    batch = window.draw(300, np.random.default_rng(0))
    heaps = batch.observations[:, 0].sum(axis=(1, 2))
    for stones, label in {7: [0, 0, 1], 3: [1, 0, 0], 1: [1, 0, 0]}.items():
        assert (batch.wdl[heaps == stones] == label).all(), stones
    assert (batch.root_value == 0.25).all()


def test_draws_are_draws() -> None:
    game = find("tictactoe")
    window = _window(game, 20)
    window.add(_record(game, [0, 1, 2, 4, 3, 5, 7, 6, 8]))
    assert (window.draw(50, np.random.default_rng(0)).wdl == [0, 1, 0]).all()


@pytest.mark.parametrize("game", list(all_games().values()), ids=lambda game: game.name)
def test_symmetries_turn_planes_policy_and_mask_together(game: Game) -> None:
    """Every sample, turned or not, is a position of the game with its own legal actions."""
    rng = np.random.default_rng(1)
    window = _window(game, 500)
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
    straight = _window(game, 12)
    for record in games:
        straight.add(record)
    assert straight.seen == 22 and len(straight) == 12
    refilled = _window(game, 12)
    refilled.start_at(8)  # the first game has been overwritten altogether
    for record in games[1:]:
        refilled.add(record)
    for _ in range(3):
        a = straight.draw(64, np.random.default_rng(5))
        b = refilled.draw(64, np.random.default_rng(5))
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_samples_are_drawn_evenly() -> None:
    game = find("connect4")
    window = _window(game, 1000)
    assert window.distinct == 0
    window.add(_record(game, [0, 1, 0, 1, 0, 1, 0]))
    counts = np.zeros(8)
    for planes in window.draw(14_000, np.random.default_rng(0)).observations:
        counts[int(planes[:2].sum())] += 1
    assert np.abs(counts[:7] / 14_000 - 1 / 7).max() < 0.02


def _copies(game: Game) -> list[GameRecord]:
    """Four games alike up to a mirror, with unlike results, policies and values, then another."""
    games = []
    for k, moves in enumerate(([3, 0], [3, 0], [3, 6], [3, 6], [2, 1])):
        record = _record(game, moves)
        policy = np.full((2, 7), 0.1, np.float32)
        policy[:, k] = 0.4
        games.append(
            replace(record, result=(1, 0, -1, 1, 1)[k], policies=policy,
                    root_values=np.full(2, k / 10, np.float32))
        )  # fmt: skip
    return games


def test_equal_positions_are_learnt_as_one_with_the_mean_of_their_targets() -> None:
    """However they are turned, and as often as a position that occurred once, with exponent 0."""
    game = find("connect4")
    window = _window(game, 100, merge_exponent=0.0, surprise_share=0.0)
    for record in _copies(game):
        window.add(record)
    assert len(window) == 10 and window.distinct == 3  # the start, 3, and 2 (or its mirror 4)
    batch = window.draw(6000, np.random.default_rng(0))
    discs = batch.observations[:, :2].sum(axis=(1, 2, 3))
    assert (discs == 0).mean() == pytest.approx(1 / 3, abs=0.03)
    start = discs == 0
    # Five games from the start: won, drawn, lost, won, won by the first player.
    assert np.allclose(batch.wdl[start], [0.6, 0.2, 0.2])
    assert batch.root_value[start] == pytest.approx(0.2)
    centre = batch.observations[:, 1, 5, 3] == 1  # the other's disc in the middle: four games
    assert np.allclose(batch.wdl[centre], [0.25, 0.25, 0.5])
    assert batch.root_value[centre] == pytest.approx(0.15)
    # Columns 0 to 3 had 0.4 once each, a mirror does not change the position: 0.175 or its image.
    sums = batch.policy[centre].sum(axis=1)
    assert sums == pytest.approx(1)
    assert batch.policy[centre][:, 3] == pytest.approx(0.175)


def test_without_merging_every_sample_keeps_its_own_targets() -> None:
    game = find("connect4")
    window = _window(game, 100, merge_exponent=1.0, surprise_share=0.0)
    for record in _copies(game):
        window.add(record)
    batch = window.draw(4000, np.random.default_rng(0))
    start = batch.observations[:, :2].sum(axis=(1, 2, 3)) == 0
    assert start.mean() == pytest.approx(0.5, abs=0.03)
    assert sorted({round(float(v), 2) for v in batch.root_value[start]}) == [0, 0.1, 0.2, 0.3, 0.4]


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_surprising_samples_are_drawn_more_often(share: float, expected: float) -> None:
    game = find("connect4")
    record = _record(game, [2, 1])
    window = _window(game, 100, surprise_share=share)
    window.add(replace(record, surprises=np.array([0, 0.6], np.float32)))
    batch = window.draw(4000, np.random.default_rng(0))
    surprising = batch.observations[:, :2].sum(axis=(1, 2, 3)) == 1
    assert surprising.mean() == pytest.approx(expected, abs=0.03)


def test_unknown_surprise_counts_as_the_mean() -> None:
    game = find("connect4")
    window = _window(game, 100, surprise_share=1.0)
    window.add(replace(_record(game, [2]), surprises=np.array([np.nan], np.float32)))
    window.add(replace(_record(game, [2, 1]), surprises=np.ones(2, np.float32)))
    batch = window.draw(4000, np.random.default_rng(0))
    assert (batch.observations[:, 1].sum(axis=(1, 2)) == 1).mean() == pytest.approx(0.414, abs=0.03)


def test_the_window_grows_slower_than_the_data() -> None:
    settings = LearnerSettings(window_start=1000, window_positions=100_000)
    sizes = [window_size(seen, settings) for seen in (1, 500, 1000, 2000, 100_000, 10**9)]
    assert sizes[:3] == [1, 500, 1000] and sizes[-1] == 100_000
    assert sizes[3] == int(1000 * (1 + 0.4 * (2**0.75 - 1) / 0.75))
    assert window_size(5, LearnerSettings(window_positions=77)) == 77


def test_a_growing_window_refills_to_the_row() -> None:
    game = find("connect4")
    rng = np.random.default_rng(3)
    games = []
    for _ in range(40):
        moves, state = [], game.new()
        while not game.is_over(state):
            moves.append(int(rng.choice(game.legal(state))))
            state = game.after(state, moves[-1])
        games.append(_record(game, moves))
    settings = {"window_start": 50, "surprise_share": 0.5}
    straight = _window(game, 400, **settings)
    for record in games:
        straight.add(record)
    assert 50 < len(straight) < 400 < straight.seen
    counts = [len(record.plies) for record in games]
    first = next(i for i in range(40) if sum(counts[i + 1 :]) < len(straight))
    refilled = _window(game, 400, **settings)
    refilled.start_at(sum(counts[:first]))
    for record in games[first:]:
        refilled.add(record)
    assert len(refilled) == len(straight) and refilled.distinct == straight.distinct
    for seed in range(3):
        a = straight.draw(64, np.random.default_rng(seed))
        b = refilled.draw(64, np.random.default_rng(seed))
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("name", ["connect4", "othello"])
def test_endings_and_replies_are_turned_like_the_position(name: str) -> None:
    """Of every sample, turned or not: its own pieces at the end, and a reply that follows it."""
    game, rng = find(name), np.random.default_rng(5)
    moves, state = [], game.new()
    while not game.is_over(state):
        moves.append(int(rng.choice(game.legal(state))))
        state = game.after(state, moves[-1])
    owners = np.array(game.cells(state))
    window = _window(game, 200)
    window.add(_record(game, moves))
    expected = {}
    for symmetry in game.symmetries:
        at = game.new()
        for ply, action in enumerate(moves):
            own = owners if game.mover(at) == 0 else np.array([0, 2, 1])[owners]
            following = moves[ply + 1] if ply + 1 < len(moves) else None
            reply = [int(a == following) for a in symmetry.actions]
            key = laws.seen_through(game, symmetry, at).tobytes()
            expected.setdefault(key, []).append((own[symmetry.cells].tolist(), reply))
            at = game.after(at, action)
    batch = window.draw(300, rng)
    for planes, ending, reply in zip(batch.observations, batch.ending, batch.reply, strict=True):
        assert (ending[1:].tolist(), reply.tolist()) in expected[planes.tobytes()]
    margins = {abs(int(margin)) for margin in batch.ending[:, 0]}
    assert margins == {abs(game.result(state))}
