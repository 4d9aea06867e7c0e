"""All self-play processes of one machine: started, watched, restarted, stopped together."""

from __future__ import annotations

import logging
import multiprocessing as mp
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import astuple, fields
from multiprocessing.context import SpawnProcess
from typing import Any, Protocol

from actor.selfplay import Counters, always
from actor.worker import work
from engine.cli import LogFormat, cores, start_logging
from engine.config import Settings
from engine.errors import CartridgeError

LOG = logging.getLogger(__name__)

MOST_DEATHS = 5
"""After that many deaths of workers in a row within a minute the crew gives up."""

_FIELDS = len(fields(Counters))


class Body(Protocol):
    """What a worker does; see `actor.worker.work`."""

    def __call__(
        self,
        settings: Settings,
        worker: int,
        may_begin: Callable[[], bool],
        publish: Callable[[Counters], None],
    ) -> None:
        """Play until told to stop or until `may_begin` refuses; `publish` what was done."""


class Crew:
    """`selfplay.workers` processes, each with an even share of `max_episodes` games.

    They share no lock: a worker may be killed at any instant, and one that died with a lock in its
    hands would stop all the others for good.
    """

    def __init__(
        self, settings: Settings, max_episodes: int | None, shape: LogFormat, body: Body = work
    ) -> None:
        count = settings.selfplay.workers or cores()
        self._context = mp.get_context("spawn")
        self._settings = settings
        self._shape = shape
        self._body = body
        self._shares = [
            None if max_episodes is None else (max_episodes + count - 1 - worker) // count
            for worker in range(count)
        ]
        # One writer each, whose stores of 8 bytes are whole.
        self._counts: list[Any] = [self._context.RawArray("d", _FIELDS) for _ in range(count)]
        self._workers: list[SpawnProcess] = []
        self._deaths: list[float] = []
        self._signals = 0

    def run(self, report: Callable[[Counters], None]) -> None:
        """Play until SIGTERM, SIGINT or the last game; `report` is called twice a second.

        A worker that dies is replaced and named in the log. Raises CartridgeError when workers keep
        dying, or at once when one ended with an error that a restart cannot mend.
        """
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        self._workers = [self._start(worker) for worker in range(len(self._counts))]
        try:
            while any(worker.is_alive() for worker in self._workers) or self._replace_dead():
                time.sleep(0.5)
                self._replace_dead()
                report(self.counters())
        finally:
            if not self._signals:
                self._stop()
            for process in self._workers:
                process.join()
        report(self.counters())

    def counters(self) -> Counters:
        """The sum over all workers; times and waves included."""
        sums = [sum(array[i] for array in self._counts) for i in range(_FIELDS)]
        return Counters.of(sums)

    def _start(self, worker: int) -> SpawnProcess:
        process = self._context.Process(
            target=_work,
            args=(
                self._body,
                self._settings,
                worker,
                self._shares[worker],
                self._counts[worker],
                self._shape,
            ),
            name=f"actor-{worker}",
        )
        # A worker ignores Ctrl-C until it has handlers of its own; the crew speaks to it anyway.
        ours = signal.signal(signal.SIGINT, signal.SIG_IGN)
        process.start()
        signal.signal(signal.SIGINT, ours)
        return process

    def _replace_dead(self) -> bool:
        """Restart workers that died; returns whether one was restarted."""
        restarted = False
        for worker, process in enumerate(self._workers):
            if process.is_alive() or process.exitcode == 0 or self._signals:
                continue
            if process.exitcode in (1, 2):  # it has said why itself
                raise CartridgeError(f"actor-{worker} ended with exit code {process.exitcode}")
            self._deaths = [t for t in self._deaths if time.monotonic() - t < 60]
            self._deaths.append(time.monotonic())
            if len(self._deaths) > MOST_DEATHS:
                raise CartridgeError(f"{len(self._deaths)} workers died within a minute")
            LOG.warning("actor-%d died (exit code %s), starting it again", worker, process.exitcode)
            self._workers[worker] = self._start(worker)
            restarted = True
        return restarted

    def _stop(self, *_: object) -> None:
        """Ask the workers to end; a second signal kills them."""
        self._signals += 1
        for process in self._workers:
            if self._signals == 1:
                process.terminate()
            else:
                process.kill()

    @property
    def size(self) -> int:
        """How many workers there are."""
        return len(self._counts)


def _work(
    body: Body, settings: Settings, worker: int, share: int | None, counts: Any, shape: LogFormat
) -> None:
    """The body of a worker process."""
    start_logging(f"actor-{worker}", shape)
    # A restarted worker continues the count of the one that died, whose unfinished games it plays.
    before = list(counts)

    def publish(counters: Counters) -> None:
        for i, value in enumerate(astuple(counters)):
            counts[i] = before[i] + value

    may_begin = always if share is None else _as_often_as(share - Counters.of(before).games)
    try:
        body(settings, worker, may_begin, publish)
    except CartridgeError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def _as_often_as(times: int) -> Callable[[], bool]:
    """Answers yes so many times, then no."""
    left = iter(range(times))
    return lambda: next(left, None) is not None
