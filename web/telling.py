"""Work in a thread of its own, told as events while it goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

import anyio
from anyio import CapacityLimiter, to_thread
from fastapi import HTTPException
from pydantic import BaseModel

from engine.errors import CartridgeError
from web.events import PING, PING_SECONDS, Emit, event
from web.pool import Turn
from web.schemas import ErrorOut

log = logging.getLogger(__name__)

Tell = Callable[[str, BaseModel], None]
"""Tells the client of something: the name of the event and its data. For any thread."""

Heard = asyncio.Queue[tuple[str, BaseModel] | None]


async def told(
    threads: CapacityLimiter, turn: Turn, work: Callable[[Tell], None], emit: Emit
) -> None:
    """Let `work` tell what it finds, in its turn; a failure is the event `failed`.

    Cancelled, the turn is cancelled as well: the work has to ask it.
    """
    loop, heard = asyncio.get_running_loop(), Heard()

    def put(news: tuple[str, BaseModel] | None) -> None:
        loop.call_soon_threadsafe(heard.put_nowait, news)

    def run() -> None:
        failure = _failure(turn, work, lambda name, data: put((name, data)))
        if failure is not None:
            put(("failed", failure))
        put(None)

    with turn:
        async with anyio.create_task_group() as group:
            group.start_soon(partial(to_thread.run_sync, run, limiter=threads))
            try:
                await _passed_on(heard, emit)
            finally:
                turn.cancel()  # the thread is waited for, so it must hear that nobody listens


async def _passed_on(heard: Heard, emit: Emit) -> None:
    while True:
        try:
            news = await asyncio.wait_for(heard.get(), PING_SECONDS)
        except TimeoutError:
            await emit(PING)
            continue
        if news is None:
            return
        await emit(event(*news))


def _failure(turn: Turn, work: Callable[[Tell], None], tell: Tell) -> ErrorOut | None:
    try:
        turn.begin()
        work(tell)
    except HTTPException as error:
        return ErrorOut(detail=str(error.detail))
    except CartridgeError as error:
        log.error("a search failed: %s", error)
        return ErrorOut(detail=str(error))
    except Exception as error:
        log.exception("a search failed")
        return ErrorOut(detail=f"the server failed with {type(error).__name__}; its log says more")
    return None
