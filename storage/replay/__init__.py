"""The journal of finished games: actors append to it, the learner reads on from where it was.

It is no sampler: the learner keeps its window in memory and draws from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

from storage.replay.record import GameRecord


@dataclass(frozen=True)
class Totals:
    """How many games and positions, and the id of the newest game (0 before the first)."""

    games: int
    positions: int
    last_id: int


@dataclass(frozen=True)
class Origin:
    """Where a game comes from: when it was stored, and the step of the model that played it."""

    created_at: float
    """Seconds since the epoch, by the clock of the actor's machine."""
    model_step: int
    """-1 = uniform."""


class Replay(Protocol):
    """Where finished games are kept, ordered by id; every call may raise StorageError."""

    def append(self, record: GameRecord) -> int:
        """Store one game, all or nothing; returns its id, higher than every id before it."""
        ...

    def tail(self, after_id: int, limit: int) -> list[tuple[int, GameRecord]]:
        """The first `limit` games with an id above `after_id`, oldest first.

        A game that is committed later has a higher id, so nothing is missed by reading on from
        the last id seen.
        """
        ...

    def newest(self, limit: int) -> list[tuple[int, GameRecord]]:
        """The last `limit` games, newest first."""
        ...

    def origin(self, identity: int) -> Origin | None:
        """Where the game with this id comes from; None if it is not there (any more)."""
        ...

    def prune(self, keep_positions: int) -> int:
        """Remove the oldest games; returns how many.

        As many of the newest games stay as it takes to hold `keep_positions` positions or more.
        """
        ...

    def totals(self) -> Totals:
        """What was ever appended; pruning does not lower it."""
        ...

    def stored(self) -> Totals:
        """What is there now."""
        ...

    def close(self) -> None:
        """Let go of the file; calling it twice is allowed."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *failure: object) -> None: ...
