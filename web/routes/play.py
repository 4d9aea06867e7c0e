"""Playing against the bot: a request a move, or a stream that shows how it thinks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from anyio import to_thread
from fastapi import APIRouter, Request

from web.errors import documented
from web.events import EventStream, streamed
from web.pool import Turn
from web.schemas import ErrorOut, MoveIn, NewGameIn, PlayOut, ThinkIn, Thought, ThoughtDone
from web.services import Services, Shared
from web.thoughts import thoughts

LOOK_SECONDS = 0.1
"""How often it is asked whether anybody still waits for a move."""

router = APIRouter()


@router.post("/game/new", responses=documented(400, 404, 413, 422, 429, 503))
async def new_game(request: NewGameIn, services: Shared, connection: Request) -> PlayOut:
    """Start a game; the bot opens it if the person is player 1."""
    return await _attended(connection, services, partial(services.play.new_game, request))


@router.post("/move", responses=documented(400, 404, 409, 413, 422, 429, 503))
async def move(request: MoveIn, services: Shared, connection: Request) -> PlayOut:
    """Play the person's action; the bot replies until it is the person's turn again."""
    return await _attended(connection, services, partial(services.play.move, request))


@router.post(
    "/think",
    response_class=EventStream,
    responses={
        **streamed(thought=Thought, done=ThoughtDone, failed=ErrorOut),
        **documented(400, 404, 409, 413, 422, 429, 503),
    },
)
async def think(request: ThinkIn, services: Shared, connection: Request) -> EventStream:
    """Think about a position aloud: thoughts as the search grows, then the one that counts.

    Who closes the connection ends the search. A failure in the middle is the event `failed`.
    """
    turn = services.admit(connection)
    try:
        opponent, line = await to_thread.run_sync(
            services.play.question, request, limiter=services.threads
        )
    except BaseException:
        turn.leave()
        raise
    return EventStream(partial(thoughts, services.threads, turn, opponent, line))


async def _attended(
    connection: Request, services: Services, play: Callable[[Turn], PlayOut]
) -> PlayOut:
    """Play in a thread; a search ends early when the one who asked has left."""

    async def watch(turn: Turn) -> None:
        while not await connection.is_disconnected():
            await asyncio.sleep(LOOK_SECONDS)
        turn.cancel()

    def run(turn: Turn) -> PlayOut:
        turn.begin()
        return play(turn)

    with services.admit(connection) as turn:
        watcher = asyncio.create_task(watch(turn))
        try:
            return await to_thread.run_sync(run, turn, limiter=services.threads)
        finally:
            watcher.cancel()
