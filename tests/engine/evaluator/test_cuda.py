"""The CUDA backend: why it is missing; where there is a GPU, that it agrees in any batch."""

from __future__ import annotations

import ctypes
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from engine.evaluator import cuda
from engine.evaluator.backends import load, unavailable
from engine.evaluator.onnx import OnnxEvaluator
from engine.games import find
from tests.engine.evaluator.networks import conv_model, positions_of

GAME = find("connect4")
NO_GPU = cuda.missing()


class Driver:
    """NVIDIA's driver with so many GPUs."""

    def __init__(self, gpus: int, status: int = 0) -> None:
        self.gpus, self.status = gpus, status

    def cuInit(self, flags: int) -> int:
        return self.status

    def cuDeviceGetCount(self, count: object) -> int:
        ctypes.cast(count, ctypes.POINTER(ctypes.c_int))[0] = self.gpus  # type: ignore[arg-type]
        return 0


@pytest.fixture(autouse=True)
def anew() -> object:
    cuda.missing.cache_clear()
    yield
    cuda.missing.cache_clear()


def reason(monkeypatch: pytest.MonkeyPatch, driver: Driver | None, torch: object) -> str:
    def open_library(name: str) -> Driver:
        assert name == "libcuda.so.1"
        if driver is None:
            raise OSError(f"{name}: cannot open shared object file")
        return driver

    monkeypatch.setattr(cuda.ctypes, "CDLL", open_library)
    monkeypatch.setitem(sys.modules, "torch", torch)  # None: as if it were not installed
    return unavailable("cuda")


def torch_with(able: bool) -> SimpleNamespace:
    return SimpleNamespace(__version__="9.9+cpu", cuda=SimpleNamespace(is_available=lambda: able))


def test_every_reason_names_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def why(driver: Driver | None, torch: object) -> str:
        cuda.missing.cache_clear()
        return reason(monkeypatch, driver, torch)

    assert why(None, None) == "this machine has no NVIDIA driver (libcuda.so.1)"
    assert why(Driver(0), None) == "the NVIDIA driver finds no GPU; nvidia-smi says more"
    assert (
        why(Driver(1, status=100), None) == "the NVIDIA driver finds no GPU; nvidia-smi says more"
    )
    assert why(Driver(1), None) == "torch is not installed; pip install 'cartridge2[train]'"
    assert why(Driver(1), torch_with(False)) == (
        "torch 9.9+cpu cannot use the GPU; install a build of it for CUDA (TORCH_INDEX_URL)"
    )
    assert why(Driver(1), torch_with(True)) == ""


def test_a_machine_without_a_driver_does_not_load_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forbidden:
        def __getattr__(self, name: str) -> object:
            raise AssertionError("torch was asked")

    assert "no NVIDIA driver" in reason(monkeypatch, None, Forbidden())


@pytest.mark.skipif(NO_GPU != "", reason=NO_GPU)
def test_it_agrees_in_batches_of_any_size() -> None:
    data = conv_model(GAME, width=32, blocks=3)
    reference, evaluator = OnnxEvaluator(GAME, data), load("cuda", GAME, data, 100, np.zeros(0))
    positions = positions_of(GAME, 700).observations
    for rows in (1, 3, 100, 128, 700, 5, 100):
        for ours, theirs in zip(
            evaluator.evaluate(positions[:rows]), reference.evaluate(positions[:rows]), strict=True
        ):
            assert np.allclose(ours, theirs, atol=0.02)
