"""What a slow iterator yields, as server-sent events; it learns when nobody listens any more."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from threading import Event

from anyio import CapacityLimiter, to_thread
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel

from engine.errors import CartridgeError
from web.schemas import ErrorOut

log = logging.getLogger(__name__)

HEAD = {"Cache-Control": "no-store", "Content-Type": "text/event-stream; charset=utf-8"}

Named = tuple[str, BaseModel]
"""An event: its name and its data."""


class EventStream(StreamingResponse):
    """An answer of server-sent events. FastAPI's own class wants a route that yields, which could
    refuse nothing before its status is sent.
    """

    media_type = None  # it is no JSON, but its refusals are


def streamed(steps: Iterator[Named], gone: Event, limiter: CapacityLimiter) -> EventStream:
    """The steps, each made in a thread; `gone` is set once the one who asked has left.

    A failure between two steps is the event `failed`: the status was sent long before.
    """

    async def encoded() -> AsyncIterator[bytes]:
        try:
            while True:
                step = await to_thread.run_sync(
                    next, steps, None, abandon_on_cancel=True, limiter=limiter
                )
                if step is None:
                    return
                yield _encoded(*step)
        except CartridgeError as error:
            log.error("a stream ended early: %s", error)
            yield _encoded("failed", ErrorOut(detail=str(error)))
        except Exception as error:
            name = type(error).__name__
            yield _encoded("failed", ErrorOut(detail=f"the server failed with {name}; see its log"))
            raise
        finally:
            gone.set()

    return EventStream(encoded(), headers=HEAD)


def _encoded(name: str, data: BaseModel) -> bytes:
    return format_sse_event(event=name, data_str=data.model_dump_json())
