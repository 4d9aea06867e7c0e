"""How the run does, and whether the server does."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from engine.cli import package_version
from web import stats as statistics
from web.errors import documented
from web.schemas import HealthOut, StatsOut
from web.services import Shared

router = APIRouter()


@router.get("/health", responses=documented())
def health(services: Shared) -> HealthOut:
    """The server is up; which model it plays the run's game with."""
    model = services.shelf.run.current().model
    run = services.settings.run_name
    return HealthOut(status="ok", version=package_version(), run=run, model=model)


@router.get("/stats.json", include_in_schema=False)
@router.get(
    "/stats",
    response_model=StatsOut,
    responses={**documented(), 304: {"description": "unchanged since the given ETag"}},
)
def stats(request: Request, services: Shared) -> Response:
    """The run as a whole; with If-None-Match an unchanged answer is a 304 without a body."""
    model = services.shelf.run.current().model
    found = statistics.collect(services.settings, services.training.state(), model)
    body = found.model_dump_json().encode()
    tag = statistics.etag(body)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if statistics.matches(tag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
