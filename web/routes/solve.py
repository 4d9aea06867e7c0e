"""Exact play, where a second is enough for it."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter, Request

from web.errors import documented
from web.lines import Line, parse_moves
from web.pool import Turn
from web.schemas import SolveOut
from web.services import Services, Shared

router = APIRouter()


@router.get("/solve", responses=documented(404, 409, 422, 429, 503))
async def solve(services: Shared, connection: Request, game: str, moves: str = "") -> SolveOut:
    """The exact value of each legal action after `moves`; `reach` false beyond a second's work."""
    line = Line.from_moves(services.shelf.of(game).game, parse_moves(moves))
    with services.admit(connection) as turn:
        return await to_thread.run_sync(_verdict, services, turn, line, limiter=services.threads)


def _verdict(services: Services, turn: Turn, line: Line) -> SolveOut:
    turn.begin()
    return services.oracle.verdict(line)
