"""Small real networks as ONNX bytes, made without torch."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from engine.evaluator.onnx import INPUT, ModelCard
from engine.game import Game


def linear_model(
    game: Game,
    /,
    step: int = 7,
    seed: int | None = None,
    *,
    scale: float = 0.5,
    win: float | None = None,
    **card: object,
) -> bytes:
    """One random matrix from the board to the logits, one to win/draw/loss.

    With `win` every position is won with that chance and lost otherwise. `card` overrides the
    metadata; the seed is the step unless given.
    """
    rng = np.random.default_rng(step if seed is None else seed)
    size = int(np.prod(game.planes))
    policy = rng.normal(0, scale, (size, game.actions))
    if win is None:
        value, last = (
            rng.normal(0, scale, (size, 3)),
            helper.make_node("Softmax", ["scores"], ["wdl"], axis=1),
        )
    else:
        value, last = np.zeros((size, 3)), helper.make_node("Add", ["scores", "fixed"], ["wdl"])
    weights = {"policy": policy, "value": value, "fixed": np.array([win or 0, 0, 1 - (win or 0)])}
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", [INPUT], ["flat"], axis=1),
            helper.make_node("MatMul", ["flat", "policy"], ["logits"]),
            helper.make_node("MatMul", ["flat", "value"], ["scores"]),
            last,
        ],
        "linear",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", *game.planes])],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", game.actions]),
            helper.make_tensor_value_info("wdl", TensorProto.FLOAT, ["n", 3]),
        ],
        [numpy_helper.from_array(w.astype(np.float32), name) for name, w in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    fields = {
        "game": game.name,
        "rules_version": game.version,
        "step": step,
        "architecture": "linear",
        "created_at": 1000.0 + step,
        "sha256": f"{step:064x}",
    }
    helper.set_model_props(model, ModelCard(**{**fields, **card}).as_metadata())  # type: ignore[arg-type]
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data
