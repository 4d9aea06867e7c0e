"""What a run's learner was started with, so that a model can tell how it was made.

Commands are written from the settings in force, not from what somebody typed: a flag, a variable of
the environment and a configuration file all show, and the command alone repeats the run.
"""

from __future__ import annotations

import os
import shlex
import time
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.config import Settings
from engine.errors import StorageError
from engine.machine import machine
from engine.sources import changes
from storage.atomic import explain, read_whole
from storage.layout import RunPaths

Way = Literal["continuous", "loop"]

COMMANDS: dict[Way, str] = {
    "continuous": "./scripts/start_training.sh",
    "loop": "python -m trainer loop",
}
SAYS_NOTHING = ("run.", "storage.data_dir=", "storage.zoo_dir=", "web.")
"""Settings that change no model, or stand in the command as a flag of their own."""


class Start(BaseModel):
    """A start of the learner: when (seconds since the epoch), the command, the machine."""

    model_config = ConfigDict(extra="forbid")

    at: float
    seed: int
    command: str
    compute: str


def note_start(paths: RunPaths, settings: Settings, way: Way) -> None:
    """Add a line to the run's starts; raises StorageError."""
    start = Start(
        at=time.time(),
        seed=settings.run.seed,
        command=command_of(settings, way),
        compute=machine(),
    )
    line = start.model_dump_json().encode() + b"\n"
    try:
        # One write of a whole line: a process killed here leaves the line or nothing.
        descriptor = os.open(paths.starts, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise explain(f"cannot write {paths.starts}", error) from None


def read_starts(paths: RunPaths) -> list[Start]:
    """All starts, the first one first; raises StorageError naming a line that is damaged."""
    lines = (read_whole(paths.starts) or b"").splitlines()
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(Start.model_validate_json(line))
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise StorageError(
                f"{paths.starts}, line {number} is damaged: {reason}; remove that line"
            ) from None
    return found


def command_of(settings: Settings, way: Way) -> str:
    """The command that trains with these settings, game and seed first."""
    words = shlex.split(COMMANDS[way])
    words += ["--game", settings.run.game, "--seed", str(settings.run.seed)]
    for assignment in changes(settings):
        if not assignment.startswith(SAYS_NOTHING):
            words += ["--set", assignment]
    return shlex.join(words)
