"""Going back: what a learner does by itself when its loss explodes or its strength is lost.

It takes weights, optimizer and step of the last good checkpoint, lowers its learning rate,
publishes what it went back to and tells of it. The snapshots of the steps that it gave up are
removed: those steps are taken again, and their names belong to what is published then. Which
weights a name stands for is told by the sha256 on the model's card.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from engine.errors import ModelError
from engine.evaluator.onnx import ModelCard, read_card
from storage.layout import RunPaths
from storage.models import Models
from storage.verdicts import read_verdicts
from trainer import checkpoint
from trainer.divergence import Diverged, GaveUp, Relapsed
from trainer.journal import Journal
from trainer.learner import Learner, StepReport

LOG = logging.getLogger(__name__)


class Safeguard:
    """Takes the learner's steps and keeps the checkpoints that it can go back to.

    `tell(message)` says at once what happened; `seconds()` are those of training so far;
    `iteration` is that of the loop, for the checkpoints.
    """

    def __init__(
        self,
        learner: Learner,
        paths: RunPaths,
        models: Models,
        journal: Journal,
        tell: Callable[[str], None],
        seconds: Callable[[], float],
        iteration: int = 0,
    ) -> None:
        self.iteration = iteration
        self._learner = learner
        self._paths = paths
        self._models = models
        self._journal = journal
        self._tell = tell
        self._seconds = seconds
        self._saved = learner.step

    def train_step(self) -> StepReport | None:
        """One step, or None where it failed and the learner went back; raises GaveUp."""
        learner = self._learner
        if learner.step == 0:
            self._save()  # so that there is always something to go back to
        try:
            return learner.train_step()
        except Diverged as trouble:
            # A checkpoint that has just led to the same trouble is no good one.
            again = learner.setbacks.in_a_row > 0 and self._saved == learner.setbacks.restored
            best = self._best() if again else None
            self._go_back(trouble, best or self._paths.checkpoint)
            return None

    def heed_the_referee(self) -> bool:
        """Go back to the best model if the referee reports a relapse; whether the learner did.

        Raises GaveUp.
        """
        relapse, setbacks = read_verdicts(self._paths).relapse, self._learner.setbacks
        if relapse is None or relapse.at == setbacks.answered:
            return False
        setbacks.answered = relapse.at
        if relapse.step > self._learner.step:
            return False  # a model that was given up already
        low, high = relapse.interval
        trouble = Relapsed(
            f"step {relapse.step} scores {relapse.score:.1%} ({low:.1%} to {high:.1%}) against the"
            f" best model, step {relapse.against}"
        )
        best = self._best()
        if best is None:
            message = f"{trouble}; its checkpoint is not kept any more, the learner goes on"
            LOG.error(message)
            self._journal.report(trouble.kind, relapse.step, message, None)
            self._tell(message)
            return False
        self._go_back(trouble, best)
        return True

    @property
    def is_calm(self) -> bool:
        """Whether what the learner is now may be published and gone back to."""
        return self._learner.losses.is_calm

    def keep(self) -> None:
        """Write the checkpoint of a model that was just published."""
        self._save()
        most, best = self._learner.settings.learner.keep_snapshots, self._best_card()
        checkpoint.keep(self._paths, self._learner.step, most, best.step if best else None)

    def finish(self) -> None:
        """Write the checkpoint of what was learnt since the last one."""
        if self.is_calm and self._learner.step != self._saved:
            self._save()

    def _save(self) -> None:
        checkpoint.save(self._learner, self._paths, self._seconds(), self.iteration)
        self._saved = self._learner.step

    def _best(self) -> Path | None:
        """The checkpoint that best.onnx was exported with, if it is still kept."""
        card = self._best_card()
        if card is None:
            return None
        path = self._paths.checkpoint_of(card.step)
        return path if checkpoint.weights_of(path) == card.sha256 else None

    def _best_card(self) -> ModelCard | None:
        data = self._models.best()
        try:
            return None if data is None else read_card(data)
        except ModelError as error:
            LOG.warning("best.onnx cannot be gone back to: %s", error)
            return None

    def _go_back(self, trouble: Diverged, good: Path) -> None:
        learner, settings = self._learner, self._learner.settings
        setbacks, failed = learner.setbacks, learner.step
        checkpoint.go_back(learner, good)
        # Nothing has happened until it is saved: whoever is killed before does all of it anew.
        self._saved = learner.step
        helpless = setbacks.count(failed, learner.step, settings.learner)
        setbacks.undone = max(setbacks.undone, self.iteration * settings.loop.steps - learner.step)
        self._publish()
        checkpoint.forget_after(self._paths, learner.step)
        self._save()
        message = (
            f"{trouble}; the learner is back at step {learner.step}, its learning rate"
            f" multiplied by {setbacks.rate_factor:g}"
        )
        self._journal.forget_after(learner.step)
        self._journal.report(trouble.kind, failed, message, learner.step)
        self._tell(message)
        if helpless:
            raise GaveUp(
                f"{message}; going back did not help {settings.learner.most_rollbacks} times: lower"
                f" learner.learning_rate = {settings.learner.learning_rate:g} or look at the games,"
                " and start again"
            )
        LOG.error(message)

    def _publish(self) -> None:
        """Replace latest.onnx by what the learner went back to, once there is one."""
        learner = self._learner
        if self._models.latest() is not None:
            self._models.publish(learner.export(), learner.step)
        self._models.forget_after(learner.step)
        self._journal.model_changed([])
