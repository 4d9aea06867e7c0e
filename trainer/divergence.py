"""How a learner that nobody watches notices that it has gone wrong, and what it remembers of it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from engine.config import LearnerSettings
from engine.errors import CartridgeError

REFERENCE_STEPS = 500
"""So many calm steps make the median that a loss is compared with."""
FEWEST_STEPS = 100
"""Before that many the loss falls too fast for its median to mean much."""


class Diverged(CartridgeError):
    """The loss or the gradient is no longer a finite number."""

    kind = "diverged"


class Exploded(Diverged):
    """The loss stayed far above what it was."""

    kind = "exploded"


class Relapsed(Diverged):
    """The referee found the network significantly weaker than the best model of its run."""

    kind = "relapsed"


class GaveUp(CartridgeError):
    """Going back did not help; a person must look at the settings."""


class LossWatch:
    """Tells a loss that has exploded from one that fluctuates.

    A loss above `explosion_factor` times the median of the last calm steps is raised; raised
    losses do not enter that median, and `explosion_steps` of them in a row are an explosion.
    """

    def __init__(self, settings: LearnerSettings) -> None:
        self._factor = settings.explosion_factor
        self._most = settings.explosion_steps
        self._calm: deque[float] = deque(maxlen=REFERENCE_STEPS)
        self._raised = 0

    @property
    def is_calm(self) -> bool:
        """Whether the last loss was an ordinary one: only then is a checkpoint a good one."""
        return self._raised == 0

    def start_anew(self) -> None:
        """The weights are other ones now; the median stays what is to be expected of them."""
        self._raised = 0

    def look(self, step: int, loss: float) -> None:
        """Take note of the loss of a step; raises Exploded."""
        median = float(np.median(self._calm)) if len(self._calm) >= FEWEST_STEPS else np.inf
        if loss <= self._factor * median:
            self._calm.append(loss)
            self._raised = 0
            return
        self._raised += 1
        if self._raised >= self._most:
            raise Exploded(
                f"step {step}: loss {loss:.4g} is the last of {self._most} in a row above"
                f" {self._factor:g} times the median of {median:.4g}"
            )


@dataclass
class Setbacks:
    """How often a learner went back; going back does not undo it, and a restart keeps it."""

    rate_factor: float = 1.0
    """What the scheduled learning rate is multiplied by."""
    in_a_row: int = 0
    """Rollbacks without `rollback_span` steps of progress between one and the next."""
    furthest: int = 0
    """The last step that was taken before any of them."""
    restored: int = -1
    """The step that the last of them went back to; -1 = there was none."""
    undone: int = 0
    """Steps of finished iterations that `trainer loop` has lost and does not make up for."""
    answered: float = 0.0
    """`at` of the referee's last relapse that was acted on."""

    def count(self, failed: int, restored: int, settings: LearnerSettings) -> bool:
        """Note that the learner went back from step `failed` to `restored`.

        Lowers the learning rate; tells whether it was once too often.
        """
        if failed > self.furthest + settings.rollback_span:
            self.in_a_row = 0
        self.in_a_row += 1
        self.furthest = max(self.furthest, failed)
        self.restored = restored
        self.rate_factor *= settings.rollback_factor
        helpless = self.in_a_row > settings.most_rollbacks
        if helpless:
            self.in_a_row = 0  # whoever starts the learner again has changed something
        return helpless
