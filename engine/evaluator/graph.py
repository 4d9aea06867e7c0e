"""A published model as torch operations, on any device and in any precision.

The file is the only description of a network that an actor has, so the graph in it is read rather
than the network built anew: whatever the trainer exports with these operators can be computed.
Imports torch and onnx when it is used, which only a machine with a GPU needs to have for playing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.errors import ModelError
from engine.evaluator.onnx import INPUT, OUTPUTS

if TYPE_CHECKING:
    import torch

Attributes = Mapping[str, Any]
Operator = Callable[[Attributes, Sequence[Any]], Any]


class _Node(NamedTuple):
    operator: Operator
    attributes: Attributes
    inputs: tuple[str, ...]
    output: str


class TorchGraph:
    """The graph of a model: call it with `[B, C, H, W]` on its device, get `logits` and `wdl`.

    Weights are converted to `precision`, the outputs are float32. Raises ModelError for an operator
    that is not known here.
    """

    def __init__(self, data: bytes, device: str, precision: torch.dtype) -> None:
        import onnx
        import torch

        graph = onnx.load_from_string(data).graph
        self._precision = precision
        self._constants: dict[str, Any] = {}
        for tensor in graph.initializer:
            array = onnx.numpy_helper.to_array(tensor)
            if array.dtype.kind == "i":  # axes and shapes: read when the operator is called
                self._constants[tensor.name] = array.tolist()
            else:
                weight = torch.from_numpy(array.copy()).to(device, precision)
                layout = torch.channels_last if weight.dim() == 4 else torch.contiguous_format
                self._constants[tensor.name] = weight.contiguous(memory_format=layout)
        operators = _operators()
        self._nodes: list[_Node] = []
        for node in graph.node:
            if node.op_type not in operators:
                raise ModelError(
                    f"the model has the operator {node.op_type}, torch graphs know"
                    f" {', '.join(sorted(operators))}"
                )
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            self._nodes.append(
                _Node(operators[node.op_type], attributes, tuple(node.input), node.output[0])
            )

    def __call__(self, observations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """`[B, C, H, W]` float32 to `logits [B, A]` and `wdl [B, 3]`, both float32."""
        import torch

        layout = torch.channels_last if observations.dim() == 4 else torch.contiguous_format
        x = observations.to(self._precision).contiguous(memory_format=layout)
        values: dict[str, Any] = {**self._constants, INPUT: x}
        for operator, attributes, inputs, output in self._nodes:
            values[output] = operator(attributes, [values[name] for name in inputs])
        logits, wdl = (values[name].float() for name in OUTPUTS)
        return logits, wdl


def _operators() -> dict[str, Operator]:
    """The operators by their names in ONNX: (attributes, inputs) to the output."""
    import torch
    import torch.nn.functional as F

    def conv(attributes: Attributes, inputs: Sequence[Any]) -> Any:
        x, weight, bias = (*inputs, None)[:3]
        top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
        plain = (
            (top, left) == (bottom, right)
            and set(attributes.get("strides", [1])) == {1}
            and set(attributes.get("dilations", [1])) == {1}
            and attributes.get("group", 1) == 1
            and attributes.get("auto_pad", b"NOTSET") == b"NOTSET"
        )
        if not plain:
            raise ModelError(f"the model has a convolution with {dict(attributes)}; torch graphs"
                             " know stride 1, dilation 1, one group, even padding")  # fmt: skip
        return F.conv2d(x, weight, bias, padding=(top, left))

    def gemm(attributes: Attributes, inputs: Sequence[Any]) -> Any:
        x, weight, *bias = inputs
        if attributes.get("transA", 0) or {attributes.get(k, 1.0) for k in ("alpha", "beta")} != {
            1
        }:
            raise ModelError(
                f"the model has a Gemm with {dict(attributes)}; torch graphs know x W + b"
            )
        return F.linear(x, weight if attributes.get("transB", 0) else weight.T, *bias)

    def softmax(attributes: Attributes, inputs: Sequence[Any]) -> Any:
        return torch.softmax(inputs[0].float(), attributes.get("axis", -1))

    def unsqueeze(attributes: Attributes, inputs: Sequence[Any]) -> Any:
        x, axes = inputs
        for axis in axes:  # ascending, counted in the result's dimensions
            x = x.unsqueeze(axis)
        return x

    return {
        "Add": lambda attributes, inputs: inputs[0] + inputs[1],
        "Concat": lambda attributes, inputs: torch.cat(list(inputs), attributes["axis"]),
        "Conv": conv,
        "Flatten": lambda attributes, inputs: inputs[0].flatten(1),
        "Gemm": gemm,
        "Identity": lambda attributes, inputs: inputs[0],
        "MatMul": lambda attributes, inputs: inputs[0] @ inputs[1],
        "ReduceMax": lambda attributes, inputs: inputs[0].amax(inputs[1], _kept(attributes)),
        "ReduceMean": lambda attributes, inputs: inputs[0].mean(inputs[1], _kept(attributes)),
        "Relu": lambda attributes, inputs: torch.relu(inputs[0]),
        "Reshape": lambda attributes, inputs: inputs[0].reshape(inputs[1]),
        "Softmax": softmax,
        "Unsqueeze": unsqueeze,
    }


def _kept(attributes: Attributes) -> bool:
    return bool(attributes.get("keepdims", 1))
