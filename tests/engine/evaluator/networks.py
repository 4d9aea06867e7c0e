"""Residual networks with ReLUs as ONNX bytes, made without torch; and positions to judge."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from engine.evaluator.agreement import Positions
from engine.evaluator.onnx import INPUT, ModelCard
from engine.game import Game


def conv_model(
    game: Game,
    *,
    width: int = 16,
    blocks: int = 2,
    step: int = 7,
    spoilt: float | None = None,
    stem_bias: float | None = None,
    batch: int | str = "n",
) -> bytes:
    """A random residual tower with two heads, like those that the trainer exports.

    `spoilt` replaces one weight of the tower, `stem_bias` the biases of the first layer; `batch` is
    the first axis of all shapes.
    """
    rng = np.random.default_rng(step)
    channels, rows, columns = game.planes
    nodes, weights = [], {}

    def layer(kind: str, name: str, source: str, shape: tuple[int, ...], **attributes: object):  # type: ignore[no-untyped-def]
        scale = np.sqrt(2 / np.prod(shape[1:]))
        weights[f"{name}.w"] = rng.normal(0, scale, shape)
        weights[f"{name}.b"] = rng.normal(0, 0.1, shape[0])
        inputs = [source, f"{name}.w", f"{name}.b"]
        nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def relu(source: str) -> str:
        nodes.append(helper.make_node("Relu", [source], [f"{source}.relu"]))
        return f"{source}.relu"

    def head(name: str, last: int) -> str:
        x = relu(layer("Conv", f"{name}.conv", tower, (4, width, 1, 1)))
        nodes.append(helper.make_node("Flatten", [x], [f"{name}.flat"], axis=1))
        shape = (last, 4 * rows * columns)
        return layer("Gemm", f"{name}.out", f"{name}.flat", shape, transB=1)

    tower = relu(layer("Conv", "stem", INPUT, (width, channels, 3, 3), pads=[1] * 4))
    for block in range(blocks):
        inner = relu(layer("Conv", f"{block}.a", tower, (width, width, 3, 3), pads=[1] * 4))
        outer = layer("Conv", f"{block}.b", inner, (width, width, 3, 3), pads=[1] * 4)
        nodes.append(helper.make_node("Add", [tower, outer], [f"{block}.sum"]))
        tower = relu(f"{block}.sum")
    nodes.append(helper.make_node("Identity", [head("policy", game.actions)], ["logits"]))
    nodes.append(helper.make_node("Softmax", [head("value", 3)], ["wdl"], axis=1))
    if spoilt is not None:
        weights["0.a.w"][0, 3, 1, 1] = spoilt
    if stem_bias is not None:
        weights["stem.b"][:] = stem_bias
    shapes = {INPUT: game.planes, "logits": (game.actions,), "wdl": (3,)}
    infos = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *shape])
        for name, shape in shapes.items()
    ]
    arrays = [numpy_helper.from_array(w.astype(np.float32), n) for n, w in weights.items()]
    graph = helper.make_graph(nodes, "conv", infos[:1], infos[1:], arrays)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    architecture = f"conv-{width}x{blocks}"
    card = ModelCard(game.name, game.version, step, architecture, 1000.0, f"{step:064x}")
    helper.set_model_props(model, card.as_metadata())
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


def positions_of(game: Game, count: int = 96, seed: int = 1) -> Positions:
    """Unfinished positions of uniformly random games."""
    rng = np.random.default_rng(seed)
    observations = np.empty((count, *game.planes), np.float32)
    legal = np.zeros((count, game.actions), np.bool_)
    state = game.new()
    for row in range(count):
        observations[row] = game.observe(state)
        legal[row, game.legal(state)] = True
        state = game.after(state, int(rng.choice(game.legal(state))))
        state = game.new() if game.is_over(state) else state
    return Positions(observations, legal)
