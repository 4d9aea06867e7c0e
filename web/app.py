"""The application: the routes of every area, the built page, and what they share.

page ──HTTP──▶ routes/ ──▶ play.py (search) ──▶ served.py (models) ──▶ storage
                       ──▶ stats.py, training.py ──────────────────▶ storage
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from anyio import to_thread
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles

from engine.cli import package_version
from engine.config import Settings
from web.errors import install
from web.metrics import Counted
from web.paths import VERSION
from web.routes import ROUTERS, metrics
from web.schemas import STREAMED
from web.services import Services, services

STATIC = Path(__file__).parent / "static"
"""Where scripts/setup puts the built page."""

NOT_BUILT = """<!doctype html><html lang="en"><title>Cartridge2</title>
<p>The server runs, but its page is not built yet. Run <code>scripts/setup</code>, then start the
server again. The API answers: <a href="/v1/games">/v1/games</a>,
<a href="/v1/stats">/v1/stats</a>.</p></html>
"""


def create_app(settings: Settings, argv: Sequence[str] | None = None) -> FastAPI:
    """The server of one run; `argv` are the options that its training processes get as well."""
    app = _routes_only()
    app.state.services = services(settings, argv)
    _serve_page(app)
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document; it depends on no setting and starts nothing."""
    return _routes_only().openapi()


def _routes_only() -> FastAPI:
    app = Api(
        title="Cartridge2",
        description="Play against the agent, watch it learn.",
        version=package_version(),
        docs_url=None,  # these two load scripts from other sites
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
    )
    install(app)
    app.add_middleware(Counted)
    app.include_router(metrics.router)
    for router in ROUTERS:
        app.include_router(router, prefix=VERSION)
        app.include_router(router, include_in_schema=False)
    return app


class Api(FastAPI):
    """FastAPI, whose document lists the shapes of events too."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        document = super().openapi()
        shapes = document["components"]["schemas"]
        for shape in STREAMED:
            described = shape.model_json_schema(ref_template="#/components/schemas/{model}")
            for name, definition in described.pop("$defs", {}).items():
                shapes.setdefault(name, definition)
            shapes[shape.__name__] = described
        return document


def _operation_id(route: APIRoute) -> str:
    return route.name


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    shared: Services = app.state.services
    shared.end()
    await to_thread.run_sync(shared.trainings.close)


def _serve_page(app: FastAPI) -> None:
    if (STATIC / "index.html").is_file():
        app.mount("/", StaticFiles(directory=STATIC, html=True), name="page")
    else:
        app.add_api_route("/", not_built, include_in_schema=False, response_class=HTMLResponse)


def not_built() -> str:
    """What stands in for the page until it is built."""
    return NOT_BUILT
