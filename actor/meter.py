"""How fast a worker is, and where its time goes, for its heartbeat."""

from __future__ import annotations

import time
from dataclasses import asdict, replace

from actor.selfplay import Counters

RATE_SECONDS = 5.0
FIRST_RATE_SECONDS = 1.0


class Meter:
    """What is counted over the last few seconds; `slots` games wait for the network at once."""

    def __init__(self, counters: Counters, slots: int) -> None:
        self._counters = counters
        self._slots = slots
        self._looked = time.monotonic()
        self._before = replace(counters)
        self._rates: dict[str, float] = {}

    def rates(self) -> dict[str, float]:
        """Every count of `Counters` per second, and shares in [0, 1].

        network, tree, storing, loading and waiting share the time; `batch_fill` is the mean share
        of the slots whose position goes through the network in a wave, `cache_hits` the share of
        the positions to be judged that did not need to. Empty for the first second: zeros would say
        that nothing happens.
        """
        elapsed = time.monotonic() - self._looked
        if elapsed >= (RATE_SECONDS if self._rates else FIRST_RATE_SECONDS):
            spent = self._counters.since(self._before)
            self._looked, self._before = time.monotonic(), replace(self._counters)
            self._rates = _per_second(spent, elapsed)
            judged = spent.evaluations + spent.cached + spent.shared
            self._rates["batch_fill"] = _share(spent.batched, spent.waves * self._slots)
            self._rates["cache_hits"] = _share(spent.cached + spent.shared, judged)
        return self._rates


def _per_second(spent: Counters, elapsed: float) -> dict[str, float]:
    return {
        f"{name}_per_second" if isinstance(value, int) else name.replace("_seconds", "_share"): (
            value / elapsed
        )
        for name, value in asdict(spent).items()
    }


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
