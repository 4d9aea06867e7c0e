"""ONNX Runtime: the evaluator that works everywhere, and the reference of all others.

A model is one file with the input `observations [n, C, H, W]`, the outputs `logits [n, A]` and
`wdl [n, 3]`, and its card in the metadata. What does not fit the game is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.evaluator.batches import FixedBatches
from engine.game import Game

INPUT = "observations"
OUTPUTS = ("logits", "wdl")
CPU = "CPUExecutionProvider"


@dataclass(frozen=True)
class ModelCard:
    """Who a model is; travels inside the file as ONNX metadata."""

    game: str
    rules_version: int
    step: int
    architecture: str
    created_at: float
    sha256: str
    progress: float = 0.0
    """The share of the run's schedule that was over, 0 to 1."""
    flops: int = 0
    """Floating-point operations of one evaluation, 0 = not known (older models)."""

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
                progress=float(properties.get("progress", "0")),  # older models have none
                flops=int(properties.get("flops", "0")),
            )
        except KeyError as error:
            raise ModelError(f"the model has no {error} in its metadata; it is not ours") from None
        except ValueError as error:
            raise ModelError(f"the model's metadata is malformed: {error}") from None


def read_card(data: bytes) -> ModelCard:
    """The card of a model file; raises ModelError when the bytes are no complete model."""
    return ModelCard.from_metadata(_session(data).get_modelmeta().custom_metadata_map)


class OnnxEvaluator(FixedBatches):
    """One model, loaded from bytes; computes in the thread that calls it, one at a time.

    Raises ModelError for bytes that are no model of this game. `batch` is a number of rows in
    constant use. A `twin` shares the weights and nothing else.
    """

    def __init__(
        self,
        game: Game,
        data: bytes | ort.InferenceSession,
        batch: int = 1,
    ) -> None:
        session = _session(data) if isinstance(data, bytes) else data
        self._game, self._session, self._batch = game, session, batch
        self.card = ModelCard.from_metadata(session.get_modelmeta().custom_metadata_map)
        _refuse_other_game(game, self.card)
        _refuse_other_shapes(game, session)
        super().__init__(
            lambda rows: _OnnxSlot(session, rows, game), game.planes, game.actions, batch
        )

    def twin(self) -> OnnxEvaluator:
        """The same model with buffers of its own, for another thread; costs no weights."""
        return OnnxEvaluator(self._game, self._session, self._batch)


class _OnnxSlot:
    """See `Slot`; the runtime reads and writes these arrays directly."""

    def __init__(self, session: ort.InferenceSession, rows: int, game: Game) -> None:
        self.observations = np.zeros((rows, *game.planes), np.float32)
        self.logits = np.zeros((rows, game.actions), np.float32)
        self.wdl = np.zeros((rows, 3), np.float32)
        self._session = session
        self._binding = session.io_binding()
        self._binding.bind_input(INPUT, *_place(self.observations))
        for name, array in zip(OUTPUTS, (self.logits, self.wdl), strict=True):
            self._binding.bind_output(name, *_place(array))

    def run(self) -> None:
        """See `Slot`."""
        self._session.run_with_iobinding(self._binding)


def _place(array: NDArray[np.float32]) -> tuple[str, int, type, tuple[int, ...], int]:
    return "cpu", 0, np.float32, array.shape, array.ctypes.data


def _session(data: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(data, options, providers=[CPU])
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
    nodes = [*session.get_inputs(), *session.get_outputs()]
    found = {node.name: list(node.shape[1:]) for node in nodes}
    expected = {INPUT: list(game.planes), "logits": [game.actions], "wdl": [3]}
    if found != expected:
        raise ModelError(f"the model's shapes are {found}, {game.name} needs {expected}")
    fixed = next((node for node in nodes if isinstance(node.shape[0], int)), None)
    if fixed is not None:
        raise ModelError(
            f"the model's {fixed.name} has the shape {fixed.shape}, batches of any size are needed"
        )
