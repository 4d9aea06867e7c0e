"""For Prometheus; it asks at /metrics, whatever the version of the API."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from web.errors import documented
from web.services import Shared

TEXT: dict[int | str, dict[str, Any]] = {
    200: {"description": "as text", "content": {CONTENT_TYPE_LATEST: {}}}
}

router = APIRouter()


class Text(Response):
    """What Prometheus reads."""

    media_type = None  # its refusals are JSON


@router.get("/metrics", response_class=Text, responses={**TEXT, **documented()})
def metrics(services: Shared) -> Response:
    """The server's counters, and every run's figures and processes, in the Prometheus format."""
    return Response(generate_latest(services.registry), media_type=CONTENT_TYPE_LATEST)
