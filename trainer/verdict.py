"""The end of a run that has a time budget: its last model is judged before all processes end."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.evaluator.onnx import read_card
from storage.evaluations import read_evaluations
from storage.layout import RunPaths
from storage.models import Models
from storage.stats import heartbeats

LOOK_SECONDS = 0.5


def await_verdict(
    paths: RunPaths, models: Models, stop: Callable[[], bool], tell: Callable[[], object]
) -> None:
    """Wait until the latest model is judged; without a living referee, not at all.

    `tell` is called while it waits, so that this process gives a sign of life. Otherwise the model
    that the page offers first would be an older one for good. Raises StorageError for a damaged
    evaluations.json.
    """
    data = models.latest()
    if data is None:
        return
    sha256 = read_card(data).sha256
    while not stop():
        tell()
        if read_evaluations(paths).knows(sha256):
            return
        if not any(beat.alive and beat.name == "referee" for beat in heartbeats(paths)):
            return
        time.sleep(LOOK_SECONDS)
