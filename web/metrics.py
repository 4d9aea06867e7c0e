"""What Prometheus reads: the server's own counters, and every run as its files tell.

https://prometheus.io/docs/instrumenting/exposition_formats/ ; names follow
https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Summary
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.errors import StorageError
from storage.layout import RunPaths
from storage.stats import Heartbeat, heartbeats, read_stats
from web.pool import Pool
from web.rates import Rates
from web.runs import Runs

log = logging.getLogger(__name__)

PREFIX = "cartridge"

COUNTS = {
    "step": "learner steps",
    "games": "games of self-play stored",
    "positions": "positions stored",
    "window_positions": "positions that samples are drawn from",
    "samples_used": "samples trained on",
    "updated_at": "when stats.json was written, seconds since the epoch",
}
"""The numbers of stats.json that every run has, by their name in the file."""


class Requests:
    """Counts what was asked over HTTP, by route and answer; one for each server."""

    def __init__(self, registry: CollectorRegistry) -> None:
        names = ["method", "route", "status"]
        self._count = Counter(
            f"{PREFIX}_http_requests", "requests answered", names, registry=registry
        )
        self._seconds = Summary(
            f"{PREFIX}_http_seconds",
            "from the request to the end of its answer",
            names[:2],
            registry=registry,
        )

    def note(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one request; whatever is no route of the API counts as the page."""
        route = getattr(scope.get("route"), "path", None) or "page"
        # Any word can be a method of HTTP: only what a route answers is worth a series.
        known = route != "page" or scope["method"] in ("GET", "HEAD")
        method = scope["method"] if known else "other"
        self._count.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)


class Counted:
    """Middleware that notes every request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its answer noted."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began, status = time.monotonic(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            requests: Requests = scope["app"].state.services.requests
            requests.note(scope, status, time.monotonic() - began)


@dataclass(frozen=True)
class Searches(Collector):
    """The pool of searches, as it is at the moment of reading."""

    pool: Pool
    rates: Rates

    def collect(self) -> Iterator[Metric]:
        """What Prometheus asks for."""
        pool = self.pool
        for name, text, value in (
            ("slots", "searches that compute at once at most", pool.slots),
            ("queue", "searches that wait for a turn at most", pool.queue),
            ("computing", "searches that compute now", pool.computing),
            ("waiting", "searches that wait for a turn now", pool.waiting),
        ):
            yield GaugeMetricFamily(f"{PREFIX}_searches_{name}", text, value=value)
        for name, text, total in (
            ("begun", "searches admitted", float(pool.begun)),
            ("cancelled", "searches that ended early: nobody waited any more", pool.cancelled),
            ("seconds", "what all searches took, their waiting included", pool.seconds),
        ):
            yield CounterMetricFamily(f"{PREFIX}_searches_{name}", text, value=total)
        refused = CounterMetricFamily(
            f"{PREFIX}_searches_refused", "searches refused with 429", labels=["reason"]
        )
        refused.add_metric(["queue"], pool.refused)
        refused.add_metric(["rate"], self.rates.refused)
        yield refused


@dataclass(frozen=True)
class RunFigures(Collector):
    """Every run's stats.json and heartbeats; a damaged file is a run that is not readable."""

    runs: Runs

    def collect(self) -> Iterator[Metric]:
        """What Prometheus asks for."""
        counts = {name: _gauge(f"run_{name}", text, "run") for name, text in COUNTS.items()}
        learning = _gauge("learning", "the newest row of the learner's history", "run", "figure")
        readable = _gauge("run_readable", "1 if its stats.json can be read, else 0", "run")
        alive = _gauge("process_alive", "1 if it beats, else 0", "run", "process")
        age = _gauge("process_age_seconds", "since its last sign of life", "run", "process")
        rate = _gauge("process_rate", "what it counts in a second", "run", "process", "figure")
        for run in self.runs.names():
            paths = self.runs.paths(run)
            for beat in heartbeats(paths):
                _add_beat(run, beat, alive, age, rate)
            readable.add_metric([run], float(_add_stats(run, paths, counts, learning)))
        yield from (*counts.values(), learning, readable, alive, age, rate)


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=labels)


def _add_beat(
    run: str,
    beat: Heartbeat,
    alive: GaugeMetricFamily,
    age: GaugeMetricFamily,
    rate: GaugeMetricFamily,
) -> None:
    alive.add_metric([run, beat.name], float(beat.alive))
    age.add_metric([run, beat.name], beat.age_seconds)
    for figure, value in beat.rates.items():
        rate.add_metric([run, beat.name, figure], value)


def _add_stats(
    run: str, paths: RunPaths, counts: dict[str, GaugeMetricFamily], learning: GaugeMetricFamily
) -> bool:
    try:
        stats = read_stats(paths)
    except StorageError as error:
        log.warning("/metrics without run %s: %s", run, error)
        return False
    if stats is None:
        return True
    for name, family in counts.items():
        if _is_number(stats.get(name)):
            family.add_metric([run], stats[name])
    history = stats.get("history")
    newest = history[-1] if isinstance(history, list) and history else {}
    if isinstance(newest, dict):
        for figure, value in newest.items():
            if _is_number(value):
                learning.add_metric([run, figure], value)
    return True


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
