"""How the games of one run began, as arrays: built from its journal, and read on from there.

N games in the order of their ids, of which the first PLIES moves are known. A question is answered
by comparing columns, which takes milliseconds for some hundred thousand games.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import StorageError
from engine.game import Game, value_for
from storage.replay.openings import Opening, Openings

PLIES = 12
"""Moves of each game that are kept."""
MOST_GAMES = 400_000
"""Beyond that the oldest games of the index are dropped; it has some 16 MB then."""
CHUNK = 2000
"""Games of one read, so that no look at the journal is long."""
NO_MOVE = -1
"""Stands in `moves` where a game was over already."""


class Beginnings:
    """The index of the journal at `path`, which need not exist yet; used by one thread at a time.

    `steps int32[N]` of the models (-1 = uniform), `values int8[N, 2]` of the result for each
    player, `moves int16[N, PLIES]`. `stored` and `pruned` are games of the journal;
    `complete`: all that are stored were read.
    """

    def __init__(self, path: Path, game: Game) -> None:
        self._path = path
        self._game = game
        self._clear()

    def __len__(self) -> int:
        return len(self._ids)

    def read_on(self, seconds: float) -> None:
        """Add the games that are new, for about so many seconds; forget those that were pruned.

        A journal that was replaced by another file is read anew. Raises StorageError.
        """
        until = time.monotonic() + seconds
        with Openings(self._path, self._game, PLIES) as openings:
            span = openings.span()
            if self._last >= max(span.first, 1) and openings.written(self._last) != self._at:
                self._clear()
            self.stored, self.pruned = span.games, span.pruned
            while rows := openings.tail(self._last, CHUNK):
                self._add(rows)
                if time.monotonic() > until:
                    break
            self._forget(span.first)
            self.complete = self._last >= span.last

    def _clear(self) -> None:
        self._last, self._at = 0, 0.0
        self.stored = self.pruned = 0
        self.complete = True
        self._ids: NDArray[np.int64] = np.zeros(0, np.int64)
        self.steps: NDArray[np.int32] = np.zeros(0, np.int32)
        self.values: NDArray[np.int8] = np.zeros((0, 2), np.int8)
        self.moves: NDArray[np.int16] = np.zeros((0, PLIES), np.int16)

    def _add(self, rows: list[Opening]) -> None:
        moves = np.full((len(rows), PLIES), NO_MOVE, np.int16)
        for row, opening in enumerate(rows):
            moves[row, : len(opening.moves)] = opening.moves
        if moves.max(initial=NO_MOVE) >= self._game.actions:
            raise StorageError(f"{self._path} has moves that {self._game.title} does not know")
        results = [opening.result for opening in rows]
        values = np.array([[value_for(r, 0), value_for(r, 1)] for r in results], np.int8)
        self._ids = np.concatenate([self._ids, [opening.identity for opening in rows]])
        self.steps = np.concatenate([self.steps, np.array([o.step for o in rows], np.int32)])
        self.values = np.concatenate([self.values, values])
        self.moves = np.concatenate([self.moves, moves])
        self._last, self._at = rows[-1].identity, rows[-1].at
        self._drop(len(self) - MOST_GAMES)

    def _forget(self, first: int) -> None:
        """Drop the games before the id `first`; 0 = there are none at all."""
        self._drop(int(np.searchsorted(self._ids, first)) if first else len(self))

    def _drop(self, count: int) -> None:
        if count > 0:
            self._ids, self.steps = self._ids[count:], self.steps[count:]
            self.values, self.moves = self.values[count:], self.moves[count:]
