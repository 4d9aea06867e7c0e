"""What the learner tells the world: stats.json with its history, and the console."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict
from typing import Any

from engine.config import Settings
from engine.errors import ModelError
from engine.evaluator.onnx import read_card
from storage.layout import RunPaths
from storage.models import Models
from storage.replay import Replay, Totals
from storage.stats import heartbeats, read_stats, write_stats
from trainer.alarms import Alarms, Figure, Moment
from trainer.learner import Learner, StepReport
from trainer.quality import Measured

LOG = logging.getLogger(__name__)

MOST_INCIDENTS = 100
MOST_ROWS = 800
"""Beyond that every second row is dropped, so that stats.json stays small for ever."""


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
        self._totals = Totals(0, 0, 0)
        before = read_stats(paths) or {}
        self.history: list[dict[str, Any]] = before.get("history", [])
        self.evaluations: list[dict[str, Any]] = before.get("evaluations", [])
        self.accuracy: list[dict[str, Any]] = before.get("accuracy", [])
        self.incidents: list[dict[str, Any]] = before.get("incidents", [])
        self.qualities: list[dict[str, Any]] = (before.get("quality") or {}).get("history", [])
        self._alarms = Alarms(settings)
        self._model = self._describe_model()

    def forget_after(self, step: int) -> None:
        """Drop rows of steps that were taken after the checkpoint and are about to be repeated."""
        self._pending = []
        self.history = [row for row in self.history if row["step"] <= step]
        self.evaluations = [row for row in self.evaluations if row["step"] <= step]
        self.accuracy = [row for row in self.accuracy if row["step"] <= step]
        self.qualities = [row for row in self.qualities if row["step"] <= step]

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

    def model_changed(self, accuracy: dict[str, Any] | None) -> None:
        """The latest model is a new one; `accuracy` is its row, if it was measured."""
        self._model = self._describe_model()
        if accuracy is not None:
            self.accuracy.append(accuracy)
            if len(self.accuracy) > MOST_ROWS:
                self.accuracy = self.accuracy[::2]

    def write(
        self, learner: Learner, replay: Replay, message: str, seconds: float, force: bool = False
    ) -> None:
        """Write stats.json if it is due; `seconds` of training so far."""
        now = time.monotonic()
        if not force and now - self._written < self._seconds:
            return
        self._written = now
        totals = replay.totals()
        measured = learner.quality.measure()
        figures = self._alarms.look(measured, self._moment(learner, replay))
        if self._pending:
            self._add_row(learner, totals, seconds, now)
            self._add_quality(learner.step, seconds, figures)
        content = self._content(learner, totals, message)
        write_stats(self._paths, {**content, "quality": self._quality(measured, figures)})

    def steps_per_second(self) -> float:
        """As the newest row of the history tells, 0 before the first."""
        return float(self.history[-1]["steps_per_second"]) if self.history else 0.0

    def _add_row(self, learner: Learner, totals: Totals, seconds: float, now: float) -> None:
        elapsed = max(now - self._row_began, 1e-9)
        columns = [asdict(report) for report in self._pending]
        means = {name: sum(c[name] for c in columns) / len(columns) for name in columns[0]}
        started = self._totals.games > 0
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
            }
        )
        if len(self.history) > MOST_ROWS:
            self.history = self.history[::2]
        self._pending = []
        self._row_began, self._totals = now, totals

    def _moment(self, learner: Learner, replay: Replay) -> Moment:
        oldest = replay.origin(learner.contents.games[0][0]) if learner.contents.games else None
        return Moment(learner.step, oldest, heartbeats(self._paths), time.time())

    def _add_quality(self, step: int, seconds: float, figures: list[Figure]) -> None:
        # Four digits: the file is read again and again, and nobody sees the fifth in a curve.
        values = {f.name: None if f.value is None else float(f"{f.value:.4g}") for f in figures}
        self.qualities.append({"step": step, "seconds": round(seconds, 1), "values": values})
        if len(self.qualities) > MOST_ROWS:
            self.qualities = self.qualities[::2]

    def _quality(self, measured: Measured, figures: list[Figure]) -> dict[str, Any]:
        return {
            "games": measured.games,
            "positions": measured.positions,
            "figures": [asdict(figure) for figure in figures],
            "calibration": [asdict(part) for part in measured.calibration],
            "lengths": asdict(measured.lengths) if measured.lengths else None,
            "first_moves": [asdict(move) for move in measured.first_moves],
            "history": self.qualities,
        }

    def _content(self, learner: Learner, totals: Totals, message: str) -> dict[str, Any]:
        return {
            "run": self._settings.run_name,
            "game": learner.game.name,
            "model": self._model,
            "step": learner.step,
            "horizon_steps": self._settings.learner.horizon_steps,
            "games": totals.games,
            "positions": totals.positions,
            "window_positions": len(learner.window),
            "samples_used": learner.samples_used,
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
