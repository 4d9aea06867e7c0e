"""A model in the server's memory: who it is, and the trees that are searched with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from engine.config import SearchSettings
from engine.evaluator import Evaluator
from engine.evaluator.onnx import ModelCard, OnnxEvaluator
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.search import search
from engine.search.live import Live, Minds
from web.schemas import ModelOut

UNIFORM = ModelOut(name="uniform", step=None, published_at=None, sha256=None)
"""No model at all: the search alone."""

MINDS = 8
"""Trees that are kept per model, for as many people who play with it at once."""


@dataclass(frozen=True)
class Loaded:
    """Who the model is, and its trees; each tree judges with buffers of its own."""

    model: ModelOut
    minds: Minds


@dataclass(frozen=True)
class Loader:
    """Makes models ready to play a game; a tree holds `most` simulations."""

    game: Game
    search: SearchSettings
    most: int

    def uniform(self) -> Loaded:
        """The search alone."""
        return self._with_minds(lambda: UniformEvaluator(self.game), UNIFORM)

    def load(self, data: bytes, name: Callable[[ModelCard], ModelOut]) -> Loaded:
        """A model from the bytes of its file, called as `name` says of its card.

        Raises ModelError for what does not fit the game, EvaluationError for a network that has
        diverged.
        """
        evaluator = OnnxEvaluator(self.game, data)
        # A network that has diverged is met here and not by the person who plays.
        search(self.game, self.game.new()[None], 1, evaluator)
        return self._with_minds(evaluator.twin, name(evaluator.card))

    def _with_minds(self, judge: Callable[[], Evaluator], model: ModelOut) -> Loaded:
        tree = partial(_tree, self.game, judge, self.most, self.search)
        return Loaded(model, Minds(tree, MINDS))


def _tree(game: Game, judge: Callable[[], Evaluator], most: int, settings: SearchSettings) -> Live:
    return Live(game, judge(), most, settings)
