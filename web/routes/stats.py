"""How a run does, and whether the server does."""

from __future__ import annotations

import asyncio
import time
from functools import partial

from anyio import to_thread
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from fastapi.sse import format_sse_event

from engine.cli import package_version
from engine.errors import CartridgeError
from web.documents import Following
from web.errors import documented
from web.events import PING, PING_SECONDS, Emit, EventStream, event, streamed
from web.schemas import ErrorOut, HealthOut, StatsOut
from web.services import Services, Shared
from web.stats import etag, matches

LOOK_SECONDS = 1.0
"""How often a run that is followed is looked at."""

AGES_SECONDS = 2.0
"""How often it is sent where nothing but the age of a heartbeat or a speed has changed."""

router = APIRouter()


@router.get("/health", responses=documented())
def health(services: Shared) -> HealthOut:
    """The server is up; which model it plays the run's game with."""
    model = services.shelf.run.glance()
    run = services.settings.run_name
    return HealthOut(status="ok", version=package_version(), run=run, model=model)


@router.get("/stats.json", include_in_schema=False)
@router.get(
    "/stats",
    response_model=StatsOut,
    responses={**documented(404, 422), 304: {"description": "unchanged since the given ETag"}},
)
def stats(request: Request, services: Shared, run: str | None = None) -> Response:
    """A run as a whole; with If-None-Match an unchanged answer is a 304 without a body."""
    body = services.documents.stats(run).model_dump_json().encode()
    tag = etag(body)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if matches(tag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.get(
    "/stats/stream",
    response_class=EventStream,
    responses={**streamed(stats=StatsOut, failed=ErrorOut), **documented(404, 422)},
)
async def stats_stream(services: Shared, run: str | None = None) -> EventStream:
    """The same document, sent whenever it changes, until the client goes or the server ends.

    Files that cannot be read are the event `failed`; the stream goes on.
    """
    if run is not None:
        await to_thread.run_sync(services.runs.settings, run)
    return EventStream(partial(_follow, services, run))


async def _follow(services: Services, run: str | None, emit: Emit) -> None:
    following = Following(partial(services.documents.newest, run), AGES_SECONDS)
    sent, trouble = time.monotonic(), ""
    while not services.ending.is_set():
        news = b""
        try:
            document = await to_thread.run_sync(following.news)
            if document is not None:
                news, trouble = format_sse_event(event="stats", data_str=document.body), ""
        except (CartridgeError, HTTPException) as error:
            reason = str(error.detail if isinstance(error, HTTPException) else error)
            if reason != trouble:
                news, trouble = event("failed", ErrorOut(detail=reason)), reason
        if not news and time.monotonic() - sent >= PING_SECONDS - LOOK_SECONDS:
            news = PING
        if news:
            await emit(news)
            sent = time.monotonic()
        await _sleep(services.ending, LOOK_SECONDS)


async def _sleep(ending: asyncio.Event, seconds: float) -> None:
    """Sleep, but not beyond the end of the server."""
    try:
        await asyncio.wait_for(ending.wait(), seconds)
    except TimeoutError:
        return
