"""The backends by name: whether each one can work on this machine, and how it loads a model."""

from __future__ import annotations

from typing import get_args

import numpy as np
from numpy.typing import NDArray

from engine.config import EvaluatorSettings
from engine.evaluator import Evaluator, cuda, openvino
from engine.evaluator.onnx import OnnxEvaluator
from engine.evaluator.quantise import quantise
from engine.game import Game

REFERENCE = "onnxruntime"
"""The backend that is always there, computes in fp32, and that the others have to agree with."""

_CAPABILITIES = {"openvino-fp32": "FP32", "openvino-bf16": "BF16", "openvino-int8": "INT8"}


def names() -> list[str]:
    """Every backend by its name in the settings, without "auto"."""
    return [name for name in get_args(EvaluatorSettings.model_fields["backend"].annotation)][1:]


def unavailable(backend: str) -> str:
    """Why `backend` cannot work on this machine, with the remedy if there is one; "" if it can."""
    if backend == "cuda":
        return cuda.missing()
    if backend not in _CAPABILITIES:
        return ""
    try:
        found = openvino.capabilities()
    except ModuleNotFoundError as error:
        return f"{error.name} is not installed; pip install 'cartridge2[fast]'"
    except ImportError as error:
        return f"openvino cannot be loaded: {error}"
    if _CAPABILITIES[backend] not in found:
        return f"this processor has no {_CAPABILITIES[backend]}, OpenVINO finds {', '.join(found)}"
    return ""


def load(
    backend: str,
    game: Game,
    data: bytes,
    batch: int,
    calibration: NDArray[np.float32],
) -> Evaluator:
    """The model in `data`, which the reference has accepted, on `backend`, which is available.

    `batch` is the number of rows in constant use; `calibration float32[n, C, H, W]` are positions
    as the network will see them. Raises ModelError, RuntimeError or what else the library has for a
    model that it cannot run.
    """
    if backend == REFERENCE:
        return OnnxEvaluator(game, data, batch)
    if backend == "cuda":
        return cuda.CudaEvaluator(game, data, batch)
    graph = openvino.read(data)
    if backend == "openvino-int8":
        quantise(graph, calibration)
    exact = backend == "openvino-fp32" or "BF16" not in openvino.capabilities()
    return openvino.OpenVinoEvaluator(game, graph, "f32" if exact else "bf16", batch)
