"""What a run was: what its networks thought, how its games began, who beat whom."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from web.errors import documented
from web.history import chosen
from web.opinions import MOST, opinions
from web.play import parse_moves
from web.schemas.opinions import OpinionsOut
from web.services import Shared

router = APIRouter()


@router.get("/opinions", responses=documented(404, 409, 422))
def opinions_of(
    services: Shared,
    game: str,
    moves: str = "",
    run: str | None = None,
    most: Annotated[int, Query(ge=2, le=MOST)] = 32,
) -> OpinionsOut:
    """What the snapshots of a run thought of the position after `moves`, without any search."""
    asked = chosen(services.settings, run, game)
    return opinions(services.networks, asked, parse_moves(moves), most)
