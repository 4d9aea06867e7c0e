"""Figures about the data: what the newest games and positions of a run are like.

A game is only put aside when it comes; blocks of games are digested at once into one row a position
and one row a game, in rings of fixed size, and the figures are computed from these.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.game import Game, value_for
from engine.kernels import bind, canonical, template
from engine.search.cache import scramble
from storage.replay.record import GameRecord

POSITIONS = 50_000
GAMES = 5_000
"""The newest positions and games that the figures are about."""
RECENT_GAMES = 100
"""The newest games whose models tell how far behind the actors are."""
BLOCK = 8_192
"""Positions that are digested at once."""
BINS = 10
"""Of the value's range [-1, 1]."""

POSITION = np.dtype(
    [
        ("key", np.uint64),  # hash of the image that all symmetric positions share
        ("entropy", np.float32),  # of the policy target, in nats
        ("surprise", np.float32),  # nan where the game was stored without
        ("predicted", np.float32),  # value of the search, for the mover
        ("result", np.float32),  # final result for the same mover
    ]
)
GAME = np.dtype(
    [
        ("plies", np.int32),
        ("result", np.int8),  # 1, 0, -1 for player 0
        ("first", np.int32),  # first action if it was searched and recorded, else -1
        ("model_step", np.int64),
    ]
)


@dataclass(frozen=True)
class Bin:
    """The positions whose predicted value is in [low, high); the last bin includes its end."""

    low: float
    high: float
    positions: int
    predicted: float
    """Mean value that the search predicted for the mover."""
    result: float
    """Mean final result for the same mover."""


@dataclass(frozen=True)
class Lengths:
    """Plies of the games, random openings included: mean, and three quantiles."""

    mean: float
    p05: float
    median: float
    p95: float


@dataclass(frozen=True)
class FirstMove:
    """A first move that was searched, not drawn for an opening, and its share of such games."""

    action: int
    label: str
    share: float


@dataclass(frozen=True)
class Measured:
    """The figures over `games` and `positions`; None where there is nothing to measure."""

    games: int
    positions: int
    duplicates: float | None
    """Share of positions that are equal to another one, but for one of each kind."""
    target_entropy: float | None
    """Mean, in nats."""
    surprise: float | None
    """Mean KL divergence of the target from the network's policy, in nats."""
    calibration_error: float | None
    """Mean over positions of |mean prediction - mean result| of their bin (Guo et al., 2017)."""
    calibration: list[Bin]
    """The bins that hold positions, lowest first."""
    lengths: Lengths | None
    results: tuple[float, float, float] | None
    """Shares of games that the first player won, drew and lost."""
    opened: int
    """Games whose first move was searched and recorded."""
    first_moves: list[FirstMove]
    """Of those games, most frequent first."""
    first_move_entropy: float | None
    """In nats."""
    model_step: float | None
    """Mean step of the models that played the newest games, uniform play counting as step 0."""


class Ring:
    """The newest `capacity` rows of a structured array."""

    def __init__(self, capacity: int, kind: np.dtype[Any]) -> None:
        self._rows = np.zeros(capacity, kind)
        self._seen = 0

    def __len__(self) -> int:
        return min(self._seen, len(self._rows))

    def add(self, rows: NDArray[Any]) -> None:
        """Append rows, oldest first."""
        kept = rows[-len(self._rows) :]
        first = self._seen + len(rows) - len(kept)
        self._rows[(first + np.arange(len(kept))) % len(self._rows)] = kept
        self._seen += len(rows)

    def rows(self) -> NDArray[Any]:
        """All rows that are held, in no particular order."""
        return self._rows[: len(self)]

    def newest(self, count: int) -> NDArray[Any]:
        """The last `count` rows that are held."""
        count = min(count, len(self))
        return self._rows[(self._seen - 1 - np.arange(count)) % len(self._rows)]


class Quality:
    """Takes every game that the learner takes and measures the newest ones."""

    def __init__(self, game: Game, positions: int = POSITIONS, games: int = GAMES) -> None:
        self._game = game
        self._positions = Ring(positions, POSITION)
        self._games = Ring(games, GAME)
        self._waiting: list[GameRecord] = []
        self._waiting_positions = 0
        self._describe = bind(describe, game)

    def add(self, record: GameRecord) -> None:
        """Put a game aside; it is digested with others, and sooner than memory could grow."""
        self._waiting.append(record)
        self._waiting_positions += len(record.plies)
        if self._waiting_positions >= BLOCK or len(self._waiting) >= BLOCK:
            self._digest()

    def measure(self) -> Measured:
        """The figures as of now."""
        self._digest()
        rows, games = self._positions.rows(), self._games.rows()
        calibration = bins(rows["predicted"], rows["result"])
        first_moves, opened = self._first_moves(games["first"])
        recent = self._games.newest(RECENT_GAMES)["model_step"]
        return Measured(
            games=len(games),
            positions=len(rows),
            duplicates=1 - len(np.unique(rows["key"])) / len(rows) if len(rows) else None,
            target_entropy=_mean(rows["entropy"]),
            surprise=_mean(rows["surprise"][~np.isnan(rows["surprise"])]),
            calibration_error=calibration_error(calibration),
            calibration=calibration,
            lengths=_lengths(games["plies"]),
            results=_results(games["result"]),
            opened=opened,
            first_moves=first_moves,
            first_move_entropy=_entropy([move.share for move in first_moves]),
            model_step=_mean(np.maximum(recent, 0)),
        )

    def _first_moves(self, first: NDArray[np.int32]) -> tuple[list[FirstMove], int]:
        actions, counts = np.unique(first[first >= 0], return_counts=True)
        opened = int(counts.sum())
        found = [
            FirstMove(int(action), self._game.label(int(action)), int(count) / opened)
            for action, count in zip(actions, counts, strict=True)
        ]
        return sorted(found, key=lambda move: -move.share), opened

    def _digest(self) -> None:
        """Turn the games that were put aside into rows."""
        waiting, self._waiting, self._waiting_positions = self._waiting, [], 0
        if not waiting:
            return
        self._games.add(np.array([_game_row(record) for record in waiting], GAME))
        rows = np.zeros(sum(len(record.plies) for record in waiting), POSITION)
        rows["predicted"] = np.concatenate([record.root_values for record in waiting])
        rows["surprise"] = np.concatenate([record.surprises for record in waiting])
        lengths = [len(record.plies) for record in waiting]
        self._describe(
            np.concatenate([record.states for record in waiting]),
            np.concatenate([record.movers for record in waiting]),
            np.repeat([record.result for record in waiting], lengths),
            np.concatenate([record.policies for record in waiting]),
            np.zeros(self._game.words, np.uint64),
            rows["key"],
            rows["entropy"],
            rows["result"],
        )
        self._positions.add(rows)


def _game_row(record: GameRecord) -> tuple[int, float, int, int]:
    # Ply 0 is a sample only if no random opening was played.
    searched = len(record.plies) > 0 and record.plies[0] == 0
    first = int(record.moves[0]) if searched else -1
    return len(record.moves), value_for(record.result, 0), first, record.model_step


@template
def describe(states, movers, results, policies, key, keys, entropies, outcomes):
    """Fill the last three, one entry a position: hash of its key, entropy, result for its mover."""
    for i in range(states.shape[0]):
        canonical(states[i], key)
        keys[i] = scramble(key, np.uint64(0))
        outcomes[i] = value_for(results[i], movers[i])
        entropy = 0.0
        for a in range(policies.shape[1]):
            if policies[i, a] > 0.0:
                entropy -= policies[i, a] * math.log(policies[i, a])
        entropies[i] = entropy


def bins(predicted: NDArray[np.float32], results: NDArray[np.float32]) -> list[Bin]:
    """The `BINS` equal parts of [-1, 1] that hold predictions, with their mean results."""
    edges = np.linspace(-1, 1, BINS + 1)
    place = np.clip(np.floor((predicted + 1) / 2 * BINS), 0, BINS - 1).astype(np.int64)
    counts = np.bincount(place, minlength=BINS)
    said = np.bincount(place, predicted, BINS)
    came = np.bincount(place, results, BINS)
    return [
        Bin(float(low), float(high), int(n), float(p / n), float(r / n))
        for (low, high), n, p, r in zip(pairwise(edges), counts, said, came, strict=True)
        if n
    ]


def calibration_error(calibration: list[Bin]) -> float | None:
    """Expected calibration error in units of the value, None without positions."""
    total = sum(part.positions for part in calibration)
    if not total:
        return None
    return sum(abs(b.predicted - b.result) * b.positions for b in calibration) / total


def _mean(values: NDArray[Any]) -> float | None:
    return float(values.mean(dtype=np.float64)) if len(values) else None


def _lengths(plies: NDArray[np.int32]) -> Lengths | None:
    if not len(plies):
        return None
    return Lengths(float(plies.mean()), *np.quantile(plies, [0.05, 0.5, 0.95]).tolist())


def _results(results: NDArray[np.int8]) -> tuple[float, float, float] | None:
    if not len(results):
        return None
    won, drawn, lost = (float((results == sign).mean()) for sign in (1, 0, -1))
    return won, drawn, lost


def _entropy(shares: list[float]) -> float | None:
    return sum(share * math.log(1 / share) for share in shares) if shares else None
