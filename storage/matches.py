"""The games of a run's matches, so that each can be played through again: a line for each meeting.

matches/tournament.jsonl   meetings of the ladder's players, written by who holds the ladder's lock
        referee.jsonl      challenges of the best model, written by who holds the referee's lock
        *.old.jsonl        the lines before those: when a file is full it becomes the old one

A meeting is written before the result that it adds to (ratings.json, evaluations.json), so no
result is without its games as long as they are kept. Who is killed between the two writes plays the
same meeting again, and of two lines about one meeting the later one counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from engine.errors import StorageError
from storage.atomic import explain, read_whole
from storage.layout import RunPaths

MOST_BYTES = 8 * 1024 * 1024
"""A file that has grown beyond this is put aside, and the one put aside before it is forgotten."""

Occasion = Literal["tournament", "referee"]
"""Who let the two play: the ladder, or the referee who looks for the best model."""
OCCASIONS: tuple[Occasion, ...] = get_args(Occasion)

Count = Annotated[int, Field(ge=0)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MatchGame(_Line):
    """A game from the start position: `side` is the player that `first` was, 0 moved first.

    `result` is the final margin for player 0. The first `opening` moves were given.
    """

    moves: list[Count]
    opening: Count
    side: Literal[0, 1]
    result: int


class Meeting(_Line):
    """Games that two players were sent to play together, the `number`-th time.

    Players have the names that they have in the ladder; models are told apart by the sha256 of
    their weights as well. `at` is in seconds since the epoch.
    """

    first: str
    second: str
    first_sha256: str | None = None
    second_sha256: str | None = None
    number: Count
    at: FiniteFloat
    games: list[MatchGame]

    @property
    def identity(self) -> tuple[str, str, str | None, str | None, int]:
        """What two lines about the same meeting share."""
        return self.first, self.second, self.first_sha256, self.second_sha256, self.number


def append_meeting(paths: RunPaths, occasion: Occasion, meeting: Meeting) -> None:
    """Add a line, durably, all or nothing; the caller holds the lock. Raises StorageError."""
    path = paths.matches(occasion)
    line = meeting.model_dump_json().encode() + b"\n"
    try:
        path.parent.mkdir(exist_ok=True)
        if path.exists() and path.stat().st_size + len(line) > MOST_BYTES:
            os.replace(path, paths.old_matches(occasion))
        _append(path, line)
    except OSError as error:
        raise explain(f"cannot write {path}", error) from None


def read_meetings(paths: RunPaths, occasion: Occasion) -> list[Meeting]:
    """All meetings that are kept, the oldest first; raises StorageError naming a damaged line."""
    # The newer file first: if it is put aside meanwhile, its lines are read twice and not never.
    newer = list(_lines(paths.matches(occasion)))
    found: dict[tuple[object, ...], Meeting] = {}
    for meeting in (*_lines(paths.old_matches(occasion)), *newer):
        found.pop(meeting.identity, None)  # a repetition takes its own place in time
        found[meeting.identity] = meeting
    return list(found.values())


def matches_signature(paths: RunPaths) -> tuple[tuple[int, int, int], ...]:
    """What changes whenever a meeting was added; raises StorageError."""
    return tuple(
        _signature(path)
        for occasion in OCCASIONS
        for path in (paths.matches(occasion), paths.old_matches(occasion))
    )


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        # What a killed writer left of a line was never counted anywhere.
        end = _whole(descriptor)
        os.ftruncate(descriptor, end)
        os.lseek(descriptor, end, os.SEEK_SET)
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, end)
            raise
    finally:
        os.close(descriptor)


def _whole(descriptor: int) -> int:
    """Where the last whole line ends."""
    end = os.lseek(descriptor, 0, os.SEEK_END)
    while end > 0:
        start = max(0, end - 4096)
        block = os.pread(descriptor, end - start, start)
        found = block.rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _lines(path: Path) -> Iterator[Meeting]:
    data = read_whole(path) or b""
    for number, line in enumerate(data[: data.rfind(b"\n") + 1].splitlines(), 1):
        try:
            yield Meeting.model_validate_json(line)
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise StorageError(
                f"{path}, line {number} is damaged: {reason}; remove that line"
            ) from None


def _signature(path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0, 0
    except OSError as error:
        raise explain(f"cannot look at {path}", error) from None
    return status.st_mtime_ns, status.st_size, status.st_ino
