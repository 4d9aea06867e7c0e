"""Figures about the data against a naive recount of hand-made and played games."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest

from engine.game import Game, value_for
from engine.games import all_games, find
from storage.replay.record import GameRecord
from tests.toys import HEAP
from trainer import quality
from trainer.quality import Bin, Measured, Quality, bins, calibration_error

GAMES = [*all_games().values(), HEAP]


def record(
    game: Game,
    moves: list[int],
    plies: Iterable[int] | None = None,
    values: Iterable[float] | None = None,
    *,
    rng: np.random.Generator | None = None,
    model_step: int = -1,
    surprises: Iterable[float] | None = None,
) -> GameRecord:
    """A game with samples at `plies` (all), root `values` (0.25), random targets and surprises."""
    rng = rng or np.random.default_rng(0)
    state, states = game.new(), []
    for action in moves:
        states.append(state.copy())
        game.rules.play(state, action)
    kept = list(range(len(moves)) if plies is None else plies)
    policies = np.zeros((len(kept), game.actions), np.float32)
    for row, ply in enumerate(kept):
        legal = game.legal(states[ply])
        policies[row, legal] = rng.dirichlet(np.full(len(legal), 0.4))
    count = len(kept)
    return GameRecord(
        game=game.name,
        rules_version=game.version,
        moves=np.array(moves, np.int16),
        result=game.result(state),
        model_step=model_step,
        plies=np.array(kept, np.int16),
        states=np.array([states[ply] for ply in kept], np.uint64).reshape(count, game.words),
        movers=np.array([game.mover(states[ply]) for ply in kept], np.int8),
        policies=policies,
        root_values=np.array([0.25] * count if values is None else list(values), np.float32),
        exact=np.zeros(count, np.int8),
        surprises=np.array(rng.random(count) if surprises is None else list(surprises), np.float32),
    )


def random_game(game: Game, rng: np.random.Generator) -> list[int]:
    state, moves = game.new(), []
    while not game.is_over(state):
        moves.append(int(rng.choice(game.legal(state))))
        game.rules.play(state, moves[-1])
    return moves


def played(game: Game, count: int, seed: int) -> list[GameRecord]:
    """Random games, some after an opening, some without samples, some of an older format."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        moves = random_game(game, rng)
        begin = int(rng.choice([0, 0, 1, 3]))
        plies = [p for p in range(begin, len(moves)) if rng.random() < 0.8 or p == 0]
        old = rng.random() < 0.2
        found.append(
            record(
                game,
                moves,
                plies,
                rng.uniform(-1, 1, len(plies)),
                rng=rng,
                model_step=int(rng.integers(-1, 500)),
                surprises=[math.nan] * len(plies) if old else None,
            )
        )
    return found


def image(game: Game, state: np.ndarray) -> bytes:
    key = np.zeros_like(state)
    game.rules.canonical(state, key)
    return key.tobytes()


def mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def naive(game: Game, records: list[GameRecord], positions: int, games: int) -> Measured:
    """Everything again, position by position, from the moves alone where they tell it."""
    rows = []
    for one in records:
        state, at_ply = game.new(), 0
        for i, ply in enumerate(one.plies):
            for action in one.moves[at_ply:ply]:
                game.rules.play(state, action)
            at_ply = ply
            outcome = value_for(one.result, game.mover(state))
            target = [float(p) for p in one.policies[i] if p > 0]
            rows.append(
                (
                    image(game, state),
                    -sum(p * math.log(p) for p in target),
                    float(one.surprises[i]),
                    float(one.root_values[i]),
                    outcome,
                )
            )
    rows, kept = rows[-positions:], records[-games:]
    parts: dict[int, list[tuple[float, float]]] = {}
    for _, _, _, value, outcome in rows:
        place = min(9, int((value + 1) * 5))
        parts.setdefault(place, []).append((value, outcome))
    calibration = [
        Bin(
            -1 + place / 5,
            -1 + (place + 1) / 5,
            len(pairs),
            sum(v for v, _ in pairs) / len(pairs),
            sum(o for _, o in pairs) / len(pairs),
        )
        for place, pairs in sorted(parts.items())
    ]
    firsts = Counter(int(r.moves[0]) for r in kept if len(r.plies) and r.plies[0] == 0)
    opened = sum(firsts.values())
    ends = [value_for(r.result, 0) for r in kept]
    plies = sorted(len(r.moves) for r in kept)
    steps = [max(0, r.model_step) for r in kept[-100:]]
    return Measured(
        games=len(kept),
        positions=len(rows),
        duplicates=1 - len({row[0] for row in rows}) / len(rows),
        target_entropy=mean([row[1] for row in rows]),
        surprise=mean([row[2] for row in rows if not math.isnan(row[2])]),
        calibration_error=sum(abs(b.predicted - b.result) * b.positions for b in calibration)
        / len(rows),
        calibration=calibration,
        lengths=quality.Lengths(sum(plies) / len(plies), *(at(plies, q) for q in (5, 50, 95))),
        results=(ends.count(1) / len(ends), ends.count(0) / len(ends), ends.count(-1) / len(ends)),
        opened=opened,
        first_moves=[
            quality.FirstMove(action, game.label(action), n / opened)
            for action, n in firsts.most_common()
        ],
        first_move_entropy=-sum(n / opened * math.log(n / opened) for n in firsts.values())
        if opened
        else None,
        model_step=mean([float(step) for step in steps]),
    )


def at(values: list[int], percent: int) -> float:
    """A quantile of sorted values, linear between two of them."""
    place = percent / 100 * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])


def assert_same(found: Measured, expected: Measured) -> None:
    for name in ("games", "positions", "opened"):
        assert getattr(found, name) == getattr(expected, name), name
    for name in (
        "duplicates",
        "target_entropy",
        "surprise",
        "calibration_error",
        "first_move_entropy",
        "model_step",
    ):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-5), name
    assert found.results == pytest.approx(expected.results)
    assert found.lengths and expected.lengths
    assert vars(found.lengths) == pytest.approx(vars(expected.lengths))
    assert [vars(b) for b in found.calibration] == [
        pytest.approx(vars(b), abs=1e-5) for b in expected.calibration
    ]
    assert {m.action: (m.label, m.share) for m in found.first_moves} == {
        m.action: (m.label, pytest.approx(m.share)) for m in expected.first_moves
    }
    shares = [move.share for move in found.first_moves]
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_every_figure_is_what_a_naive_recount_finds(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With rings that hold everything, and with small ones, measured in between or not."""
    records = played(game, 40, seed=1)
    for positions, games, block in ((100_000, 100, 8_192), (150, 15, 8_192), (150, 15, 60)):
        monkeypatch.setattr(quality, "BLOCK", block)
        measure = Quality(game, positions, games)
        for number, one in enumerate(records, start=1):
            measure.add(one)
            if number in (1, 13, 14, 40):
                found = measure.measure()
                assert_same(found, naive(game, records[:number], positions, games))


def test_nothing_is_known_before_the_first_game() -> None:
    found = Quality(HEAP).measure()
    assert (found.games, found.positions, found.opened) == (0, 0, 0)
    assert found.calibration == found.first_moves == []
    assert found.duplicates is found.surprise is found.target_entropy is None
    assert found.results is found.lengths is found.calibration_error is found.model_step is None
    assert found.first_move_entropy is None


def test_a_game_without_samples_still_counts_as_a_game() -> None:
    measure = Quality(HEAP)
    measure.add(record(HEAP, [4, 2, 1], plies=[]))
    found = measure.measure()
    assert (found.games, found.positions, found.opened) == (1, 0, 0)
    assert found.results == (0, 0, 1) and found.duplicates is None


def test_values_are_held_against_the_result_for_their_mover() -> None:
    """Extra moves of Kalaha, passes of Othello, which are no samples: a search that knows all.

    Its error is 0; the same values for the other player are wrong by 2.
    """
    rng = np.random.default_rng(3)
    for name in ("kalaha", "othello"):
        game = find(name)
        twice = 0
        for sign, expected in ((1, 0.0), (-1, 2.0)):
            measure = Quality(game)
            for _ in range(12):
                moves = random_game(game, rng)
                states = [game.replay(moves[:ply]) for ply in range(len(moves))]
                plies = [ply for ply, state in enumerate(states) if len(game.legal(state)) > 1]
                movers = [game.mover(states[ply]) for ply in plies]
                twice += sum(one == other for one, other in pairwise(movers))
                result = game.result(game.replay(moves))
                if result != 0:
                    values = [sign * value_for(result, mover) for mover in movers]
                    measure.add(record(game, moves, plies, values))
            error = measure.measure().calibration_error
            assert error == pytest.approx(expected), name
        assert twice > 0, f"{name}: nobody moved twice in a row"


def test_symmetric_positions_are_duplicates() -> None:
    """Two games that mirror each other: nothing new but for the first one; and the start twice."""
    game = find("connect4")
    measure = Quality(game)
    measure.add(record(game, [0, 1, 0, 1, 0, 1, 0]))
    assert measure.measure().duplicates == 0
    measure.add(record(game, [6, 5, 6, 5, 6, 5, 6]))
    assert measure.measure().duplicates == 0.5
    measure.add(record(game, [3, 1, 3, 1, 3, 1, 3]))
    assert measure.measure().duplicates == pytest.approx(1 - 13 / 21)


def test_only_first_moves_that_were_searched_count() -> None:
    game = find("tictactoe")
    measure = Quality(game)
    measure.add(record(game, [4, 0, 2, 1, 6]))
    measure.add(record(game, [4, 1, 2, 3, 6]))
    measure.add(record(game, [0, 1, 3, 4, 6]))
    measure.add(record(game, [8, 1, 7, 4, 6], plies=range(1, 5)))  # ply 0 was a random opening
    found = measure.measure()
    label = game.label
    assert [(m.action, m.label) for m in found.first_moves] == [(4, label(4)), (0, label(0))]
    assert found.opened == 3
    assert [m.share for m in found.first_moves] == pytest.approx([2 / 3, 1 / 3])


def test_the_ends_of_the_range_have_bins() -> None:
    edge = np.array([-1, -1, 1, 1, 0.999], np.float32)
    low, high = bins(edge, np.array([-1, 1, 1, 1, -1], np.float32))
    assert (low.low, low.positions, low.predicted, low.result) == (-1, 2, -1, 0)
    assert (high.high, high.positions, high.result) == (1, 3, pytest.approx(1 / 3))
    assert calibration_error([low, high]) == pytest.approx((2 * 1 + 3 * (2.999 / 3 - 1 / 3)) / 5)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many games come without anybody looking, few are kept."""
    monkeypatch.setattr(quality, "BLOCK", 50)
    measure = Quality(HEAP, positions=30, games=20)
    for one in played(HEAP, 300, seed=5):
        measure.add(one)
        assert len(measure._waiting) <= 50
    found = measure.measure()
    assert (found.games, found.positions) == (20, 30)
