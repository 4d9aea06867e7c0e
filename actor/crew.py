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
from typing import Any

from actor.selfplay import Counters
from actor.worker import work
from engine.cli import LogFormat, cores, start_logging
from engine.config import Settings
from engine.errors import CartridgeError

LOG = logging.getLogger(__name__)

MOST_DEATHS = 5
"""After that many deaths of workers in a row within a minute the crew gives up."""

_FIELDS = len(fields(Counters))


class Crew:
    """`selfplay.workers` processes that share a budget of games."""

    def __init__(self, settings: Settings, max_episodes: int | None, shape: LogFormat) -> None:
        count = settings.selfplay.workers or cores()
        context = mp.get_context("spawn")
        self._context = context
        self._settings = settings
        self._shape = shape
        self._max_episodes = max_episodes
        self._claimed: Any = context.Array("q", count)  # games begun, per worker
        self._counts = [context.Array("d", _FIELDS) for _ in range(count)]
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
                self._settings,
                worker,
                self._claimed,
                self._max_episodes,
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
            # What it had begun and not finished may be begun again by somebody.
            self._claimed[worker] = int(self._counts[worker][0])
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
    settings: Settings,
    worker: int,
    claimed: Any,
    max_episodes: int | None,
    counts: Any,
    shape: LogFormat,
) -> None:
    """The body of a worker process."""
    start_logging(f"actor-{worker}", shape)
    before = list(counts)  # a restarted worker continues the count of the one that died

    def may_begin() -> bool:
        with claimed.get_lock():
            if max_episodes is not None and sum(claimed) >= max_episodes:
                return False
            claimed[worker] += 1
            return True

    def publish(counters: Counters) -> None:
        for i, value in enumerate(astuple(counters)):
            counts[i] = before[i] + value

    try:
        work(settings, worker, may_begin, publish)
    except CartridgeError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
