"""Every refusal as JSON: one sentence with the cause, the value and the remedy."""

from __future__ import annotations

import logging
import reprlib
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.errors import CartridgeError, FinishedGame, IllegalAction, UnknownGame
from web.paths import methods
from web.schemas import ErrorOut

log = logging.getLogger(__name__)

STATUS: dict[type[CartridgeError], int] = {
    UnknownGame: 404,
    FinishedGame: 409,
    IllegalAction: 422,
}
"""What the person asked wrongly; every other CartridgeError is the server's trouble, a 500."""

MEANING = {
    400: "the body is not valid JSON",
    403: "the configuration forbids it",
    404: "there is no such game, run or model",
    409: "the game is already over",
    413: "the body is too large",
    422: "a field, a value or a move is not allowed",
    429: "too many searches at once or of one client; Retry-After says when to ask again",
    500: "the server failed; its log says more",
    503: "the server is ending; Retry-After says when to ask again",
}

NOT_FOUND = HTTPStatus.NOT_FOUND.phrase
"""What starlette says where no route gave a reason."""

LONGEST = 500
"""Characters of a sentence; a client that sends a book does not get it back."""


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error responses of a route for its OpenAPI description."""
    return {s: {"model": ErrorOut, "description": MEANING[s]} for s in (*statuses, 500)}


MAX_BODY = 1 << 20
"""Bytes of a request; the longest list of moves that is read has a few thousand."""


def install(app: FastAPI) -> None:
    """Let `app` answer every error with an ErrorOut."""
    app.add_middleware(BodyLimit)
    app.add_exception_handler(CartridgeError, _cartridge)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


class BodyLimit:
    """Stops reading a body that is too large; FastAPI's own limit does not answer in JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its body counted."""
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY:
                raise HTTPException(413, f"the body has more than {MAX_BODY} bytes")
            return message

        await self.app(scope, counted, send)


def _answer(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    if len(detail) > LONGEST:
        detail = f"{detail[:LONGEST]}…"
    # A lone surrogate that a client sent cannot be encoded, so it is shown as an escape.
    readable = detail.encode("utf-8", "backslashreplace").decode("utf-8")
    return JSONResponse(ErrorOut(detail=readable).model_dump(), status, headers)


def _cartridge(request: Request, error: Exception) -> JSONResponse:
    status = next((s for kind, s in STATUS.items() if isinstance(error, kind)), 500)
    if status == 500:
        log.error("%s %s: %s", request.method, request.url.path, error)
    return _answer(status, str(error))


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # The traceback follows in the log: starlette raises the error again for the server.
    log.error("%s %s failed: %r", request.method, request.url.path, error)
    return _answer(500, f"the server failed with {type(error).__name__}; its log says more")


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    method, path = request.method, request.url.path
    # The page is mounted at "/", so a wrong method would look like a missing file.
    known = methods(request.app.openapi(), path)
    if error.status_code in (404, 405) and known and method not in known:
        allowed = ", ".join(sorted(known))
        return _answer(405, f"{path} answers {allowed}, not {method}", {"Allow": allowed})
    if error.status_code == 404 and error.detail == NOT_FOUND:
        return _answer(404, f"there is nothing at {path}")
    return _answer(error.status_code, error.detail, error.headers)


def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    malformed = any(e["type"] == "json_invalid" for e in found)
    return _answer(400 if malformed else 422, sentence(found))


def sentence(errors: Sequence[Any]) -> str:
    """One sentence about the first of pydantic's errors, and how many follow."""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return _explain(errors[0]) + more


def _explain(error: Any) -> str:
    place = [part for part in error["loc"] if part not in ("body", "query")]
    if error["type"] == "json_invalid":
        return f"the body is not valid JSON: {error['ctx']['error']} at character {place[0]}"
    if not place:
        return "the body must be a JSON object, sent with Content-Type: application/json"
    name = ".".join(reprlib.repr(p)[1:-1] if isinstance(p, str) else str(p) for p in place)
    if error["type"] == "missing":
        return f"the field {name} is missing"
    if error["type"] == "extra_forbidden":
        return f"there is no field {name}"
    reason = error["msg"][:1].lower() + error["msg"][1:]
    return f"{name} = {reprlib.repr(error['input'])} is refused: {reason}"
