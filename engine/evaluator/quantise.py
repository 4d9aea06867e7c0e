"""Static int8 quantisation of an OpenVINO graph: weights per channel, activations per tensor.

Only hidden layers are quantised: convolutions and matrix products between one ReLU and the next.
The layer that reads the observations is cheap, and the last layers of the heads give the answer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.evaluator.batches import slices
from engine.evaluator.openvino import library, request, shared

_ROWS = 64
_ACTIVATION_LEVELS = 256
_WEIGHT_LEVELS = 255  # symmetric: -127 to 127


def quantise(model: Any, observations: NDArray[np.float32]) -> None:
    """Turn the hidden layers of `model` into int8, calibrated on `observations [n, C, H, W]`.

    Raises ModelError when there is nothing to quantise.
    """
    layers = hidden_layers(model)
    if not layers:
        raise ModelError("it has no layer between two ReLUs that could be quantised")
    highest = _highest(model, observations)
    activations: dict[str, Any] = {}
    for layer in layers:
        source, weights = layer.input_value(0), layer.input_value(1)
        name = _name(source)
        if name not in activations:
            activations[name] = _rounded(source, np.float32(0), highest[name], _ACTIVATION_LEVELS)
        bound = _bound_per_channel(layer)
        layer.input(0).replace_source_output(activations[name])
        layer.input(1).replace_source_output(_rounded(weights, -bound, bound, _WEIGHT_LEVELS))
    model.validate_nodes_and_infer_types()


def hidden_layers(model: Any) -> list[Any]:
    """Convolutions and products with constant weights that read a ReLU and lead to one."""
    return [
        node
        for node in model.get_ordered_ops()
        if _kind(node) in ("Convolution", "MatMul")
        and _kind(node.input_value(0).get_node()) == "Relu"
        and _kind(node.input_value(1).get_node()) == "Constant"
        and _leads_to_relu(node)
    ]


def _leads_to_relu(layer: Any) -> bool:
    following = _consumers(layer)
    while following:
        node = following.pop()
        if _kind(node) in ("Add", "Multiply"):  # bias, scale, skip connection
            following += _consumers(node)
        elif _kind(node) not in ("Relu", "ShapeOf"):
            return False
    return True


def _highest(model: Any, observations: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """The highest activation that each hidden layer reads, by the name of its source."""
    twin = model.clone()
    sources = {_name(layer.input_value(0)): layer.input_value(0) for layer in hidden_layers(twin)}
    rows = min(_ROWS, len(observations))
    tapped = request(_maxima(twin, list(sources.values())), rows, "f32")
    buffer = np.zeros((rows, *observations.shape[1:]), np.float32)
    tapped.set_input_tensor(0, shared(buffer))
    found = np.zeros(len(sources), np.float32)
    for part in slices(len(observations), rows):
        buffer[:] = observations[part]
        tapped.infer(share_outputs=True)
        seen = [tapped.get_output_tensor(i).data for i in range(len(sources))]
        found = np.maximum(found, seen)
    return dict(zip(sources, _usable(found), strict=True))


def _maxima(model: Any, tensors: list[Any]) -> Any:
    """A graph with the highest element of each tensor as its outputs."""
    ops = library().opset13
    axes = [np.arange(len(tensor.get_partial_shape())) for tensor in tensors]
    maxima = [ops.reduce_max(tensor, a) for tensor, a in zip(tensors, axes, strict=True)]
    return library().Model(maxima, model.get_parameters())


def _bound_per_channel(layer: Any) -> NDArray[np.float32]:
    """The largest absolute weight of each output channel, shaped to broadcast over the weights."""
    weights = layer.input_value(1).get_node().data
    transposed = _kind(layer) == "MatMul" and not layer.get_attributes()["transpose_b"]
    channel = weights.ndim - 1 if transposed else 0
    others = tuple(axis for axis in range(weights.ndim) if axis != channel)
    return _usable(np.abs(weights).max(axis=others, keepdims=True))


def _usable(bounds: NDArray[np.float32]) -> NDArray[np.float32]:
    # What is always zero needs some scale as well. A network that has diverged has no good one:
    # its answers are NaN, and comparing them is what refuses it.
    return np.where(np.isfinite(bounds) & (bounds > 0), bounds, np.float32(1))


def _rounded(tensor: Any, low: Any, high: Any, levels: int) -> Any:
    """`tensor` clipped to low..high and rounded to so many levels; OpenVINO makes int8 of it."""
    bounds = [library().opset13.constant(np.asarray(bound, np.float32)) for bound in (low, high)]
    return library().opset13.fake_quantize(tensor, *bounds, *bounds, levels).output(0)


def _kind(node: Any) -> str:
    return str(node.get_type_name())


def _name(tensor: Any) -> str:
    return str(tensor.get_node().get_friendly_name())


def _consumers(node: Any) -> list[Any]:
    return [target.get_node() for target in node.output(0).get_target_inputs()]
