"""The ladder of a run as the page shows it, and the games behind it."""

from __future__ import annotations

import shlex
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

from actor.specs import parse
from engine.game import value_for
from engine.intervals import bootstrap
from storage.atomic import explain
from storage.ladder import Entry, Ladder, Result, read_ladder
from storage.matches import OCCASIONS, Meeting, Occasion, matches_signature, read_meetings
from web.history import Chosen
from web.schemas.ladder import DuelOut, LadderGameOut, LadderGamesOut, LadderOut, PairOut, RungOut

KEPT = 4
"""Runs whose games are kept in memory."""
USUAL = ("greedy", "alphabeta:4", "mcts:100")
"""Players that a first tournament is recommended to invite beside the latest model."""

Met = list[tuple[Occasion, Meeting]]


class Scorebooks:
    """The games of the runs asked about last; read again when one was added."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Path, tuple[object, Met]] = OrderedDict()
        self._lock = Lock()

    def of(self, run: Chosen) -> Met:
        """All meetings of a run that are kept, the newest first; raises StorageError."""
        with self._lock:
            signature = matches_signature(run.paths)
            known = self._kept.pop(run.paths.root, None)
            if known is None or known[0] != signature:
                met = [(o, meeting) for o in OCCASIONS for meeting in read_meetings(run.paths, o)]
                met.sort(key=lambda pair: pair[1].at, reverse=True)
                known = signature, met
            self._kept[run.paths.root] = known
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return known[1]


def ladder_of(scorebooks: Scorebooks, run: Chosen) -> LadderOut:
    """The ladder; raises StorageError where it or the games are damaged, naming the file."""
    ladder = read_ladder(run.paths.ratings)
    players = [] if ladder is None else sorted(ladder.players, key=_by_rating)
    return LadderOut(
        run=run.name,
        game=run.game.name,
        updated_at=None if ladder is None else _written(run.paths.ratings),
        opening_plies=None if ladder is None else ladder.opening_plies,
        players=[_rung(entry) for entry in players],
        duels=[] if ladder is None else _duels(ladder),
        pairs=_pairs(scorebooks.of(run)),
        command=_command(run),
    )


def ladder_games(
    scorebooks: Scorebooks, run: Chosen, one: str, other: str, limit: int
) -> LadderGamesOut:
    """The newest `limit` games of two players, whoever is named first; raises StorageError."""
    shown: list[LadderGameOut] = []
    games = 0
    for occasion, meeting in scorebooks.of(run):
        if {meeting.first, meeting.second} == {one, other}:
            games += len(meeting.games)
            if len(shown) < limit:
                shown += _games(occasion, meeting)
    return LadderGamesOut(run=run.name, game=run.game.name, games=games, shown=shown[:limit])


def _by_rating(entry: Entry) -> tuple[bool, float]:
    return entry.rating is None, -(entry.rating or 0.0)


def _rung(entry: Entry) -> RungOut:
    spec = parse(entry.spec)
    step = spec.model.removeprefix("step_").partition("-")[0]
    limits = (
        None if entry.low is None or entry.high is None else [float(entry.low), float(entry.high)]
    )
    return RungOut(
        player=entry.spec,
        kind=spec.kind,
        fixed=spec.kind != "model",
        step=int(step) if step.isdigit() else None,
        sha256=entry.sha256,
        rating=entry.rating,
        interval=limits,
        games=entry.games,
    )


def _duels(ladder: Ladder) -> list[DuelOut]:
    return [_duel(result) for result in ladder.results]


def _duel(result: Result) -> DuelOut:
    games = result.wins + result.draws + result.losses
    return DuelOut(
        first=result.first,
        second=result.second,
        games=games,
        wins=result.wins,
        draws=result.draws,
        losses=result.losses,
        score=(result.wins + result.draws / 2) / games,
        interval=list(_interval(tuple(result.pairs))),
    )


@lru_cache(maxsize=10_000)
def _interval(pairs: tuple[int, ...]) -> tuple[float, float]:
    return bootstrap(pairs)  # the same for the same pairs, and slow


def _pairs(met: Sequence[tuple[Occasion, Meeting]]) -> list[PairOut]:
    found: dict[tuple[Occasion, frozenset[str]], PairOut] = {}
    for occasion, meeting in met:
        key = occasion, frozenset((meeting.first, meeting.second))
        if key not in found:
            found[key] = PairOut(
                occasion=occasion,
                first=meeting.first,
                second=meeting.second,
                games=0,
                latest_at=meeting.at,
            )
        found[key].games += len(meeting.games)
    return list(found.values())


def _games(occasion: Occasion, meeting: Meeting) -> list[LadderGameOut]:
    names = [meeting.first, meeting.second]
    found = []
    for game in meeting.games:
        value = value_for(game.result, 0)
        found.append(
            LadderGameOut(
                occasion=occasion,
                at=meeting.at,
                number=meeting.number,
                players=names if game.side == 0 else names[::-1],
                opening=game.opening,
                moves=game.moves,
                result=game.result,
                winner=None if value == 0 else (0 if value == 1 else 1),
            )
        )
    return found


def _command(run: Chosen) -> str:
    words = ["python", "-m", "actor", "tournament", *USUAL, "latest@100"]
    words += ["--game", run.game.name, "--run-name", run.name]
    return shlex.join(words)


def _written(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explain(f"cannot look at {path}", error) from None
