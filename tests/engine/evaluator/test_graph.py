"""A model's graph on torch against the same file on ONNX Runtime, without a GPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.evaluator.graph import TorchGraph
from engine.evaluator.onnx import OnnxEvaluator, read_card
from engine.games import find
from tests.engine.evaluator.networks import conv_model, positions_of
from tests.models import linear_model

GAME = find("connect4")
ZOO = sorted((Path(__file__).parents[3] / "zoo").glob("*.onnx"))


def answers(graph: TorchGraph, observations: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    with torch.no_grad():
        return [tensor.numpy() for tensor in graph(torch.from_numpy(observations))]


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_every_model_of_the_zoo_says_the_same(path: Path) -> None:
    data = path.read_bytes()
    game = find(read_card(data).game)
    observations = positions_of(game, 40).observations
    expected = OnnxEvaluator(game, data).evaluate(observations)
    found = answers(TorchGraph(data, "cpu", torch.float32), observations)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == np.float32
        assert np.allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("data", [conv_model(GAME), linear_model(GAME)], ids=["conv", "linear"])
def test_other_exporters_operators_too(data: bytes) -> None:
    observations = positions_of(GAME, 33).observations
    expected = OnnxEvaluator(GAME, data).evaluate(observations)
    found = answers(TorchGraph(data, "cpu", torch.float32), observations)
    assert all(np.allclose(o, t, atol=1e-5) for o, t in zip(found, expected, strict=True))


def test_half_precision_differs_a_little_and_answers_in_float32() -> None:
    observations = positions_of(GAME, 33).observations
    data = conv_model(GAME)
    exact = answers(TorchGraph(data, "cpu", torch.float32), observations)
    half = answers(TorchGraph(data, "cpu", torch.bfloat16), observations)
    assert half[0].dtype == half[1].dtype == np.float32
    assert 0 < np.abs(exact[1] - half[1]).max() < 0.05


def changed(operator: str, **attributes: object) -> bytes:
    """A model whose first node of that kind has other attributes, or another name altogether."""
    model = onnx.load_from_string(conv_model(GAME))
    node = next(n for n in model.graph.node if n.op_type == operator)
    if "op_type" in attributes:
        node.op_type = str(attributes.pop("op_type"))
    for name, value in attributes.items():
        node.attribute.append(onnx.helper.make_attribute(name, value))
    data: bytes = model.SerializeToString()
    return data


def test_an_unknown_operator_is_named_with_those_that_are_known() -> None:
    with pytest.raises(ModelError, match=r"the operator Sigmoid, torch graphs know Add, Concat,"):
        TorchGraph(changed("Relu", op_type="Sigmoid"), "cpu", torch.float32)


@pytest.mark.parametrize(
    ("operator", "attributes", "message"),
    [
        ("Conv", {"strides": [2, 2]}, r"convolution with .*'strides': \[2, 2\]"),
        ("Conv", {"group": 2}, r"convolution with .*'group': 2"),
        ("Gemm", {"alpha": 0.5}, r"Gemm with .*'alpha': 0.5"),
    ],
)
def test_what_would_be_computed_wrongly_is_refused(
    operator: str, attributes: dict[str, object], message: str
) -> None:
    graph = TorchGraph(changed(operator, **attributes), "cpu", torch.float32)
    with pytest.raises(ModelError, match=message):
        answers(graph, positions_of(GAME, 2).observations)
