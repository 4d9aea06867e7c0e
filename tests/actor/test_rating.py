"""Ratings from results whose truth is known, and which games are asked for next."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from actor.rating import Ratings, next_pairings, rate
from actor.sprt import expected


def _dice(truth: list[float], openings: int, seed: int) -> NDArray[np.int64]:
    """Everybody against everybody; the two games of an opening as independent as they can be."""
    rng = np.random.default_rng(seed)
    counts = np.zeros((len(truth), len(truth), 5), np.int64)
    for i in range(len(truth)):
        for j in range(i + 1, len(truth)):
            won = rng.random((openings, 2)) < expected(truth[i] - truth[j])
            counts[i, j] = np.bincount(2 * won.sum(axis=1), minlength=5)
    return counts


def test_many_games_give_the_truth() -> None:
    truth = [0.0, 150.0, 250.0, 500.0]
    found = rate(_dice(truth, 20_000, seed=1), anchor=0)
    assert found.elo == pytest.approx(truth, abs=10)
    assert (found.high - found.low)[1:].max() < 25 and found.elo[0] == 0


def test_the_anchor_only_moves_the_zero() -> None:
    counts = _dice([0.0, 200.0, 300.0], 100, seed=2)
    first, last = rate(counts, anchor=0), rate(counts, anchor=2)
    assert first.elo - first.elo[2] == pytest.approx(last.elo)
    assert (last.elo[2], last.low[2], last.high[2]) == (0, 0, 0)


def test_the_limits_hold_the_truth_nearly_always() -> None:
    """95 % limits of 30 ladders of 4 players with 15 openings a pairing: 90 ratings."""
    truth = np.array([0.0, 100.0, 250.0, 300.0])
    inside = 0
    for seed in range(30):
        found = rate(_dice(truth.tolist(), 15, seed), anchor=0)
        inside += int(((found.low <= truth) & (truth <= found.high))[1:].sum())
    assert 0.87 * 90 <= inside <= 0.99 * 90


def test_who_wins_everything_has_a_finite_rating_and_a_lower_limit() -> None:
    counts = np.zeros((2, 2, 5), np.int64)
    counts[0, 1, 0] = 10
    found = rate(counts, anchor=0)
    assert 400 < found.elo[1] < 1000
    assert found.low[1] < found.elo[1] <= found.high[1]
    counts[0, 1, 0] = 100
    assert rate(counts, anchor=0).elo[1] > found.elo[1] + 200


def test_a_draw_is_half_a_win() -> None:
    drawn, shared = np.zeros((2, 2, 2, 5), np.int64)
    drawn[0, 1, 3] = 40  # a win and a draw from each opening
    shared[0, 1, 4] = shared[0, 1, 2] = 20
    assert rate(drawn, 1).elo == pytest.approx(rate(shared, 1).elo)
    assert rate(drawn, 1).elo[0] == pytest.approx(400 * np.log10(60 / 20), abs=10)


COUNTS = arrays(np.int64, (3, 3, 5), elements=st.integers(0, 30)).map(
    lambda counts: counts * np.triu(np.ones((3, 3), np.int64), 1)[:, :, None]
)


@settings(deadline=None, max_examples=15)
@given(COUNTS)
def test_any_results_have_ratings(counts: NDArray[np.int64]) -> None:
    """Also none at all, and players who never met."""
    found = rate(counts, anchor=0)
    again = rate(counts, anchor=0)
    for numbers, same in zip(found.__dict__.values(), again.__dict__.values(), strict=True):
        assert np.isfinite(numbers).all() and np.array_equal(numbers, same)
    assert (found.low <= found.elo).all() and (found.elo <= found.high).all()


def _uncertain(counts: NDArray[np.int64]) -> float:
    found: Ratings = rate(counts, anchor=0)
    return float((found.high - found.low).sum())


def test_games_go_where_ratings_are_close_and_uncertain() -> None:
    truth = [0.0, 50.0, 900.0, 950.0]
    counts = _dice(truth, 20, seed=4)
    assert set(next_pairings(counts, [0, 1, 2, 3], 2, games=20)) == {(0, 1), (2, 3)}
    counts[2, 3] *= 50  # these two are settled
    assert next_pairings(counts, [0, 1, 2, 3], 1, games=20) == [(0, 1)]
    newcomer = np.zeros((5, 5, 5), np.int64)
    newcomer[:4, :4] = counts
    assert all(4 in pair for pair in next_pairings(newcomer, [0, 1, 2, 3, 4], 2, games=20))


def test_only_those_who_are_active_are_paired() -> None:
    counts = _dice([0.0, 100.0, 200.0, 300.0], 10, seed=5)
    assert set(next_pairings(counts, [1, 3], 5, games=20)) == {(1, 3)}
    assert next_pairings(counts, [2], 5, games=20) == []


def test_chosen_games_teach_more_than_the_same_number_for_everybody() -> None:
    truth = [0.0, 300.0, 600.0, 900.0, 1200.0]
    rng = np.random.default_rng(6)
    even = _dice(truth, 10, seed=6)
    chosen = even.copy()
    for _ in range(10):
        for i, j in next_pairings(chosen, list(range(5)), 5, games=20):
            won = rng.random((10, 2)) < expected(truth[i] - truth[j])
            chosen[i, j] += np.bincount(2 * won.sum(axis=1), minlength=5)
    even += _dice(truth, 50, seed=7)  # 10 pairings, as many openings as the 50 chosen meetings
    assert chosen.sum() == even.sum()
    assert _uncertain(chosen) < 0.9 * _uncertain(even)
