"""What a run was: what its networks thought, how its games began, who beat whom."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, TypeVar

from anyio import to_thread
from fastapi import APIRouter, Query

from web import ladder as ladders
from web import opinions as snapshots
from web.errors import documented
from web.history import chosen
from web.lines import parse_moves
from web.opinions import MOST
from web.schemas import BookOut, LadderGamesOut, LadderOut, OpinionsOut
from web.services import Services, Shared

router = APIRouter()


Answer = TypeVar("Answer")

Steps = Annotated[int | None, Query(ge=-1, le=2**31 - 1)]
Name = Annotated[str, Query(min_length=1, max_length=100)]


async def _apart(services: Services, look: Callable[[], Answer]) -> Answer:
    """Look in a thread; the few there are of them leave the others to those who play."""
    return await to_thread.run_sync(look, limiter=services.historians)


@router.get("/opinions", responses=documented(404, 409, 422))
async def opinions(
    services: Shared,
    game: str | None = None,
    moves: str = "",
    run: str | None = None,
    most: Annotated[int, Query(ge=2, le=MOST)] = 32,
) -> OpinionsOut:
    """What the snapshots of a run thought of the position after `moves`, without any search."""
    asked, line = chosen(services.shelf, run, game), parse_moves(moves)
    return await _apart(services, partial(snapshots.opinions, services.networks, asked, line, most))


@router.get("/book", responses=documented(404, 409, 422))
async def book(
    services: Shared,
    moves: str = "",
    run: str | None = None,
    from_step: Steps = None,
    to_step: Steps = None,
) -> BookOut:
    """What a run's games of these steps played after `moves`, how often and how it ended."""
    asked, line = chosen(services.shelf, run), parse_moves(moves)
    look_up = partial(services.books.look_up, asked, line, from_step, to_step)
    return await _apart(services, look_up)


@router.get("/ladder", responses=documented(404, 422))
async def ladder(services: Shared, run: str | None = None) -> LadderOut:
    """The ladder of a run: ratings, scores, and whose games can be played through."""
    asked = chosen(services.shelf, run)
    return await _apart(services, partial(ladders.ladder_of, services.scorebooks, asked))


@router.get("/ladder/games", responses=documented(404, 422))
async def ladder_games(
    services: Shared,
    a: Name,
    b: Name,
    run: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> LadderGamesOut:
    """The games of two players, the newest first, whoever of them is named first."""
    asked = chosen(services.shelf, run)
    return await _apart(
        services, partial(ladders.ladder_games, services.scorebooks, asked, a, b, limit)
    )
