"""int8: which layers, on which scales, and that they really are int8."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.numpy_helper import to_array

from engine.config import NetworkSettings
from engine.errors import ModelError
from engine.evaluator import openvino
from engine.evaluator.agreement import ask, compare
from engine.evaluator.onnx import OnnxEvaluator
from engine.evaluator.quantise import hidden_layers, quantise
from engine.games import find
from tests.engine.evaluator.networks import conv_model, positions_of
from tests.models import linear_model

pytestmark = pytest.mark.skipif(find_spec("openvino") is None, reason="./scripts/setup installs it")

GAME = find("connect4")
CALIBRATION, OTHERS = positions_of(GAME, 200).halves()


def quantised(data: bytes, observations: np.ndarray = CALIBRATION.observations) -> object:
    graph = openvino.read(data)
    quantise(graph, observations)
    return graph


def test_hidden_layers_are_those_between_two_relus() -> None:
    layers = hidden_layers(openvino.read(conv_model(GAME, blocks=3)))
    shapes = sorted(tuple(layer.input_value(1).get_shape()) for layer in layers)
    assert shapes == [(4, 16, 1, 1)] * 2 + [(16, 16, 3, 3)] * 6


@pytest.mark.parametrize(
    ("settings", "count"),
    [(NetworkSettings(width=16, depth=2), 6), (NetworkSettings(family="mlp", width=16), 3)],
)
def test_networks_of_the_trainer_are_recognised(settings: NetworkSettings, count: int) -> None:
    from trainer.export import export
    from trainer.network import architecture, build

    network = build(GAME, settings).eval()
    data = export(GAME, network, 1, architecture(settings), OTHERS.observations[:4])
    assert len(hidden_layers(openvino.read(data))) == count
    evaluator = openvino.OpenVinoEvaluator(GAME, quantised(data), "f32", 50)
    expected = ask(OnnxEvaluator(GAME, data), OTHERS, 50)
    assert compare(expected, ask(evaluator, OTHERS, 50), OTHERS.legal).policy_kl < 1e-4


def test_hidden_layers_are_computed_in_int8() -> None:
    compiled = openvino.request(quantised(conv_model(GAME)), 8, "f32").get_compiled_model()
    facts = [node.get_rt_info() for node in compiled.get_runtime_model().get_ordered_ops()]
    precisions = [
        fact["runtimePrecision"].value for fact in facts if fact["layerType"].value == "Convolution"
    ]
    assert sorted(precisions) == ["f32"] + ["u8"] * 6


def test_weights_have_a_scale_for_every_channel() -> None:
    data = conv_model(GAME)
    for exact, rounded in zip(
        hidden_layers(openvino.read(data)), _quantised_layers(quantised(data)), strict=True
    ):
        weights = exact.input_value(1).get_node().data
        low, high = _bounds(rounded.input_value(1))
        assert high.shape == (len(weights), 1, 1, 1)
        assert np.array_equal(high, np.abs(weights).max(axis=(1, 2, 3), keepdims=True))
        assert np.array_equal(low, -high)


def test_activations_are_scaled_to_the_highest_of_all_calibration_positions() -> None:
    data = conv_model(GAME)
    observations = CALIBRATION.observations.copy()
    for extreme in (0, 70, 99):  # the calibration takes 64 rows at a time
        observations[extreme] *= 3
        low, high = _bounds(_quantised_layers(quantised(data, observations))[0].input_value(0))
        assert low == 0
        assert high == pytest.approx(_stem(data, observations).max(), rel=1e-5)


def test_a_layer_that_reads_only_zeros_is_no_trouble() -> None:
    data = conv_model(GAME, stem_bias=-1e6)
    evaluator = openvino.OpenVinoEvaluator(GAME, quantised(data), "f32", 50)
    expected = ask(OnnxEvaluator(GAME, data), OTHERS, 50)
    assert compare(expected, ask(evaluator, OTHERS, 50), OTHERS.legal).policy_kl < 1e-3


def test_a_network_without_hidden_layers_is_refused() -> None:
    with pytest.raises(ModelError, match="no layer between two ReLUs that could be quantised"):
        quantised(linear_model(GAME))


def _quantised_layers(graph: Any) -> list[Any]:
    return [
        node
        for node in graph.get_ordered_ops()
        if node.get_type_name() in ("Convolution", "MatMul")
        and node.input_value(0).get_node().get_type_name() == "FakeQuantize"
    ]


def _bounds(rounded: Any) -> tuple[np.ndarray, np.ndarray]:
    node = rounded.get_node()
    assert node.get_type_name() == "FakeQuantize"
    low, high = (node.input_value(i).get_node().data for i in (1, 2))
    return low, high


def _stem(data: bytes, observations: np.ndarray) -> np.ndarray:
    """The first layer's output, by NumPy."""
    arrays = {w.name: to_array(w) for w in onnx.load_from_string(data).graph.initializer}
    padded = np.pad(observations, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    summed = np.einsum("ncyxij,ocij->noyx", windows, arrays["stem.w"])
    return np.maximum(summed + arrays["stem.b"][:, None, None], 0)
