"""The part of stats.json that tells of the data: figures, what is behind them, their history."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from engine.config import Settings
from storage.layout import RunPaths
from storage.replay import Replay
from storage.stats import heartbeats
from trainer.alarms import Alarms, Figure, Moment
from trainer.learner import Learner
from trainer.thinning import thinned

MOST_ROWS = 200
"""Beyond that the history is thinned: stats.json is written and read every two seconds."""


class QualityReport:
    """Measures the data of a run at each report of the learner and keeps the history."""

    def __init__(self, settings: Settings, paths: RunPaths, before: Mapping[str, Any]) -> None:
        """`before` is the stats.json of the run so far, empty for a new one."""
        self._paths = paths
        self._alarms = Alarms(settings)
        self._history: list[dict[str, Any]] = (before.get("quality") or {}).get("history", [])

    def forget_after(self, step: int) -> None:
        """Drop rows of steps that were taken after the checkpoint and are about to be repeated."""
        self._history = [row for row in self._history if row["step"] <= step]

    def content(self, learner: Learner, replay: Replay, seconds: float) -> dict[str, Any]:
        """Measure, raise or end alarms; returns `quality` of stats.json.

        The history gets a row if a step was taken since its last one. Raises StorageError.
        """
        measured = learner.quality.measure()
        games = learner.contents.games
        oldest = replay.origin(games[0][0]) if games else None
        moment = Moment(learner.step, oldest, heartbeats(self._paths), time.time())
        figures = self._alarms.look(measured, moment)
        if learner.step > (self._history[-1]["step"] if self._history else 0):
            self._history = thinned(
                [*self._history, _row(learner.step, seconds, figures)], MOST_ROWS
            )
        return {
            "games": measured.games,
            "positions": measured.positions,
            "figures": [asdict(figure) for figure in figures],
            "calibration": [asdict(part) for part in measured.calibration],
            "lengths": asdict(measured.lengths) if measured.lengths else None,
            "first_moves": [asdict(move) for move in measured.first_moves],
            "history": self._history,
        }


def _row(step: int, seconds: float, figures: list[Figure]) -> dict[str, Any]:
    # Four digits: nobody sees the fifth in a curve.
    values = {f.name: None if f.value is None else float(f"{f.value:.4g}") for f in figures}
    return {"step": step, "seconds": round(seconds, 1), "values": values}
