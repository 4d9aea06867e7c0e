"""What a run has cost so far: each process adds up its own share and keeps it in a file.

The files outlive restarts, and the work of a process that was killed is lost for the last seconds
alone. What is spent stays spent: a learner that returns to an earlier checkpoint does not undo it.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt, ValidationError

from engine.errors import StorageError
from storage.atomic import read_json, write_json
from storage.layout import RunPaths

SAVE_SECONDS = 5.0


@dataclass
class Spent:
    """What was spent: evaluations of the network, its operations, processor time.

    `flops` count a multiplication and an addition as two. `core_seconds` are those of all threads
    of the processes that play and learn.
    """

    evaluations: int = 0
    flops: float = 0.0
    core_seconds: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.evaluations + other.evaluations,
            self.flops + other.flops,
            self.core_seconds + other.core_seconds,
        )


class Effort:
    """The share of the process called `name`; raises StorageError for a damaged file."""

    def __init__(self, paths: RunPaths, name: str) -> None:
        self._path = paths.effort(name)
        self._before = _read(paths, name)
        self._now = Spent()
        self._began = time.process_time()
        self._saved = time.monotonic()

    def add(self, evaluations: int = 0, flops: float = 0.0) -> None:
        """Count evaluations, and operations of the network; processor time is counted anyway."""
        self._now.evaluations += evaluations
        self._now.flops += flops

    def save(self, force: bool = False) -> None:
        """Keep what was spent, at most every few seconds unless forced; raises StorageError."""
        if force or time.monotonic() - self._saved >= SAVE_SECONDS:
            self._saved = time.monotonic()
            self._now.core_seconds = time.process_time() - self._began
            write_json(self._path, asdict(self._before + self._now))


def spent(paths: RunPaths) -> Spent:
    """What all processes of the run have spent; raises StorageError."""
    names = sorted(path.stem for path in paths.efforts.glob("*.json"))
    return sum((_read(paths, name) for name in names), Spent())


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid")

    evaluations: NonNegativeInt
    flops: NonNegativeFloat
    core_seconds: NonNegativeFloat


def _read(paths: RunPaths, name: str) -> Spent:
    content = read_json(paths.effort(name))
    if content is None:
        return Spent()
    try:
        return Spent(**_Kept.model_validate(content).model_dump())
    except ValidationError as error:
        wrong = error.errors()[0]
        raise StorageError(
            f"{paths.effort(name)} is damaged: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']};"
            " delete it to go on, the cost of the run is then counted too low"
        ) from None
