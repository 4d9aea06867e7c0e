"""Agreement: exact figures for known answers, and nothing that is not a number passes."""

from __future__ import annotations

import numpy as np
import pytest

from engine.config import EvaluatorSettings
from engine.evaluator.agreement import (
    WORST_KL,
    WORST_VALUE,
    Answers,
    ask,
    compare,
    objections,
)
from engine.evaluator.onnx import OnnxEvaluator
from engine.evaluator.report import Agreement
from engine.games import find
from tests.engine.evaluator.networks import positions_of
from tests.models import linear_model

LIMITS = EvaluatorSettings()


def answers(policy: list[list[float]], value: list[float]) -> Answers:
    with np.errstate(divide="ignore"):
        return Answers(np.log(np.array(policy)), np.array(value))


def all_legal(found: Answers) -> np.ndarray:
    return np.ones(found.logits.shape, np.bool_)


SURE = answers([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]], [0.5, -1.0])


def test_the_same_answers_agree_entirely() -> None:
    assert compare(SURE, SURE, all_legal(SURE)) == Agreement(2, 0.0, 0.0, 1.0)


def test_known_differences_have_known_figures() -> None:
    other = answers([[0.25, 0.5, 0.25], [0.1, 0.8, 0.1]], [0.25, -0.75])
    found = compare(SURE, other, all_legal(SURE))
    assert found.policy_kl == pytest.approx((0.5 * np.log(2) + 0.25 * np.log(0.5)) / 2)
    assert found.value_error == pytest.approx(0.25)
    assert found.top1 == 0.5


def test_illegal_actions_do_not_count() -> None:
    legal = all_legal(SURE)
    legal[:, 2] = False
    wild = Answers(SURE.logits.copy(), SURE.value)
    wild.logits[:, 2] = [1e30, np.nan]
    assert compare(SURE, wild, legal) == Agreement(2, 0.0, 0.0, 1.0)
    assert compare(SURE, wild, all_legal(SURE)).top1 == 0.0


def test_of_equally_likely_actions_each_is_as_good() -> None:
    tied = answers([[0.4, 0.395, 0.205]] * 2, [0.0] * 2)
    other = answers([[0.395, 0.4, 0.205], [0.3, 0.3, 0.4]], [0.0] * 2)
    assert compare(tied, other, all_legal(tied)).top1 == 0.5


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_what_is_not_finite_disagrees(bad: float, side: str) -> None:
    spoilt = Answers(SURE.logits.copy(), SURE.value.copy())
    spoilt.logits[0] = bad
    spoilt.value[0] = bad
    pair = (spoilt, SURE) if side == "reference" else (SURE, spoilt)
    found = compare(*pair, all_legal(SURE))
    assert found.policy_kl == WORST_KL / 2
    assert found.value_error == WORST_VALUE / 2
    assert found.top1 == 0.5
    assert objections(found, LIMITS) == (
        "policy KL 50 > 0.01, value error 1 > 0.03, top-1 50.0% < 95.0%"
    )


def test_an_impossible_move_counts_dearly_but_finitely() -> None:
    other = answers([[1e-300, 0.5, 0.5], [0.1, 0.8, 0.1]], [0.5, -1.0])
    assert 20 < compare(SURE, other, all_legal(SURE)).policy_kl < WORST_KL


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Agreement(9, 0.01, 0.03, 0.95), ""),
        (Agreement(9, 0.011, 0.0, 1.0), "policy KL 0.011 > 0.01"),
        (Agreement(9, 0.0, 0.04, 1.0), "value error 0.04 > 0.03"),
        (Agreement(9, 0.0, 0.0, 0.9), "top-1 90.0% < 95.0%"),
    ],
)
def test_each_limit_is_kept(found: Agreement, words: str) -> None:
    assert objections(found, LIMITS) == words


@pytest.mark.parametrize("batch", [1, 7, 32, 500])
def test_all_positions_are_asked_whatever_the_batch(batch: int) -> None:
    game = find("connect4")
    evaluator = OnnxEvaluator(game, linear_model(game))
    positions = positions_of(game, 60)
    found = ask(evaluator, positions, batch)
    logits, wdl = evaluator.evaluate(positions.observations)
    assert np.allclose(found.logits, logits, atol=1e-5)
    assert np.allclose(found.value, wdl[:, 0] - wdl[:, 2], atol=1e-5)


def test_halves_share_no_position() -> None:
    positions = positions_of(find("connect4"), 9)
    one, other = positions.halves()
    assert len(one.legal) == len(one.observations) == 5
    assert len(other.legal) == len(other.observations) == 4
    assert np.array_equal(one.observations, positions.observations[::2])
    assert np.array_equal(other.legal, positions.legal[1::2])
