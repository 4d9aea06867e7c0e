"""A model in fewer bits: some times faster than fp32, and refused where it says something else."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from actor.players import SearchPlayer
from actor.positions import played_positions
from engine.config import EvaluatorSettings, SearchSettings
from engine.errors import ConfigError, ModelError
from engine.evaluator import Evaluator
from engine.evaluator.agreement import Positions
from engine.evaluator.backends import unavailable
from engine.evaluator.choose import Chooser
from engine.evaluator.onnx import OnnxEvaluator
from engine.game import Game

BACKENDS = {"bf16": "openvino-bf16", "int8": "openvino-int8"}
"""What computes a model in so many bits."""
BATCH = 64
"""Games that ask at once where it matters: in a match."""


@lru_cache(maxsize=8)  # a network knows nothing of the games before, so players may share it
def rounded(game: Game, data: bytes, bits: str) -> Evaluator:
    """The model in `data` in `bits`, one of BACKENDS.

    It is calibrated and compared on games that the model plays by its policy, always the same ones.
    Raises ConfigError where this machine cannot compute so, ModelError for bytes that are no model
    of the game and for one that disagrees with fp32 beyond the limits of `EvaluatorSettings`.
    """
    backend = BACKENDS[bits]
    missing = unavailable(backend)
    if missing:
        raise ConfigError(f"a player in {bits} cannot be computed here: {missing}")

    def positions() -> Positions:
        policy = SearchPlayer(game, OnnxEvaluator(game, data), 0, SearchSettings(), 1.0)
        return played_positions(game, policy, limits.positions, np.random.default_rng(0))

    limits = EvaluatorSettings.model_validate({"backend": backend})
    opened = Chooser(game, limits, BATCH, positions).open(data)
    if opened.backend != backend:
        reason = next(
            tried.reason for tried in opened.report.candidates if tried.backend == backend
        )
        raise ModelError(
            f"step {opened.card.step} is refused in {bits}: {reason}; leave out /{bits}"
        )
    return opened.evaluator
