"""A search told as a stream of events: it runs in a thread, its thoughts reach the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

import anyio
from anyio import CapacityLimiter, to_thread
from fastapi import HTTPException

from engine.errors import CartridgeError
from web.events import PING, PING_SECONDS, Emit, event
from web.lines import Line
from web.play import Opponent
from web.pool import Turn
from web.schemas import ErrorOut, Thought, ThoughtDone
from web.think import think

log = logging.getLogger(__name__)

Heard = asyncio.Queue[Thought | ThoughtDone | ErrorOut]


async def thoughts(
    threads: CapacityLimiter, turn: Turn, opponent: Opponent, line: Line, emit: Emit
) -> None:
    """Send the events `thought`, then `done` or `failed`; cancelled, the search ends as well."""
    loop, heard = asyncio.get_running_loop(), Heard()

    def tell(news: Thought | ThoughtDone | ErrorOut) -> None:
        loop.call_soon_threadsafe(heard.put_nowait, news)

    def search() -> None:
        tell(_ended(turn, opponent, line, tell))

    with turn:
        async with anyio.create_task_group() as group:
            group.start_soon(partial(to_thread.run_sync, search, limiter=threads))
            try:
                await _told(heard, emit)
            finally:
                turn.cancel()  # the thread is waited for, so it must hear that nobody listens


async def _told(heard: Heard, emit: Emit) -> None:
    while True:
        try:
            news = await asyncio.wait_for(heard.get(), PING_SECONDS)
        except TimeoutError:
            await emit(PING)
            continue
        match news:
            case Thought():
                await emit(event("thought", news))
            case ThoughtDone():
                return await emit(event("done", news))
            case ErrorOut():
                return await emit(event("failed", news))


def _ended(
    turn: Turn, opponent: Opponent, line: Line, tell: Callable[[Thought], None]
) -> ThoughtDone | ErrorOut:
    try:
        turn.begin()
        thought = think(opponent.model(), line, opponent.limits, turn.over, tell)
        turn.check()
        return ThoughtDone(thought=thought, position=line.after(thought.action).show())
    except HTTPException as error:
        return ErrorOut(detail=str(error.detail))
    except CartridgeError as error:
        log.error("a search failed: %s", error)
        return ErrorOut(detail=str(error))
    except Exception as error:
        log.exception("a search failed")
        return ErrorOut(detail=f"the server failed with {type(error).__name__}; its log says more")
