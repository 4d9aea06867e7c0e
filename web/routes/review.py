"""Looking back at a game."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

from fastapi import APIRouter, HTTPException

from web.errors import documented
from web.review import review as reviewed
from web.schemas import PlyOut, ReviewIn, ReviewOut
from web.services import Services, Shared
from web.stream import EventStream, Named, streamed

router = APIRouter()
EVENTS = {
    "model": PlyOut | ReviewOut,
    "description": "events: `ply` (PlyOut) for each move, the last one first, then `done`"
    " (ReviewOut), or `failed` (ErrorOut) where it breaks off",
}


@router.post(
    "/review",
    response_class=EventStream,
    response_model=None,
    responses={**documented(400, 404, 409, 413, 422), 200: EVENTS},
)
def review(request: ReviewIn, services: Shared) -> EventStream:
    """Grade every move of a game; closing the connection ends the work."""
    gone = Event()
    return streamed(_events(request, services, gone), gone, services.thinkers)


def _events(request: ReviewIn, services: Services, gone: Event) -> Iterator[Named]:
    web, served = services.settings.web, services.shelf.of(request.game)
    simulations = request.simulations or web.simulations
    if simulations > web.max_simulations:
        raise HTTPException(
            422,
            f"simulations = {simulations} is refused: web.max_simulations allows"
            f" {web.max_simulations}",
        )
    loaded, moves = served.current(), request.moves
    found = reviewed(served.game, loaded, services.oracle, moves, simulations, gone.is_set)
    return (("ply" if isinstance(it, PlyOut) else "done", it) for it in found)
