"""The stats of any run as a document: one reading serves all who follow it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from engine.config import Settings
from web.runs import Runs
from web.schemas import StatsOut
from web.shelf import Shelf
from web.stats import collect, etag
from web.trainings import Trainings

FRESH_SECONDS = 0.9
"""How old a document may be that is sent to those who follow a run."""


@dataclass(frozen=True)
class Document:
    """The stats as JSON. `tag` changes with them, `gist` only if more than an age has changed."""

    body: str
    tag: str
    gist: str


class Documents:
    """Reads the stats of the server's run and of every other one; used by any thread."""

    def __init__(self, settings: Settings, runs: Runs, shelf: Shelf, trainings: Trainings) -> None:
        self._settings = settings
        self._runs = runs
        self._shelf = shelf
        self._trainings = trainings
        self._lock = Lock()
        self._read: dict[str, tuple[float, Document]] = {}

    def stats(self, run: str | None) -> StatsOut:
        """The stats as they are now; None = the server's run.

        HTTP 404 for an unknown run; raises StorageError for files that do not fit.
        """
        name = self._settings.run_name if run is None else run
        settings = self._runs.settings(name)
        served = self._shelf.of(settings.run.game, None if run is None else name)
        return collect(settings, self._trainings.state(name), served.glance)

    def newest(self, run: str | None) -> Document:
        """The same as a document, which may be `FRESH_SECONDS` old."""
        name = run or self._settings.run_name
        with self._lock:
            moment, document = self._read.get(name, (0.0, None))
            if document is None or time.monotonic() - moment >= FRESH_SECONDS:
                document = _document(self.stats(run))
                self._read[name] = time.monotonic(), document
            return document


def _document(stats: StatsOut) -> Document:
    body = stats.model_dump_json()
    rest = json.loads(body)
    for process in rest["processes"]:
        del process["age_seconds"], process["rates"]
    return Document(body, etag(body.encode()), etag(json.dumps(rest).encode()))


class Following:
    """What one reader has of a run's documents: says when the newest is worth sending."""

    def __init__(self, read: Callable[[], Document], patience: float) -> None:
        self._read = read
        self._patience = patience
        self._sent = ("", "", 0.0)

    def news(self) -> Document | None:
        """The newest document, None while it is what was sent; ages alone wait for a while."""
        document, now = self._read(), time.monotonic()
        tag, gist, moment = self._sent
        if document.tag == tag or (document.gist == gist and now - moment < self._patience):
            return None
        self._sent = document.tag, document.gist, now
        return document
