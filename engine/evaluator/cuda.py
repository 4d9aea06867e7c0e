"""CUDA through torch: whole batches as one recorded graph, in half precision.

torch is what learns on a GPU anyway, so playing needs no second runtime there. A batch of each size
is recorded once, copies included: a call is one launch, not one for each of some forty operations.
"""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np

from engine.evaluator.batches import SIZES, FixedBatches
from engine.evaluator.graph import TorchGraph
from engine.game import Game

CUDA_SIZES = (*SIZES, 1024, 2048, 4096)
"""A GPU is at its best with more rows than a core ever needs."""

WARMING_RUNS = 3
"""Before a graph is recorded, so that libraries have chosen their algorithms."""


@cache
def missing() -> str:
    """Why CUDA cannot be used on this machine, with the remedy; "" if it can.

    The driver is asked first: torch takes a second and 200 MB, and most machines have no GPU.
    """
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return "this machine has no NVIDIA driver (libcuda.so.1)"
    count = ctypes.c_int(0)
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)) or not count.value:
        return "the NVIDIA driver finds no GPU; nvidia-smi says more"
    try:
        import onnx  # noqa: F401
        import torch
    except ImportError as error:
        return f"{error.name} is not installed; pip install 'cartridge2[train]'"
    if not torch.cuda.is_available():
        return (
            f"torch {torch.__version__} cannot use the GPU; install a build of it for CUDA"
            " (TORCH_INDEX_URL)"
        )
    return ""


class CudaEvaluator(FixedBatches):
    """A model that `OnnxEvaluator` has accepted, on the GPU; used by one thread at a time.

    `batch` is a number of rows in constant use. Raises ModelError for an operator that is not
    known, RuntimeError where the GPU refuses (no memory, say).
    """

    def __init__(self, game: Game, data: bytes, batch: int = 1) -> None:
        import torch

        network = TorchGraph(data, "cuda", torch.float16)
        super().__init__(
            lambda rows: _CudaSlot(network, rows, game),
            game.planes,
            game.actions,
            batch,
            CUDA_SIZES,
        )


class _CudaSlot:
    """See `Slot`; the arrays are page-locked memory that the recorded copies read and write."""

    def __init__(self, network: TorchGraph, rows: int, game: Game) -> None:
        import torch

        host = [
            torch.zeros((rows, *shape), pin_memory=True)
            for shape in (game.planes, (game.actions,), (3,))
        ]
        self.observations, self.logits, self.wdl = (np.asarray(tensor.numpy()) for tensor in host)
        device = torch.zeros((rows, *game.planes), device="cuda")
        self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]

        def judge() -> None:
            device.copy_(host[0], non_blocking=True)
            for ours, theirs in zip(host[1:], network(device), strict=True):
                ours.copy_(theirs, non_blocking=True)

        with torch.no_grad(), torch.cuda.stream(self._stream):
            for _ in range(WARMING_RUNS):
                judge()
            self._stream.synchronize()
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph, stream=self._stream):
                judge()
        # What the recorded graph reads and writes has to stay where it is.
        self._kept = (network, device, host)

    def run(self) -> None:
        """See `Slot`."""
        import torch

        with torch.cuda.stream(self._stream):
            self._graph.replay()
        self._stream.synchronize()
