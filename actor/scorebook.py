"""From games as they were played to what is stored of them (storage/matches.py)."""

from __future__ import annotations

import time
from typing import NamedTuple

from actor.arena import Played
from storage.matches import MatchGame, Meeting


class Seat(NamedTuple):
    """A player of a match: its name, and the sha256 of its model's weights if it has a model."""

    name: str
    sha256: str | None


def meeting(first: Seat, second: Seat, number: int, played: Played) -> Meeting:
    """The `number`-th meeting of two players, just over."""
    games = [
        MatchGame(
            moves=list(sheet.moves),
            opening=sheet.opening,
            side=0 if sheet.side == 0 else 1,
            result=sheet.result,
        )
        for sheet in played.sheets
    ]
    return Meeting(
        first=first.name,
        second=second.name,
        first_sha256=first.sha256,
        second_sha256=second.sha256,
        number=number,
        at=time.time(),
        games=games,
    )


def discard(meeting: Meeting) -> None:
    """Keeps no game."""
