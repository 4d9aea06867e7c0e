"""What the learner tells the world: stats.json with its history, and the console."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict
from typing import Any

from engine.config import Settings
from engine.errors import ModelError
from engine.evaluator.onnx import read_card
from storage.effort import Effort, spent
from storage.events import Events
from storage.layout import RunPaths
from storage.models import Models
from storage.replay import Replay, Totals
from storage.stats import heartbeats, read_stats, write_stats
from trainer.flops import learning_flops
from trainer.learner import Learner, StepReport
from trainer.quality_report import QualityReport
from trainer.thinning import thinned
from trainer.throughput import throughput

LOG = logging.getLogger(__name__)

MOST_INCIDENTS = 100
MOST_ROWS = 600
"""Beyond that rows are thinned, so that stats.json stays small for ever."""
WHOLE_ROWS = 150
"""The newest rows that are kept as they are: five minutes."""


class Journal:
    """Averages steps into rows of the history and writes stats.json about every `seconds`."""

    def __init__(
        self, settings: Settings, paths: RunPaths, models: Models, seconds: float = 2.0
    ) -> None:
        self._settings = settings
        self._paths = paths
        self._models = models
        self._seconds = seconds
        self._written = 0.0
        self._pending: list[StepReport] = []
        self._row_began = time.monotonic()
        self._effort = Effort(paths, "trainer")
        self._totals = Totals(0, 0, 0)
        before = read_stats(paths) or {}
        self.history: list[dict[str, Any]] = before.get("history", [])
        self.evaluations: list[dict[str, Any]] = before.get("evaluations", [])
        # Older runs had one set, measured by the policy alone.
        self.accuracy: list[dict[str, Any]] = [
            {"set": "random", "simulations": 0, **row} for row in before.get("accuracy", [])
        ]
        self.incidents: list[dict[str, Any]] = before.get("incidents", [])
        self._quality = QualityReport(settings, paths, before)
        self._model = self._describe_model()
        self._events: Events | None = None

    def forget_after(self, step: int) -> None:
        """Drop rows of steps that were taken after the checkpoint and are about to be repeated."""
        self._pending = []
        self.history = [row for row in self.history if row["step"] <= step]
        self.evaluations = [row for row in self.evaluations if row["step"] <= step]
        self.accuracy = [row for row in self.accuracy if row["step"] <= step]
        self._quality.forget_after(step)
        if self._settings.learner.tensorboard:
            self._events = Events(self._paths.events("learner"), step + 1)

    def note(self, report: StepReport) -> None:
        """Add a step to the row that is being averaged."""
        self._pending.append(report)

    def report(self, kind: str, step: int, message: str, restored_step: int | None) -> None:
        """Add an incident of the learner at `step`, and the step that it went back to."""
        self.incidents.append(
            {
                "at": time.time(),
                "step": step,
                "kind": kind,
                "message": message,
                "restored_step": restored_step,
            }
        )
        self.incidents = self.incidents[-MOST_INCIDENTS:]

    def model_changed(self, accuracy: list[dict[str, Any]]) -> None:
        """The latest model is a new one; `accuracy` are its rows, as far as it was measured."""
        self._model = self._describe_model()
        self.accuracy += accuracy
        for row in accuracy:
            self._tell(f"accuracy/{row['set']}@{row['simulations']}", row)
        if len(self.accuracy) > MOST_ROWS:
            steps = sorted({row["step"] for row in self.accuracy})[::2]
            self.accuracy = [row for row in self.accuracy if row["step"] in steps]

    def write(
        self, learner: Learner, replay: Replay, message: str, seconds: float, force: bool = False
    ) -> None:
        """Write stats.json if it is due; `seconds` of training so far."""
        now = time.monotonic()
        if not force and now - self._written < self._seconds:
            return
        self._written = now
        totals = replay.totals()
        grown = bool(self._pending)
        if grown:
            self._add_row(learner, totals, seconds, now)
        quality = self._quality.content(learner, replay, seconds)
        if grown:
            row = quality["history"][-1]
            self._tell("quality", {"step": row["step"], **row["values"]})
        content = self._content(learner, totals, message, seconds)
        write_stats(self._paths, {**content, "quality": quality})

    def steps_per_second(self) -> float:
        """As the newest row of the history tells, 0 before the first."""
        return float(self.history[-1]["steps_per_second"]) if self.history else 0.0

    def _add_row(self, learner: Learner, totals: Totals, seconds: float, now: float) -> None:
        elapsed = max(now - self._row_began, 1e-9)
        columns = [asdict(report) for report in self._pending]
        means = {name: sum(c[name] for c in columns) / len(columns) for name in columns[0]}
        started = self._totals.games > 0
        samples = len(columns) * self._settings.learner.batch_size
        self._effort.add(flops=samples * learning_flops(learner.network, learner.game))
        self._effort.save(force=True)
        cost = spent(self._paths)
        self.history.append(
            {
                "step": learner.step,
                "seconds": seconds,
                "games": totals.games,
                "positions": totals.positions,
                **means,
                "games_per_second": (totals.games - self._totals.games) / elapsed * started,
                "positions_per_second": (totals.positions - self._totals.positions)
                / elapsed
                * started,
                "steps_per_second": len(self._pending) / elapsed,
                "core_seconds": cost.core_seconds,
                "flops": cost.flops,
                **throughput(heartbeats(self._paths)),
            }
        )
        self._tell("learner", self.history[-1])
        self.history = thinned(self.history, MOST_ROWS, WHOLE_ROWS)
        self._pending = []
        self._row_began, self._totals = now, totals

    def _tell(self, group: str, row: dict[str, Any]) -> None:
        """Give the numbers of a row to TensorBoard, if the settings say so."""
        if self._events is not None:
            self._events.write(group, row)

    def _content(
        self, learner: Learner, totals: Totals, message: str, seconds: float
    ) -> dict[str, Any]:
        budget = self._settings.learner.minutes
        return {
            "run": self._settings.run_name,
            "game": learner.game.name,
            "model": self._model,
            "step": learner.step,
            "horizon_steps": learner.horizon,
            "games": totals.games,
            "positions": totals.positions,
            "window_positions": len(learner.window),
            "samples_used": learner.samples_used,
            "seconds": round(seconds, 1),
            "budget_seconds": 60 * budget if budget else None,
            "message": message,
            "history": self.history,
            "evaluations": self.evaluations,
            "accuracy": self.accuracy,
            "incidents": self.incidents,
        }

    def _describe_model(self) -> dict[str, Any]:
        data = self._models.latest()
        if data is None:
            return {"name": "uniform", "step": None, "published_at": None, "sha256": None}
        try:
            card = read_card(data)
        except ModelError as error:
            # The next publication replaces it; until then nobody plays with it either.
            LOG.warning("latest.onnx cannot be used: %s", error)
            return {"name": "unreadable", "step": None, "published_at": None, "sha256": None}
        return {
            "name": f"step_{card.step:06d}",
            "step": card.step,
            "published_at": card.created_at,
            "sha256": card.sha256,
        }
