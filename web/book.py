"""The opening book of a run: what was played in a position, how often, and how it ended.

Lines are told apart by their moves: two orders that lead to one position are two lines.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np
from fastapi import HTTPException
from numpy.typing import NDArray

from engine.intervals import wilson
from web.beginnings import NO_MOVE, PLIES, Beginnings
from web.history import Chosen
from web.lines import Line
from web.schemas.book import BookOut, ContinuationOut, OddsOut, PeriodOut

KEPT = 3
"""Runs whose games are kept in memory."""
SECONDS = 1.0
"""How long an answer waits for games to be read; a long journal is read by several answers."""
PARTS = 48
"""Periods of a whole run."""
TREND = 12
"""Periods of a trend."""

Mask = NDArray[np.bool_]


class Books:
    """The openings of the runs asked about last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Path, Beginnings] = OrderedDict()
        self._lock = Lock()

    def look_up(
        self, run: Chosen, moves: Sequence[int], from_step: int | None, to_step: int | None
    ) -> BookOut:
        """The book's page about the position after `moves`, from games of these steps.

        Raises IllegalAction or FinishedGame for moves against the rules, HTTP 422 for more moves
        than the book knows and for a period that ends before it begins, StorageError.
        """
        line = Line.from_moves(run.game, moves)
        if len(moves) > PLIES:
            raise HTTPException(
                422, f"the book knows the first {PLIES} moves of each game, not {len(moves)}"
            )
        if from_step is not None and to_step is not None and to_step < from_step:
            raise HTTPException(422, f"to_step = {to_step} comes before from_step = {from_step}")
        with self._lock:
            games = self._of(run)
            games.read_on(SECONDS)
            return _page(run, line, games, from_step, to_step)

    def _of(self, run: Chosen) -> Beginnings:
        path = run.paths.replay
        games = self._kept.pop(path, None) or Beginnings(path, run.game)
        self._kept[path] = games
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return games


def _page(
    run: Chosen, line: Line, games: Beginnings, from_step: int | None, to_step: int | None
) -> BookOut:
    steps = games.steps
    first = int(steps.min(initial=0)) if from_step is None else from_step
    last = int(steps.max(initial=first)) if to_step is None else to_step
    wanted = (steps >= first) & (steps <= last)
    here = wanted & (games.moves[:, : len(line.moves)] == np.array(line.moves)).all(axis=1)
    parts = periods(steps[wanted], TREND)
    within = [here & (steps >= part.from_step) & (steps <= part.to_step) for part in parts]
    mover = run.game.mover(line.state)
    return BookOut(
        run=run.name,
        position=line.show(),
        depth=PLIES,
        from_step=first,
        to_step=last,
        all_games=int(wanted.sum()),
        here=_odds(games, here, mover),
        continuations=_continuations(run, line, games, here, within),
        periods=periods(steps, PARTS),
        trend_periods=[
            part.model_copy(update={"games": int(mask.sum())})
            for part, mask in zip(parts, within, strict=True)
        ],
        complete=games.complete,
        indexed=len(games),
        stored=games.stored,
        pruned=games.pruned,
    )


def _continuations(
    run: Chosen, line: Line, games: Beginnings, here: Mask, within: list[Mask]
) -> list[ContinuationOut]:
    if len(line.moves) == PLIES:
        return []
    mover = run.game.mover(line.state)
    column = games.moves[:, len(line.moves)]
    went_on = int((here & (column != NO_MOVE)).sum())
    found = []
    for action in run.game.legal(line.state):
        played = column == action
        odds = _odds(games, here & played, mover)
        found.append(
            ContinuationOut(
                action=action,
                label=run.game.label(action),
                clicks=list(run.game.clicks(action, mover)),
                share=odds.games / went_on if went_on else 0.0,
                odds=odds,
                trend=[_share(mask & played, mask) for mask in within],
            )
        )
    return sorted(found, key=lambda move: -move.odds.games)


def _odds(games: Beginnings, mask: Mask, player: int) -> OddsOut:
    values = games.values[mask, player]
    wins, draws, losses = (int((values == value).sum()) for value in (1, 0, -1))
    points, count = wins + draws / 2, len(values)
    return OddsOut(
        games=count,
        wins=wins,
        draws=draws,
        losses=losses,
        score=points / count if count else None,
        interval=list(wilson(points, count)),
    )


def _share(part: Mask, whole: Mask) -> float | None:
    total = int(whole.sum())
    return int(part.sum()) / total if total else None


def periods(steps: NDArray[np.int32], most: int) -> list[PeriodOut]:
    """At most `most` periods of about equally many games; games of one step stay together."""
    values, counts = np.unique(steps, return_counts=True)
    found: list[PeriodOut] = []
    begun = done = 0
    for i, count in enumerate(counts.tolist()):
        done += count
        # The share of games up to here says which period this is: the last one is always full.
        if done * most >= len(steps) * (len(found) + 1) or len(values) <= most:
            games = int(counts[begun : i + 1].sum())
            found.append(
                PeriodOut(from_step=int(values[begun]), to_step=int(values[i]), games=games)
            )
            begun = i + 1
    # A short rest would say little: it joins the period before it.
    if len(found) > 1 and len(values) > most and 2 * most * found[-1].games < len(steps):
        last, before = found.pop(), found.pop()
        games = before.games + last.games
        found.append(before.model_copy(update={"to_step": last.to_step, "games": games}))
    return found
