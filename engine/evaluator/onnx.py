"""ONNX Runtime on the CPU: the evaluator that works everywhere.

A model is one file with the input `observations [n, C, H, W]`, the outputs `logits [n, A]` and
`wdl [n, 3]`, and its card in the metadata. What does not fit the game is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from engine.errors import EvaluationError, ModelError
from engine.game import Game

INPUT = "observations"
OUTPUTS = ("logits", "wdl")


@dataclass(frozen=True)
class ModelCard:
    """Who a model is; travels inside the file as ONNX metadata."""

    game: str
    rules_version: int
    step: int
    architecture: str
    created_at: float
    sha256: str

    def as_metadata(self) -> dict[str, str]:
        """The card as ONNX metadata properties."""
        return {key: str(value) for key, value in asdict(self).items()}

    @classmethod
    def from_metadata(cls, properties: Mapping[str, str]) -> ModelCard:
        """Read the card back; raises ModelError naming what is missing or malformed."""
        try:
            return cls(
                game=properties["game"],
                rules_version=int(properties["rules_version"]),
                step=int(properties["step"]),
                architecture=properties["architecture"],
                created_at=float(properties["created_at"]),
                sha256=properties["sha256"],
            )
        except KeyError as error:
            raise ModelError(f"the model has no {error} in its metadata; it is not ours") from None
        except ValueError as error:
            raise ModelError(f"the model's metadata is malformed: {error}") from None


def read_card(data: bytes) -> ModelCard:
    """The card of a model file; raises ModelError when the bytes are no complete model."""
    return ModelCard.from_metadata(_session(data, 1).get_modelmeta().custom_metadata_map)


class OnnxEvaluator:
    """One model, loaded from bytes; used by one thread at a time."""

    def __init__(self, game: Game, data: bytes, threads: int = 1) -> None:
        self._session = _session(data, threads)
        self.card = ModelCard.from_metadata(self._session.get_modelmeta().custom_metadata_map)
        _refuse_other_game(game, self.card)
        _refuse_other_shapes(game, self._session)

    def evaluate(
        self, observations: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Evaluator`; raises EvaluationError for an answer that is not finite."""
        logits, wdl = self._session.run(OUTPUTS, {INPUT: observations})
        if not (np.isfinite(logits).all() and np.isfinite(wdl).all()):
            raise EvaluationError(
                f"model {self.card.game} step {self.card.step} returned NaN or infinity;"
                " go back to an earlier snapshot"
            )
        return logits, wdl


def _session(data: bytes, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A spinning thread steals the core from the neighbour that shares it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own exceptions share no narrower class
        reason = str(error).splitlines()[0]
        raise ModelError(f"not a complete ONNX model ({len(data)} bytes): {reason}") from None


def _refuse_other_game(game: Game, card: ModelCard) -> None:
    if card.game != game.name:
        raise ModelError(f"the model plays {card.game}, this run plays {game.name}")
    if card.rules_version != game.version:
        raise ModelError(
            f"the model knows {card.game} rules version {card.rules_version}, the rules are now"
            f" version {game.version}; train it anew"
        )


def _refuse_other_shapes(game: Game, session: ort.InferenceSession) -> None:
    found = {node.name: list(node.shape[1:]) for node in session.get_inputs()}
    found |= {node.name: list(node.shape[1:]) for node in session.get_outputs()}
    expected = {INPUT: list(game.planes), "logits": [game.actions], "wdl": [3]}
    if found != expected:
        raise ModelError(f"the model's shapes are {found}, {game.name} needs {expected}")
