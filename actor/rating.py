"""Ratings of a ladder: Bradley-Terry in Elo, intervals by bootstrap, and whom to let meet next.

Player i scores against j what 1 / (1 + 10 ** ((r_j - r_i) / 400)) says; a draw is half a win. The
ratings r are the most likely ones (Bradley and Terry, Biometrika 39 (1952); found by `choix`). As a
prior every player has drawn one game with a virtual player of free rating: without it a player who
won everything would have no rating, and with many games it changes nothing.

`counts int64[n, n, 5]` are the results: counts[i, j, k] openings gave i k of 4 half points against
j in the two games played from them, for i < j; the rest is 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import CartridgeError

ELO = 400 / math.log(10)
"""Elo points of a factor e in strength."""
RESAMPLES = 200
MOST_STEPS = 10_000
HALF_POINTS = np.arange(5)


@dataclass(frozen=True)
class Ratings:
    """Elo of n players, `float64[n]` each, and 95 % limits; the anchor has 0 without any doubt.

    Who has won everything has no upper limit but the prior's, who has lost everything no lower one.
    """

    elo: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def rate(counts: NDArray[np.int64], anchor: int, seed: int = 0) -> Ratings:
    """The ratings of all players, that of `anchor` 0; the same counts give the same ratings.

    The limits are percentiles of ratings after drawing the openings of each pairing anew (Efron,
    1979), with one more opening in the pot that ends as the ratings expect, so that a pairing of
    few and equal results is not taken for certain.
    """
    strengths = _fit(_points(counts))
    rng = np.random.default_rng(seed)
    samples = np.array(
        [_fit(_points(_redrawn(counts, strengths, rng)), strengths) for _ in range(RESAMPLES)]
    )
    relative = ELO * (samples - samples[:, [anchor]])[:, :-1]
    low, high = np.quantile(relative, [0.025, 0.975], axis=0)
    elo = ELO * (strengths - strengths[anchor])[:-1]
    return Ratings(elo, np.minimum(low, elo), np.maximum(high, elo))


def next_pairings(
    counts: NDArray[np.int64], active: list[int], meetings: int, games: int
) -> list[tuple[int, int]]:
    """The most informative `meetings` pairings (i < j) among the `active`, of `games` games each.

    One after the other, each the pairing whose games make the ratings most certain: by how much
    they raise the determinant of the information matrix (D-optimal design). That is so where two
    ratings are close, p (1 - p) being large, and their difference is uncertain. A pairing that was
    chosen counts as played for the next choice.
    """
    points = _points(counts)
    strengths = _fit(points)
    played = points + points.T
    shares = _expected(strengths)
    weights = shares * (1 - shares)
    chosen = []
    candidates = [(i, j) for i in active for j in active if i < j]
    for _ in range(meetings if candidates else 0):
        laplacian = np.diag((played * weights).sum(axis=1)) - played * weights
        covariance = np.linalg.pinv(laplacian, hermitian=True)
        spread = np.diag(covariance)
        variance = spread[:, None] + spread - 2 * covariance
        i, j = max(candidates, key=lambda pair: (weights * variance)[pair])
        played[i, j] += games
        played[j, i] += games
        chosen.append((i, j))
    return chosen


def _points(counts: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.float64]:
    """What each player took from each, `float64[n + 1, n + 1]`; the last is the virtual player."""
    n = len(counts)
    openings = counts.sum(axis=2)
    won = counts @ HALF_POINTS / 2
    points = np.full((n + 1, n + 1), 0.5)
    points[:n, :n] = won + (2 * openings - won).T
    points[n, n] = 0
    return points


def _fit(
    points: NDArray[np.float64], start: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """The most likely logarithms of strengths, `float64[n + 1]`."""
    import choix  # it brings scipy, which a self-play process need not load

    try:
        return choix.ilsr_pairwise_dense(points, initial_params=start, max_iter=MOST_STEPS)
    except RuntimeError as error:
        raise CartridgeError(f"no ratings of {len(points) - 1} players found: {error}") from None


def _expected(strengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """The score that each player expects against each, `float64[n + 1, n + 1]`."""
    return 1 / (1 + np.exp(strengths - strengths[:, None]))


def _redrawn(
    counts: NDArray[np.int64], strengths: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    drawn = np.zeros_like(counts)
    shares = _expected(strengths)
    for i, j in zip(*np.nonzero(counts.sum(axis=2)), strict=True):
        total, p = counts[i, j].sum(), shares[i, j]
        pot = counts[i, j] + np.array([(1 - p) ** 2, 0, 2 * p * (1 - p), 0, p * p])
        drawn[i, j] = rng.multinomial(total, pot / (total + 1))
    return drawn
