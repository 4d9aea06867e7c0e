"""Who may search now: so many at once, each in its turn, and no endless queue.

Every search that is admitted has a thread. As many as there are slots compute; the others wait for
a turn, the first come first. A search that has computed for a slice while somebody waits lets the
first in the queue go on and queues up behind the last: a long search delays a short one by some
slices and no more. A search is asked between two waves whether it should end (`Turn.over`); that is
where it waits, too.
"""

from __future__ import annotations

import math
import time
from collections import deque
from threading import Condition
from types import TracebackType

from fastapi import HTTPException

SLICE_SECONDS = 0.05
"""How long a search computes before it lets another one go on."""

LONGEST_RETRY_SECONDS = 60
"""Nobody is told to stay away for longer; what the queue will be by then nobody knows."""

FORGET = 0.2
"""Weight of the newest search in the mean length that Retry-After is made from."""


class Pool:
    """`slots` searches compute at once, at most `queue` more wait. Used by any thread."""

    def __init__(self, slots: int, queue: int) -> None:
        self.slots = slots
        self.queue = queue
        self.begun = 0
        """Searches admitted so far."""
        self.refused = 0
        """Searches refused so far because the queue was full."""
        self.cancelled = 0
        """Searches that ended early: nobody waited any more, or the server was told to end."""
        self.seconds = 0.0
        """What all searches that ended took, their waiting included."""
        self._changed = Condition()
        self._admitted: set[Turn] = set()
        self._computing: set[Turn] = set()
        self._line: deque[Turn] = deque()
        self._closed = False
        self._mean = 1.0

    @property
    def places(self) -> int:
        """How many searches are admitted at once at most."""
        return self.slots + self.queue

    @property
    def computing(self) -> int:
        """How many compute now."""
        return len(self._computing)

    @property
    def waiting(self) -> int:
        """How many are admitted and do not compute now."""
        return len(self._admitted) - len(self._computing)

    def admit(self) -> Turn:
        """A place for one search, to be used as a context; HTTP 429 without one, 503 at the end."""
        with self._changed:
            if self._closed:
                raise ending()
            if len(self._admitted) >= self.places:
                self.refused += 1
                raise self._full()
            self.begun += 1
            turn = Turn(self)
            self._admitted.add(turn)
            return turn

    def close(self) -> None:
        """End every search at its next wave and admit no other: the server ends."""
        with self._changed:
            self._closed = True
            turns = list(self._admitted)
        for turn in turns:
            turn.cancel()

    def _full(self) -> HTTPException:
        seconds = math.ceil(self._mean * len(self._admitted) / self.slots)
        wait = max(1, min(LONGEST_RETRY_SECONDS, seconds))
        return HTTPException(
            429,
            f"{len(self._admitted)} searches are under way, web.searches and web.queue allow"
            f" {self.slots} + {self.queue}: ask again in {wait} s",
            {"Retry-After": str(wait)},
        )

    def _left(self, turn: Turn, seconds: float) -> None:
        with self._changed:
            self._admitted.discard(turn)
            self._computing.discard(turn)
            if turn in self._line:
                self._line.remove(turn)
            self.seconds += seconds
            self.cancelled += turn.cancelled
            self._mean += FORGET * (seconds - self._mean)
            self._changed.notify_all()


def ending() -> HTTPException:
    """What is answered once the server has been told to end."""
    reason = "the server is ending; ask again when it is back"
    return HTTPException(503, reason, {"Retry-After": "5"})


class Turn:
    """The place of one search in the pool. `begin` and `over` wait, so never on the event loop."""

    def __init__(self, pool: Pool) -> None:
        self.cancelled = False
        self._pool = pool
        self._admitted = time.monotonic()
        self._since = 0.0

    def __enter__(self) -> Turn:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()

    def leave(self) -> None:
        """Give the place to somebody else; what the end of the context does."""
        self._pool._left(self, time.monotonic() - self._admitted)

    def begin(self) -> None:
        """Wait for the first turn; HTTP 503 if it was cancelled until then."""
        with self._pool._changed:
            self._queue_up()
        self.check()

    def over(self) -> bool:
        """Whether the search should end; waits for the next turn where this one is over."""
        pool = self._pool
        with pool._changed:
            late = time.monotonic() - self._since >= SLICE_SECONDS
            if late and pool._line and not self.cancelled:
                pool._computing.discard(self)
                self._queue_up()
            return self.cancelled

    def cancel(self) -> None:
        """Let the search end at its next wave; one that waits does not wait any longer."""
        with self._pool._changed:
            self.cancelled = True
            self._pool._changed.notify_all()

    def check(self) -> None:
        """Raise HTTP 503 if the search was cancelled, so that half a search is not played."""
        if self.cancelled:
            if self._pool._closed:
                raise ending()
            raise HTTPException(503, "nobody waited for this search any longer; ask again")

    def _queue_up(self) -> None:
        pool = self._pool
        pool._line.append(self)
        pool._changed.notify_all()
        while not (self.cancelled or self._is_next()):
            pool._changed.wait()
        pool._line.remove(self)
        if not self.cancelled:
            pool._computing.add(self)
            self._since = time.monotonic()
        pool._changed.notify_all()

    def _is_next(self) -> bool:
        pool = self._pool
        return pool._line[0] is self and len(pool._computing) < pool.slots
