"""The end of a run that has a time budget: its last model is judged before all processes end."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from engine.evaluator.onnx import read_card
from storage.evaluations import read_evaluations
from storage.layout import RunPaths
from storage.models import Models
from storage.stats import heartbeats

LOG = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
PATIENCE = 60.0
"""Seconds in which a silent referee counts as alive: it has the lowest priority, so actors and
learner may have kept it from giving a sign of life for long, and now they rest."""


def await_verdict(
    paths: RunPaths, models: Models, stop: Callable[[], bool], tell: Callable[[], object]
) -> None:
    """Wait until the latest model is judged; without a referee, not at all.

    `tell` is called while it waits, so that this process gives a sign of life. Otherwise the model
    that the page offers first would be an older one for good. Raises StorageError for a damaged
    evaluations.json.
    """
    data = models.latest()
    if data is None:
        return
    sha256 = read_card(data).sha256
    began = time.monotonic()
    while not stop():
        tell()
        if read_evaluations(paths).knows(sha256):
            return
        patient = time.monotonic() - began < PATIENCE
        referees = (beat for beat in heartbeats(paths) if beat.name == "referee")
        if not any(beat.alive or patient for beat in referees):
            LOG.warning("the last model is not judged: there is no referee, or it is silent")
            return
        time.sleep(LOOK_SECONDS)
