"""What the learner tells the page (stats.json), and the processes' signs of life (heartbeats/)."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, FiniteFloat, ValidationError

from engine.errors import StorageError
from engine.evaluator.report import Report
from storage.atomic import read_json, remove, write_json
from storage.layout import RunPaths

ALIVE_SECONDS = 10.0
"""A process that has not beaten for that long counts as gone."""

_BEAT_SECONDS = 1.0


def write_stats(paths: RunPaths, stats: Mapping[str, Any]) -> None:
    """Replace stats.json, adding `updated_at` (seconds since the epoch); raises StorageError."""
    write_json(paths.stats, {**stats, "updated_at": time.time()})


def read_stats(paths: RunPaths) -> dict[str, Any] | None:
    """The content of stats.json, None before the first was written; raises StorageError."""
    return read_json(paths.stats)


FINISHED = "finished"
"""The message in stats.json of a learner whose time is over."""


class Heart:
    """The sign of life of one process: a file that it rewrites while it lives."""

    def __init__(self, paths: RunPaths, name: str) -> None:
        self._path = paths.heartbeat(name)
        self._name = name
        self._beaten: float | None = None

    def beat(
        self,
        state: str,
        rates: Mapping[str, float],
        force: bool = False,
        evaluator: Report | None = None,
    ) -> bool:
        """Tell what the process does, at most once a second unless forced; raises StorageError.

        Returns whether it was told. `state` is in its own words, `rates` are counts per second,
        `evaluator` is what judges its positions, if it plays with a model.
        """
        now = time.monotonic()
        if not force and self._beaten is not None and now - self._beaten < _BEAT_SECONDS:
            return False
        self._beaten = now
        beat = {"name": self._name, "state": state, "rates": dict(rates)}
        judge = {"evaluator": asdict(evaluator) if evaluator else None}
        # All processes of a machine share this clock, and nobody can set it.
        write_json(self._path, {**beat, **judge, "pid": os.getpid(), "at": time.monotonic()})
        return True

    def stop(self) -> None:
        """Remove the sign of life: the process ends as it should. Raises StorageError."""
        remove(self._path)


@dataclass(frozen=True)
class Heartbeat:
    """The last sign of life of a process; `age_seconds` old, alive if younger than 10 s."""

    name: str
    state: str
    rates: dict[str, float]
    pid: int
    age_seconds: float
    alive: bool
    evaluator: Report | None = None


def heartbeats(paths: RunPaths) -> list[Heartbeat]:
    """The last sign of life of every process of the run, by name; empty if there are none.

    A damaged file is a process that is not alive; its state says what is wrong.
    """
    read = (_read(path) for path in sorted(paths.heartbeats.glob("*.json")))
    return [beat for beat in read if beat is not None]


class _Beat(BaseModel):
    name: str
    state: str
    rates: dict[str, FiniteFloat]
    pid: int
    at: FiniteFloat
    evaluator: Report | None = None


def _read(path: Path) -> Heartbeat | None:
    try:
        written = path.stat().st_mtime
    except FileNotFoundError:
        return None  # the process has ended as it should since the folder was listed
    try:
        content = read_json(path)
        if content is None:
            return None
        beat = _Beat.model_validate(content)
    except StorageError as error:
        return _damaged(path, written, str(error))
    except ValidationError as error:
        wrong = error.errors()[0]
        return _damaged(path, written, f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}")
    age = time.monotonic() - beat.at
    alive = 0 <= age < ALIVE_SECONDS
    if age < 0:  # the machine was started anew since
        age = _age(written)
    return Heartbeat(beat.name, beat.state, beat.rates, beat.pid, age, alive, beat.evaluator)


def _damaged(path: Path, written: float, cause: str) -> Heartbeat:
    return Heartbeat(path.stem, f"unreadable: {cause}", {}, 0, _age(written), alive=False)


def _age(moment: float) -> float:
    # A clock that was set back must not make anything younger than now.
    return max(0.0, time.time() - moment)
