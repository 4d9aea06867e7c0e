"""Playing against the bot, a request a move."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from threading import Event

from anyio import to_thread
from fastapi import APIRouter, Request

from web.errors import documented
from web.schemas import MoveIn, NewGameIn, PlayOut
from web.services import Services, Shared

LOOK_SECONDS = 0.1
"""How often it is asked whether anybody still waits for a move."""

router = APIRouter()


@router.post("/game/new", responses=documented(400, 404, 413, 422))
async def new_game(request: NewGameIn, services: Shared, connection: Request) -> PlayOut:
    """Start a game; the bot opens it if the person is player 1."""
    return await _attended(connection, services, partial(services.play.new_game, request))


@router.post("/move", responses=documented(400, 404, 409, 413, 422))
async def move(request: MoveIn, services: Shared, connection: Request) -> PlayOut:
    """Play the person's action; the bot replies until it is the person's turn again."""
    return await _attended(connection, services, partial(services.play.move, request))


async def _attended(
    connection: Request, services: Services, play: Callable[[Callable[[], bool]], PlayOut]
) -> PlayOut:
    """Play in a thread; a search ends early when the one who asked has left."""
    gone = Event()

    async def watch() -> None:
        while not await connection.is_disconnected():
            await asyncio.sleep(LOOK_SECONDS)
        gone.set()

    watcher = asyncio.create_task(watch())
    try:
        return await to_thread.run_sync(play, gone.is_set, limiter=services.thinkers)
    finally:
        watcher.cancel()
