"""Torch network to a single verified ONNX file, as bytes."""

from __future__ import annotations

import copy
import hashlib
import logging
import time
import warnings
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn

from engine.errors import ModelError
from engine.evaluator.onnx import INPUT, OUTPUTS, ModelCard, OnnxEvaluator
from engine.game import Game
from trainer.flops import playing_flops
from trainer.network import Judge

TOLERANCE = 1e-3
"""Largest difference allowed between torch and ONNX Runtime, in logits and probabilities."""


def export(
    game: Game,
    network: nn.Module,
    step: int,
    architecture: str,
    sample: NDArray[np.float32],
    progress: float = 0.0,
) -> bytes:
    """The network as ONNX bytes with its card, checked against torch on `sample [n, C, H, W]`.

    Raises ModelError, and nothing is to be published, when the two disagree by more than TOLERANCE.
    """
    judge = Judge(copy.deepcopy(network).cpu()).eval()
    model = _convert(judge, game)
    card = ModelCard(
        game=game.name,
        rules_version=game.version,
        step=step,
        architecture=architecture,
        created_at=time.time(),
        sha256=digest(network),
        progress=progress,
        flops=playing_flops(network, game),
    )
    onnx.helper.set_model_props(model, card.as_metadata())
    data: bytes = model.SerializeToString()
    _verify(game, judge, data, sample)
    return data


def digest(network: nn.Module) -> str:
    """sha256 over names and bytes of the network's weights."""
    total = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        total.update(name.encode())
        total.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()


def _convert(judge: nn.Module, game: Game) -> Any:
    # The exporter speaks of optional packages and of its own deprecated calls; neither concerns us.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        program = torch.onnx.export(
            judge,
            (torch.zeros(1, *game.planes),),
            dynamo=True,
            external_data=False,
            verbose=False,
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
        )
    if program is None:
        raise ModelError("the ONNX exporter returned nothing")
    return program.model_proto


def _verify(game: Game, judge: nn.Module, data: bytes, sample: NDArray[np.float32]) -> None:
    found = OnnxEvaluator(game, data).evaluate(sample)
    with torch.no_grad():
        expected = judge(torch.from_numpy(sample))
    for name, ours, theirs in zip(OUTPUTS, expected, found, strict=True):
        difference = float(np.abs(ours.numpy() - theirs).max())
        if not difference <= TOLERANCE:
            raise ModelError(
                f"the exported {name} differ from torch by {difference:.2g} (> {TOLERANCE});"
                " the model is not published"
            )
