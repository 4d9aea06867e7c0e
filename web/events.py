"""Server-sent events: an answer that goes on while something happens.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from fastapi.responses import Response
from fastapi.sse import format_sse_event
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

PING_SECONDS = 15.0
"""After so long without an event a comment is sent, so that no proxy takes the line for dead."""

PING = format_sse_event(comment="still here")

Emit = Callable[[bytes], Awaitable[None]]
"""Sends bytes to the client; to be awaited."""


def event(name: str, shape: BaseModel) -> bytes:
    """An event as it goes over the wire: its name and one line of JSON."""
    return format_sse_event(event=name, data_str=shape.model_dump_json())


def streamed(**shapes: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """The answer 200 of a route for its OpenAPI description: the shape of each event by its name.

    A shape that no other route answers must stand in `web.schemas.STREAMED` too.
    """
    items = [
        {
            "type": "object",
            "required": ["event", "data"],
            "properties": {
                "event": {"const": name},
                "data": {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": {"$ref": f"#/components/schemas/{shape.__name__}"},
                },
            },
        }
        for name, shape in shapes.items()
    ]
    content = {"text/event-stream": {"itemSchema": {"oneOf": items}}}
    return {200: {"description": f"events: {', '.join(shapes)}", "content": content}}


class EventStream(Response):
    """Lets `produce` send events until it is done or the client is gone: then it is cancelled."""

    media_type = None  # it is no JSON, but its refusals are: see `streamed`

    def __init__(self, produce: Callable[[Emit], Awaitable[None]], status_code: int = 200) -> None:
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        headers["Content-Type"] = "text/event-stream; charset=utf-8"
        super().__init__(status_code=status_code, headers=headers)
        del self.headers["content-length"]
        self._produce = produce

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head, then the events."""
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})

        async def emit(data: bytes) -> None:
            await send({"type": "http.response.body", "body": data, "more_body": True})

        gone = anyio.Event()
        async with anyio.create_task_group() as group:

            async def watch() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                gone.set()
                group.cancel_scope.cancel()

            group.start_soon(watch)
            await self._produce(emit)
            group.cancel_scope.cancel()
        if not gone.is_set():
            await send({"type": "http.response.body", "body": b"", "more_body": False})
