"""Looking back at a game."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from anyio import to_thread
from fastapi import APIRouter, Request

from web.errors import documented
from web.events import EventStream, streamed
from web.pool import Turn
from web.review import review as reviewed
from web.schemas import ErrorOut, GradedOut, ReviewIn, ReviewOut
from web.services import Services, Shared
from web.telling import Tell, told

router = APIRouter()


@router.post(
    "/review",
    response_class=EventStream,
    responses={
        **streamed(ply=GradedOut, done=ReviewOut, failed=ErrorOut),
        **documented(400, 404, 409, 413, 422, 429, 503),
    },
)
async def review(request: ReviewIn, services: Shared, connection: Request) -> EventStream:
    """Grade every move of a game, the last one first, and then how well each side played.

    Who closes the connection ends the work. A failure in the middle is the event `failed`.
    """
    turn = services.admit(connection)
    try:
        steps = await to_thread.run_sync(_steps, request, services, turn, limiter=services.threads)
    except BaseException:
        turn.leave()
        raise

    def work(tell: Tell) -> None:
        for step in steps:
            tell("ply" if isinstance(step, GradedOut) else "done", step)
        turn.check()

    return EventStream(partial(told, services.threads, turn, work))


def _steps(request: ReviewIn, services: Services, turn: Turn) -> Iterator[GradedOut | ReviewOut]:
    served = services.shelf.of(request.game, request.run)
    simulations = services.play.simulations(request.simulations)
    loaded, moves = served.named(request.model), request.moves
    return reviewed(served.game, loaded, services.oracle, moves, simulations, turn.over)
