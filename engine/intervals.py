"""How certain a share is: 95 % intervals of counted games."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

RESAMPLES = 10_000


def wilson(points: float, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share (Wilson, 1927); (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    share = points / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials)
    half *= math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    # At the ends the sums are 0 and 1 but for rounding; the interval must hold the share itself.
    return max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share))


def bootstrap(pairs: Sequence[int]) -> tuple[float, float]:
    """95 % percentile interval of the score over openings drawn with replacement (Efron, 1979).

    `pairs[k]` openings gave k half points of 4. The two games of an opening are kept together, for
    they are not independent: an opening that favours one side gives each player a win, and says
    little. Where all pairs ended alike there is nothing to draw from; then it is Wilson's interval
    with one trial a pair. The same counts give the same interval.
    """
    total = sum(pairs)
    shares = np.array(pairs, np.float64) / max(total, 1)
    if not total or shares.max() == 1:
        return wilson(float(np.arange(5) @ shares) / 4 * total, total)
    drawn = np.random.default_rng(0).multinomial(total, shares, RESAMPLES)
    low, high = np.quantile(drawn @ np.arange(5) / (4 * total), [0.025, 0.975])
    return float(low), float(high)
