"""The choice: the fastest that agrees, the reason for every other one, and never a wrong answer."""

from __future__ import annotations

import logging
from importlib.util import find_spec

import numpy as np
import pytest

from engine.config import EvaluatorSettings
from engine.errors import ConfigError, ModelError, StorageError
from engine.evaluator import Evaluator, backends, choose
from engine.evaluator.agreement import WORST_KL, WORST_VALUE, Positions
from engine.evaluator.choose import Chooser, rates
from engine.evaluator.onnx import OnnxEvaluator
from engine.evaluator.report import Candidate, Report
from engine.games import find
from tests.engine.evaluator.networks import conv_model, positions_of
from tests.models import linear_model

GAME = find("connect4")
POSITIONS = positions_of(GAME, 200)
NO_CUDA = "no GPU here"
SPEEDS = {"openvino-int8": 9.0, "openvino-bf16": 5.0, "openvino-fp32": 3.0, "onnxruntime": 2.0}

needs_openvino = pytest.mark.skipif(
    find_spec("openvino") is None, reason="./scripts/setup installs it"
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often positions were asked for, on a machine that has all backends but CUDA."""
    monkeypatch.setattr(choose, "unavailable", lambda name: NO_CUDA if name == "cuda" else "")
    return []


@pytest.fixture
def speeds(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """What a measurement finds; a test may change it."""
    known = dict(SPEEDS)

    def measured(evaluators: dict[str, Evaluator], observations: np.ndarray) -> dict[str, float]:
        assert observations.shape == (64, *GAME.planes)
        return {name: known[name] for name in evaluators}

    monkeypatch.setattr(choose, "rates", measured)
    return known


def chooser(asked: list[int], **settings: object) -> Chooser:
    def positions() -> Positions:
        asked.append(1)
        return POSITIONS

    return Chooser(GAME, EvaluatorSettings.model_validate(settings), 64, positions)


def of(report: Report, backend: str) -> Candidate:
    (candidate,) = (c for c in report.candidates if c.backend == backend)
    return candidate


@needs_openvino
def test_the_fastest_that_agrees_is_taken(
    asked: list[int], speeds: dict[str, float], caplog: pytest.LogCaptureFixture
) -> None:
    data = conv_model(GAME)
    with caplog.at_level(logging.INFO):
        opened = chooser(asked).open(data)
    assert opened.backend == "openvino-int8" and opened.card.step == 7
    assert [c.backend for c in opened.report.candidates] == [*SPEEDS, "cuda"]
    assert [c.positions_per_second for c in opened.report.candidates] == [9.0, 5.0, 3.0, 2.0, None]
    agreement = of(opened.report, "openvino-int8").agreement
    assert agreement and agreement.positions == 100 and 0 < agreement.policy_kl < 0.01
    assert f"step 7 is judged by openvino-int8: {agreement}" in caplog.text
    assert "openvino-int8 9, openvino-bf16 5, openvino-fp32 3, onnxruntime 2" in caplog.text
    assert f"not available here: cuda: {NO_CUDA}" in caplog.text
    found, _ = opened.evaluator.evaluate(POSITIONS.observations[:9])
    exact, _ = OnnxEvaluator(GAME, data).evaluate(POSITIONS.observations[:9])
    assert 0 < np.abs(found - exact).max() < 0.1
    unused = of(opened.report, "openvino-bf16")
    assert unused == Candidate("openvino-bf16", "unused", "openvino-int8 is faster", 5.0)
    assert of(opened.report, "cuda") == Candidate("cuda", "unavailable", NO_CUDA)


@needs_openvino
def test_one_that_does_not_agree_is_refused_for_that_model_only(
    asked: list[int], speeds: dict[str, float], caplog: pytest.LogCaptureFixture
) -> None:
    opener = chooser(asked)
    spoilt = opener.open(conv_model(GAME, spoilt=1e5))  # no scale fits all weights of a channel
    assert spoilt.backend == "openvino-bf16"
    refused = of(spoilt.report, "openvino-int8")
    assert refused.outcome == "refused" and refused.reason.startswith("policy KL ")
    assert refused.reason.endswith(" > 0.01")
    assert refused.agreement and refused.agreement.policy_kl > 0.1
    assert f"step 7: openvino-int8 is refused: {refused.reason}" in caplog.text
    assert opener.open(conv_model(GAME, step=8)).backend == "openvino-int8"


@needs_openvino
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_diverged_model_has_every_approximation_refused_with_figures(
    bad: float, asked: list[int], speeds: dict[str, float]
) -> None:
    opened = chooser(asked).open(conv_model(GAME, spoilt=bad))
    assert opened.backend == "onnxruntime"
    for backend in ("openvino-int8", "openvino-bf16", "openvino-fp32"):
        refused = of(opened.report, backend)
        assert refused.outcome == "refused"
        assert refused.reason == "policy KL 1e+02 > 0.01, value error 2 > 0.03, top-1 0.0% < 95.0%"
        agreement = refused.agreement
        assert agreement and agreement.policy_kl == WORST_KL and agreement.top1 == 0
        assert agreement.value_error == WORST_VALUE
    logits, _ = opened.evaluator.evaluate(POSITIONS.observations[:3])
    assert not np.isfinite(logits).any()  # whoever searches with it is told


@needs_openvino
@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ({"max_policy_kl": 0.0}, "policy KL"),
        ({"max_value_error": 0.0}, "value error"),
    ],
)
def test_every_limit_of_the_settings_refuses(
    limit: dict[str, float], reason: str, asked: list[int], speeds: dict[str, float]
) -> None:
    opened = chooser(asked, **limit).open(conv_model(GAME))
    assert of(opened.report, "openvino-int8").reason.startswith(reason)
    assert of(opened.report, "openvino-bf16").reason.startswith(reason)


@needs_openvino
def test_speeds_are_measured_once_per_architecture(
    asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[list[str]] = []
    loaded: list[str] = []
    load = backends.load

    def noted(evaluators: dict[str, Evaluator], observations: np.ndarray) -> dict[str, float]:
        measured.append(list(evaluators))
        return {name: SPEEDS[name] for name in evaluators}

    def noted_load(backend: str, *rest: object) -> Evaluator:
        loaded.append(backend)
        return load(backend, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(choose, "rates", noted)
    monkeypatch.setattr(choose, "load", noted_load)
    opener = chooser(asked)
    for step in (1, 2, 3):
        assert opener.open(conv_model(GAME, step=step)).backend == "openvino-int8"
    assert len(measured) == 1 and sorted(measured[0]) == sorted(SPEEDS)
    assert loaded[3:] == ["openvino-int8"] * 2  # only the chosen one is made and compared again
    assert len(asked) == 3
    opener.open(conv_model(GAME, blocks=1))
    assert len(measured) == 2


@needs_openvino
def test_the_reference_stays_unless_another_one_is_worth_it(
    asked: list[int], speeds: dict[str, float]
) -> None:
    speeds.update(dict.fromkeys(SPEEDS, 2.05), onnxruntime=2.0)
    opened = chooser(asked).open(conv_model(GAME))
    assert opened.backend == "onnxruntime"
    assert of(opened.report, "onnxruntime").agreement is None
    reason = of(opened.report, "openvino-int8").reason
    assert reason == "hardly faster than onnxruntime, which is exact"


@needs_openvino
def test_what_a_library_cannot_run_is_refused_with_its_words(
    asked: list[int], speeds: dict[str, float], caplog: pytest.LogCaptureFixture
) -> None:
    opened = chooser(asked).open(linear_model(GAME))
    refused = of(opened.report, "openvino-int8")
    assert refused.outcome == "refused" and "no layer between two ReLUs" in refused.reason
    assert "openvino-int8 cannot run linear: it has no layer" in caplog.text
    assert opened.backend == "openvino-bf16"


def test_a_failure_of_a_library_while_it_is_compared_is_a_refusal(
    asked: list[int], speeds: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Breaking:
        calls = 0

        def evaluate(self, observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            Breaking.calls += 1
            if Breaking.calls > 1:
                raise RuntimeError("Exception from core.cpp:105:\nout of tiles\n\n")
            return np.zeros((64, 7), np.float32), np.zeros((64, 3), np.float32)

    monkeypatch.setattr(
        choose, "unavailable", lambda name: "" if name in ("onnxruntime", "cuda") else "off"
    )
    monkeypatch.setattr(choose, "load", lambda *_: Breaking())
    speeds["cuda"] = 100.0
    opened = chooser(asked).open(conv_model(GAME))
    assert opened.backend == "onnxruntime"
    assert of(opened.report, "cuda").reason == "out of tiles"


def test_without_any_other_backend_nothing_is_compared(
    asked: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    missing = "openvino is not installed; pip install 'cartridge2[fast]'"
    monkeypatch.setattr(
        choose, "unavailable", lambda name: "" if name == "onnxruntime" else missing
    )
    with caplog.at_level(logging.INFO):
        opened = chooser(asked).open(conv_model(GAME))
    assert opened.backend == "onnxruntime" and asked == []
    assert of(opened.report, "openvino-int8") == Candidate("openvino-int8", "unavailable", missing)
    assert f"openvino-int8: {missing}" in caplog.text


@needs_openvino
@pytest.mark.parametrize("backend", ["openvino-fp32", "openvino-bf16", "openvino-int8"])
def test_one_that_is_asked_for_is_compared_and_taken(backend: str, asked: list[int]) -> None:
    opened = chooser(asked, backend=backend).open(conv_model(GAME))
    assert opened.backend == backend and len(asked) == 1
    assert of(opened.report, backend).agreement is not None
    assert of(opened.report, "onnxruntime").reason == f"{backend} is asked for"


@needs_openvino
def test_one_that_is_asked_for_but_disagrees_gives_way(asked: list[int]) -> None:
    opened = chooser(asked, backend="openvino-int8").open(conv_model(GAME, spoilt=1e5))
    assert [c.backend for c in opened.report.candidates] == ["openvino-int8", "onnxruntime"]
    assert [c.outcome for c in opened.report.candidates] == ["refused", "in use"]


def test_onnxruntime_is_taken_when_it_is_asked_for(asked: list[int]) -> None:
    opened = chooser(asked, backend="onnxruntime").open(conv_model(GAME))
    assert opened.report.candidates == (Candidate("onnxruntime", "in use"),)
    assert asked == []


def test_a_backend_that_is_missing_cannot_be_asked_for(asked: list[int]) -> None:
    with pytest.raises(ConfigError, match=f"evaluator.backend = 'cuda' cannot be used: {NO_CUDA}"):
        chooser(asked, backend="cuda")


@pytest.mark.parametrize("backend", ["auto", "onnxruntime"])
def test_what_is_no_model_of_this_game_is_refused(backend: str, asked: list[int]) -> None:
    opener = chooser(asked, backend=backend)
    with pytest.raises(ModelError, match="not a complete ONNX model"):
        opener.open(conv_model(GAME)[:1000])
    with pytest.raises(ModelError, match="plays tictactoe, this run plays connect4"):
        opener.open(conv_model(find("tictactoe")))
    with pytest.raises(ModelError, match=r"shapes are .*\[2, 3, 3\].*connect4 needs"):
        opener.open(linear_model(find("tictactoe"), game="connect4", rules_version=GAME.version))
    assert asked == []


@needs_openvino
def test_a_damaged_replay_is_nobodys_refusal(asked: list[int]) -> None:
    def damaged() -> Positions:
        raise StorageError("game 3 is damaged")

    with pytest.raises(StorageError, match="game 3 is damaged"):
        Chooser(GAME, EvaluatorSettings(), 64, damaged).open(conv_model(GAME))


def test_the_faster_one_has_the_higher_rate() -> None:
    class Slow:
        def __init__(self, evaluator: Evaluator, times: int) -> None:
            self._evaluator = evaluator
            self._times = times

        def evaluate(self, observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            for _ in range(self._times):
                answer = self._evaluator.evaluate(observations)
            return answer

    evaluator = OnnxEvaluator(GAME, conv_model(GAME))
    found = rates(
        {"twenty": Slow(evaluator, 20), "one": Slow(evaluator, 1)}, POSITIONS.observations[:64]
    )
    assert found["one"] > found["twenty"] > 0
