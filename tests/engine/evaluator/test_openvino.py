"""OpenVINO: the answers of ONNX Runtime, on one thread that may run on any core."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from engine.cli import cores
from engine.evaluator import openvino
from engine.evaluator.agreement import ask, compare
from engine.evaluator.backends import load, names, unavailable
from engine.evaluator.onnx import OnnxEvaluator
from engine.games import find
from tests.engine.evaluator.networks import conv_model, positions_of

pytestmark = pytest.mark.skipif(find_spec("openvino") is None, reason="./scripts/setup installs it")

GAME = find("connect4")
POSITIONS = positions_of(GAME)
ROOT = Path(__file__).resolve().parents[3]
BACKENDS = [name for name in names() if name.startswith("openvino")]


def loaded(backend: str, data: bytes, batch: int = 32) -> openvino.OpenVinoEvaluator:
    reason = unavailable(backend)
    if reason:
        pytest.skip(reason)
    evaluator = load(backend, GAME, data, batch, POSITIONS.observations)
    assert isinstance(evaluator, openvino.OpenVinoEvaluator)
    return evaluator


@pytest.mark.parametrize(
    ("backend", "most_kl"),
    [("openvino-fp32", 1e-9), ("openvino-bf16", 1e-3), ("openvino-int8", 1e-3)],
)
def test_answers_are_those_of_the_reference(backend: str, most_kl: float) -> None:
    data = conv_model(GAME)
    expected = ask(OnnxEvaluator(GAME, data), POSITIONS, 32)
    found = compare(expected, ask(loaded(backend, data), POSITIONS, 32), POSITIONS.legal)
    assert found.policy_kl < most_kl and found.value_error < 0.01 and found.top1 > 0.97
    if backend != "openvino-fp32":
        assert found.value_error > 1e-6, "these are other numbers, not fp32 under another name"


@pytest.mark.parametrize("backend", BACKENDS)
def test_batches_of_any_size_are_answered_in_order(backend: str) -> None:
    evaluator = loaded(backend, conv_model(GAME, blocks=1))
    alone = np.concatenate([evaluator.evaluate(o[None])[0].copy() for o in POSITIONS.observations])
    for count in (96, 1, 33, 96):
        logits, wdl = evaluator.evaluate(POSITIONS.observations[:count])
        assert logits.shape == (count, 7) and wdl.shape == (count, 3)
        assert np.abs(logits - alone[:count]).max() < 0.05
        assert np.allclose(wdl.sum(axis=1), 1, atol=1e-5)


def test_answers_are_written_to_the_same_place() -> None:
    evaluator = loaded("openvino-fp32", conv_model(GAME))
    first = evaluator.evaluate(POSITIONS.observations[:32])
    before = first[0].copy()
    second = evaluator.evaluate(POSITIONS.observations[32:64])
    assert [a.ctypes.data for a in first] == [a.ctypes.data for a in second]
    assert not np.allclose(before, second[0])


def test_one_thread_computes() -> None:
    graph = openvino.read(conv_model(GAME))
    compiled = openvino.request(graph, 8, "f32").get_compiled_model()
    wanted = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "ENABLE_CPU_PINNING": False}
    assert {name: compiled.get_property(name) for name in wanted} == wanted


@pytest.mark.skipif(
    cores() < 2 or not hasattr(os, "sched_getaffinity"), reason="one core is the only one"
)
def test_no_thread_is_pinned_while_it_computes() -> None:
    """Pinned, the workers of a machine would all compute on its first core."""
    evaluator = loaded("openvino-fp32", conv_model(GAME, width=32))
    allowed = os.sched_getaffinity(0)
    seen: list[set[int]] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for task in os.listdir("/proc/self/task"):
                try:
                    seen.append(os.sched_getaffinity(int(task)))
                except ProcessLookupError:  # that thread has just ended
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for _ in range(200):
            evaluator.evaluate(POSITIONS.observations)
    finally:
        done.set()
        watcher.join()
    assert len(seen) > 100
    assert all(cores_of_thread == allowed for cores_of_thread in seen)


def test_nothing_is_reported_to_its_maker() -> None:
    """Importing OpenVINO the usual way sends a message to a web address."""
    program = (
        "import sys; from engine.evaluator import openvino; openvino.capabilities()\n"
        "assert 'openvino' in sys.modules\n"
        "print([n for n, m in sys.modules.items() if m and n.startswith('openvino_telemetry')])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True) == "[]\n"


@pytest.mark.parametrize("keep", [0, 3, 1000])
def test_what_is_no_model_is_refused(keep: int) -> None:
    with pytest.raises(RuntimeError, match="Unable to read the model"):
        openvino.read(conv_model(GAME)[:keep])


@pytest.fixture
def afresh(monkeypatch: pytest.MonkeyPatch):
    """Let OpenVINO be loaded anew within the test, and again after it."""
    openvino.library.cache_clear()
    openvino.core.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    openvino.library.cache_clear()
    openvino.core.cache_clear()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_missing_library_is_named_with_the_remedy(backend: str, afresh) -> None:
    afresh.setitem(sys.modules, "openvino", None)
    assert unavailable(backend) == "openvino is not installed; pip install 'cartridge2[fast]'"
    assert unavailable("onnxruntime") == ""


def test_a_library_that_cannot_be_loaded_says_why(afresh) -> None:
    def broken() -> object:
        raise ImportError("libtbb.so.12: cannot open shared object file")

    afresh.setattr(openvino, "core", broken)
    reason = "openvino cannot be loaded: libtbb.so.12: cannot open shared object file"
    assert unavailable("openvino-fp32") == reason


def test_a_processor_without_bf16_or_int8_is_said_to_be_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openvino, "capabilities", lambda: ["FP32", "WINOGRAD"])
    assert unavailable("openvino-fp32") == ""
    expected = "this processor has no BF16, OpenVINO finds FP32, WINOGRAD"
    assert unavailable("openvino-bf16") == expected
    assert unavailable("openvino-int8") == expected.replace("BF16", "INT8")


def test_without_bf16_the_rest_of_an_int8_network_stays_exact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    request = openvino.request

    def noted(model: object, rows: int, floating: openvino.Floating) -> object:
        asked.append(floating)
        return request(model, rows, floating)

    monkeypatch.setattr(openvino, "capabilities", lambda: ["FP32", "INT8"])
    monkeypatch.setattr(openvino, "request", noted)
    evaluator = load("openvino-int8", GAME, conv_model(GAME), 32, POSITIONS.observations)
    evaluator.evaluate(POSITIONS.observations[:32])
    assert asked == ["f32"]
