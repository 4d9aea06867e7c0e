"""The one switch of a run: paused or running. Actors and the learner look at it between games."""

from __future__ import annotations

from engine.errors import StorageError
from storage.atomic import read_json, write_json
from storage.layout import RunPaths


def set_paused(paths: RunPaths, paused: bool) -> None:
    """Pause the run's processes or let them go on; raises StorageError."""
    write_json(paths.control, {"paused": paused})


def is_paused(paths: RunPaths) -> bool:
    """Whether the run is paused; one that nobody ever paused runs. Raises StorageError."""
    content = read_json(paths.control)
    if content is None:
        return False
    paused = content.get("paused")
    if not isinstance(paused, bool):
        raise StorageError(
            f"{paths.control} is damaged: paused is {paused!r}, neither true nor false;"
            f" delete it to go on"
        )
    return paused
