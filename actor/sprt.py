"""When to stop a match: a sequential test on pairs of games that share an opening.

H0 says that the first player is `elo0` stronger (logistic Elo, per game), H1 that he is `elo1`
stronger. The logarithm of the likelihood ratio is followed pair by pair until it leaves Wald's
bounds; then at most `ALPHA` of the matches in which H0 holds end with H1, and `BETA` the other way.

A pair ends in one of five ways, 0 to 4 half points, and the two games of a pair are not
independent, so the likelihoods are those of pairs (the "pentanomial" model). Nothing is assumed
about how likely the five are: under each hypothesis the most likely distribution with the expected
score s is taken (a generalised test, GSPRT). With the shares f of what was seen it is

    p_i = f_i / (1 + x (a_i - s)),    x the root of  sum f_i (a_i - s) / (1 + x (a_i - s)) = 0

with a_i = i / 4 the score of a pair (M. Van den Bergh, "The generalized maximum likelihood ratio
for the expectation value of a distribution", proposition 1.1, support_MLE_multinomial.pdf at
cantate.be/Fishtest; the test of Stockfish's fishtest). Wald, Sequential tests of statistical
hypotheses (1945), gives the bounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.errors import ConfigError

ALPHA = BETA = 0.05
LOWER, UPPER = math.log(BETA / (1 - ALPHA)), math.log((1 - BETA) / ALPHA)
SCORES = (0.0, 0.25, 0.5, 0.75, 1.0)
UNSEEN = 1e-3
"""Counted for an outcome that has not happened, as fishtest does: none is impossible."""
MOST_ELO = 1000.0


@dataclass(frozen=True)
class Verdict:
    """How a test stands: the log likelihood ratio, its bounds, and what they say."""

    llr: float
    decision: Literal["H0", "H1", "undecided"]
    elo0: float
    elo1: float

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "elo0": self.elo0,
            "elo1": self.elo1,
            "alpha": ALPHA,
            "beta": BETA,
            "llr": self.llr,
            "bounds": [LOWER, UPPER],
            "decision": self.decision,
        }


@dataclass(frozen=True)
class Sprt:
    """A test of `elo1` against `elo0`; elo0 < elo1."""

    elo0: float
    elo1: float

    def llr(self, pairs: Sequence[float]) -> float:
        """The log likelihood ratio of H1 to H0; `pairs[k]` pairs gave k half points, 0 <= k <= 4.

        0 where nothing was played.
        """
        if not sum(pairs):
            return 0.0
        counts = [count or UNSEEN for count in pairs]
        total = sum(counts)
        shares = [count / total for count in counts]
        under0, under1 = (_most_likely(shares, expected(elo)) for elo in (self.elo0, self.elo1))
        ratios = zip(counts, under0, under1, strict=True)
        return sum(count * math.log(p1 / p0) for count, p0, p1 in ratios)

    def verdict(self, pairs: Sequence[float]) -> Verdict:
        """What can be said after these pairs; see `llr`."""
        llr = self.llr(pairs)
        decision: Literal["H0", "H1", "undecided"] = "undecided"
        if llr <= LOWER:
            decision = "H0"
        elif llr >= UPPER:
            decision = "H1"
        return Verdict(llr, decision, self.elo0, self.elo1)


def parse_sprt(text: str) -> Sprt:
    """Read `ELO0,ELO1`; raises ConfigError where that is no test."""
    try:
        elo0, elo1 = (float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(f"--sprt {text!r} is not two numbers ELO0,ELO1, such as 0,30") from None
    if not -MOST_ELO <= elo0 < elo1 <= MOST_ELO:
        raise ConfigError(
            f"--sprt {text!r}: it must be -{MOST_ELO:g} <= ELO0 < ELO1 <= {MOST_ELO:g}"
        )
    return Sprt(elo0, elo1)


def expected(elo: float) -> float:
    """The expected score of a player who is `elo` stronger, on the logistic scale."""
    return 1 / (1 + 10 ** (-elo / 400))


def _most_likely(shares: Sequence[float], score: float) -> list[float]:
    """The distribution over SCORES with mean `score` under which `shares` are most likely."""
    distances = [a - score for a in SCORES]

    def slope(x: float) -> float:
        return sum(f * d / (1 + x * d) for f, d in zip(shares, distances, strict=True))

    # Between the poles, where every 1 + x d is positive, the slope falls from +inf to -inf.
    low, high = -1 / distances[-1], -1 / distances[0]
    for _ in range(200):
        x = (low + high) / 2
        if x in (low, high):
            break
        if slope(x) > 0:
            low = x
        else:
            high = x
    return [f / (1 + x * d) for f, d in zip(shares, distances, strict=True)]
