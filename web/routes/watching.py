"""Watching self-play: what is being played, and what was."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from web.errors import documented
from web.schemas import LiveOut, SelfplayGamesOut, SelfplayRecordOut
from web.services import Shared
from web.watching import Watched

MOST_GAMES = 100
LARGEST = 2**63 - 1

router = APIRouter()

Run = Annotated[str | None, Query(description="name of a run; without it the server's")]


@router.get("/live", responses=documented(404, 422))
def live(services: Shared, run: Run = None) -> LiveOut:
    """Boards of the games that actors are playing at this moment."""
    return Watched.of(services.runs, run).live()


@router.get("/selfplay/games", responses=documented(404, 422))
def selfplay_games(
    services: Shared,
    run: Run = None,
    limit: Annotated[int, Query(ge=1, le=MOST_GAMES)] = 20,
    before: Annotated[int | None, Query(ge=0, le=LARGEST, description="only lower ids")] = None,
) -> SelfplayGamesOut:
    """Finished games of self-play, newest first."""
    return Watched.of(services.runs, run).games(limit, before)


@router.get("/selfplay/games/{identity}", responses=documented(404, 422))
def selfplay_game(
    services: Shared, identity: Annotated[int, Path(ge=0, le=LARGEST)], run: Run = None
) -> SelfplayRecordOut:
    """One finished game of self-play: every move, and what was recorded of its search."""
    return Watched.of(services.runs, run).record(identity)
