"""OpenVINO on the CPU: on most processors faster than ONNX Runtime, most of all in bf16, int8."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.evaluator.batches import FixedBatches
from engine.evaluator.onnx import INPUT, OUTPUTS
from engine.game import Game

Floating = Literal["f32", "bf16"]
"""The precision of whatever is not quantised."""


@cache
def library() -> Any:
    """The module `openvino`; raises ImportError where it is missing or cannot be loaded."""
    # Merely importing it sends a report to its maker, unless the module that does so is missing.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


@cache
def core() -> Any:
    """OpenVINO's one entry point of this process; raises ImportError."""
    return library().Core()


def capabilities() -> list[str]:
    """What the processor computes well, of FP32, BF16, INT8 and others; raises ImportError."""
    return list(core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))


def read(data: bytes) -> Any:
    """The model in these bytes as OpenVINO's graph; raises RuntimeError for what is none."""
    return core().read_model(model=data)


class OpenVinoEvaluator(FixedBatches):
    """A model that `OnnxEvaluator` has accepted, as a graph; computes in the thread that calls it.

    `batch` is a number of rows in constant use. Raises RuntimeError, also in the first call of
    each batch size, for a graph that OpenVINO cannot compile.
    """

    def __init__(self, game: Game, model: Any, floating: Floating, batch: int = 1) -> None:
        super().__init__(
            lambda rows: _OpenVinoSlot(request(model, rows, floating), rows, game),
            game.planes,
            game.actions,
            batch,
        )


class _OpenVinoSlot:
    """See `Slot`; the runtime reads and writes these arrays directly."""

    def __init__(self, compiled: Any, rows: int, game: Game) -> None:
        self.observations = np.zeros((rows, *game.planes), np.float32)
        self.logits = np.zeros((rows, game.actions), np.float32)
        self.wdl = np.zeros((rows, 3), np.float32)
        self._request = compiled
        for name, array in zip(
            (INPUT, *OUTPUTS), (self.observations, self.logits, self.wdl), strict=True
        ):
            self._request.set_tensor(name, shared(array))

    def run(self) -> None:
        """See `Slot`."""
        # Otherwise every call would copy the outputs into new arrays.
        self._request.infer(share_outputs=True)


def request(model: Any, rows: int, floating: Floating) -> Any:
    """An inference request for batches of exactly `rows` rows of `model`, which is left as it is.

    Raises RuntimeError for a graph that OpenVINO cannot compile.
    """
    fixed = model.clone()
    _, *planes = fixed.input(0).get_partial_shape()
    fixed.reshape([rows, *planes])
    compiled = core().compile_model(
        fixed,
        "CPU",
        {
            "INFERENCE_NUM_THREADS": 1,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            # Pinned, every process would compute on the first core, while the others are idle.
            "ENABLE_CPU_PINNING": False,
            "INFERENCE_PRECISION_HINT": floating,
        },
    )
    return compiled.create_infer_request()


def shared(array: NDArray[np.float32]) -> Any:
    """A tensor over the memory of `array`, which must outlive it."""
    return library().Tensor(array, shared_memory=True)
