"""How often one client may ask for a search: a token bucket for each address."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from threading import Lock

from fastapi import HTTPException

MOST_CLIENTS = 10_000
"""Addresses that are remembered; the one unheard for longest goes, and is fresh if it returns."""

BURST_SECONDS = 10.0
"""A client that was silent may ask for what it missed in that time at once."""


class Rates:
    """`per_minute` searches for each client, and some at once; 0 = as many as it likes."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self.refused = 0
        """Requests refused so far."""
        self._burst = max(1.0, per_minute * BURST_SECONDS / 60)
        self._lock = Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, client: str) -> None:
        """Count one search of `client`; HTTP 429 with Retry-After where it asks too often."""
        if self.per_minute == 0:
            return
        now = time.monotonic()
        with self._lock:
            tokens, since = self._buckets.pop(client, (self._burst, now))
            tokens = min(self._burst, tokens + (now - since) * self.per_minute / 60)
            enough = tokens >= 1
            self._buckets[client] = (tokens - enough, now)
            if len(self._buckets) > MOST_CLIENTS:
                self._buckets.popitem(last=False)
            self.refused += not enough
        if not enough:
            wait = max(1, math.ceil((1 - tokens) * 60 / self.per_minute))
            raise HTTPException(
                429,
                f"{client} asks for more than web.rate = {self.per_minute} searches a minute:"
                f" ask again in {wait} s",
                {"Retry-After": str(wait)},
            )
