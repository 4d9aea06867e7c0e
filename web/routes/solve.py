"""Exact play, where a second is enough for it."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter

from web.errors import documented
from web.play import Line, parse_moves
from web.schemas import SolveOut
from web.services import Shared

router = APIRouter()


@router.get("/solve", responses=documented(404, 409, 422))
async def solve(services: Shared, game: str, moves: str = "") -> SolveOut:
    """The exact value of each legal action after `moves`; `reach` false beyond a second's work."""
    line = Line.from_moves(services.shelf.of(game).game, parse_moves(moves))
    return await to_thread.run_sync(services.oracle.verdict, line, limiter=services.thinkers)
