"""The sequential test: published figures, its own laws, and matches played with dice."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actor.contest import HEAT
from actor.sprt import LOWER, SCORES, UPPER, Sprt, _most_likely, expected, parse_sprt
from engine.errors import ConfigError

PAIRS = st.lists(st.integers(0, 2000), min_size=5, max_size=5)
TESTS = st.tuples(st.floats(-300, 300), st.floats(0.5, 200)).map(lambda t: Sprt(t[0], t[0] + t[1]))


def _decided(rng: np.random.Generator, test: Sprt, elo: float, draws: float = 0.3) -> str:
    """A match between players `elo` apart, looked at after each heat, as `contest` does.

    Every opening favours one side by a fifth of a point, so the games of a pair hang together.
    """
    pairs = np.zeros(5)
    while (verdict := test.verdict(tuple(pairs))).decision == "undecided":
        assert pairs.sum() < 20_000
        bias = rng.choice([-0.2, 0.2], HEAT)
        points = np.zeros(HEAT, np.int64)
        for side in (1, -1):
            share = expected(elo) + side * bias
            half = np.minimum(share, 1 - share) * draws
            dice = rng.random(HEAT)
            points += (dice < share - half) * 2 + ((dice >= share - half) & (dice < share + half))
        pairs += np.bincount(points, minlength=5)
    return verdict.decision


@pytest.mark.parametrize(("elo", "wanted"), [(120, "H1"), (60, "H1"), (0, "H0"), (-60, "H0")])
def test_it_finds_out_who_is_stronger(elo: float, wanted: str) -> None:
    """At the hypotheses themselves at most one match in twenty ends wrongly, beyond them fewer."""
    rng = np.random.default_rng(11)
    decisions = Counter(_decided(rng, Sprt(0, 60), elo) for _ in range(300))
    assert decisions[wanted] >= (0.94 if elo in (0, 60) else 0.99) * 300


def test_between_the_hypotheses_it_may_say_either() -> None:
    rng = np.random.default_rng(3)
    decisions = Counter(_decided(rng, Sprt(0, 60), 30) for _ in range(100))
    assert min(decisions["H0"], decisions["H1"]) > 25


def test_a_clear_match_is_shorter_than_a_close_one() -> None:
    test = Sprt(0, 20)
    assert test.verdict((0, 0, 0, 10, 90)).decision == "H1"
    assert test.verdict((20, 0, 60, 0, 20)).decision == "undecided"
    assert test.verdict((90, 10, 0, 0, 0)).decision == "H0"


@pytest.mark.parametrize(
    ("test", "pairs", "llr"),
    [  # from the tests of fastchess, app/tests/sprt_test.cpp, "logistic pentanomial" 1 and 2
        (Sprt(0.5, 2.5), (223, 9863, 21279, 10037, 246), -3.07),
        (Sprt(0, 2), (871, 26175, 55983, 26678, 821), -4.98),
    ],
)
def test_published_figures(test: Sprt, pairs: tuple[int, ...], llr: float) -> None:
    assert test.llr(pairs) == pytest.approx(llr, abs=0.005)


def test_the_bounds_are_walds() -> None:
    assert pytest.approx(2.9444, abs=1e-4) == UPPER == -LOWER


@given(st.lists(st.floats(0.001, 1), min_size=5, max_size=5), st.floats(0.01, 0.99))
def test_the_most_likely_distribution_has_the_score(weights: list[float], score: float) -> None:
    """It is a distribution with that mean, and no other of them makes the shares likelier."""
    shares = np.array(weights) / sum(weights)
    found = np.array(_most_likely(shares.tolist(), score))
    assert (found > 0).all() and found.sum() == pytest.approx(1, abs=1e-6)
    assert found @ np.array(SCORES) == pytest.approx(score, abs=1e-6)
    likelihood = float(shares @ np.log(found))
    for step in np.array([[1, -2, 1, 0, 0], [0, 1, -2, 1, 0], [0, 0, 1, -2, 1]]) * 1e-4:
        for other in (found + step, found - step):  # still a distribution with that mean
            if (other > 0).all():
                assert float(shares @ np.log(other)) <= likelihood + 1e-9


@given(TESTS, PAIRS)
def test_both_players_read_the_same(test: Sprt, pairs: list[int]) -> None:
    """Seen from the other side, the match tells the opposite of the mirrored hypotheses."""
    mirrored = Sprt(-test.elo1, -test.elo0)
    assert test.llr(pairs) == pytest.approx(-mirrored.llr(pairs[::-1]), abs=1e-6, rel=1e-6)


@given(TESTS, PAIRS)
def test_a_better_result_speaks_for_the_stronger_hypothesis(test: Sprt, pairs: list[int]) -> None:
    """One pair less at the bottom and one more at the top."""
    if pairs[0] > 1:
        better = [pairs[0] - 1, *pairs[1:4], pairs[4] + 1]
        assert test.llr(better) > test.llr(pairs)


def test_nothing_played_says_nothing() -> None:
    verdict = Sprt(0, 10).verdict((0, 0, 0, 0, 0))
    assert (verdict.llr, verdict.decision) == (0, "undecided")
    assert verdict.as_dict()["bounds"] == [LOWER, UPPER]


@given(st.floats(-900, 900), st.floats(-900, 900))
def test_any_two_ordered_numbers_are_a_test(elo0: float, elo1: float) -> None:
    text = f"{elo0!r},{elo1!r}"
    if elo0 < elo1:
        assert parse_sprt(text) == Sprt(elo0, elo1)
    else:
        with pytest.raises(ConfigError, match="must be"):
            parse_sprt(text)


@pytest.mark.parametrize("text", ["", "5", "0,1,2", "a,b", "nan,5", "0,inf", "-2000,0", "5,0"])
def test_other_texts_are_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match=f"--sprt '{text}'"):
        parse_sprt(text)


def test_expected_scores() -> None:
    assert expected(0) == 0.5
    assert expected(400) == pytest.approx(10 / 11) and expected(-400) == pytest.approx(1 / 11)
    assert math.isclose(expected(70) + expected(-70), 1)
