"""The application: nine routes, the built page, and what they share.

page ──HTTP──▶ routes ──▶ play.py (search) ──▶ served.py (models) ──▶ storage
                      ──▶ stats.py, training.py ──────────────────▶ storage
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles

from engine.cli import package_version
from engine.config import Settings
from engine.games import all_games
from web import stats as statistics
from web.errors import documented, install
from web.levels import levels_of
from web.play import Line, Play, describe, parse_moves
from web.schemas import (
    GameOut,
    HealthOut,
    LevelsOut,
    ModelsOut,
    MoveIn,
    NewGameIn,
    PlayOut,
    PositionOut,
    SelfplayIn,
    SelfplayOut,
    StatsOut,
)
from web.served import Shelf
from web.training import Training

STATIC = Path(__file__).parent / "static"
"""Where scripts/setup puts the built page."""

NOT_BUILT = """<!doctype html><html lang="en"><title>Cartridge2</title>
<p>The server runs, but its page is not built yet. Run <code>scripts/setup</code>, then start the
server again. The API answers: <a href="/games">/games</a>, <a href="/stats">/stats</a>.</p></html>
"""

THINKERS = 32
"""Requests that may search or wait for their evaluator at once; more wait on the event loop."""

LOOK_SECONDS = 0.1
"""How often it is asked whether anybody still waits for a move."""

router = APIRouter()


@dataclass(frozen=True)
class Services:
    """What the routes share."""

    settings: Settings
    shelf: Shelf
    play: Play
    training: Training
    thinkers: CapacityLimiter


def create_app(settings: Settings, argv: Sequence[str] | None = None) -> FastAPI:
    """The server of one run; `argv` are the options that its training processes get as well."""
    app = _routes_only()
    shelf = Shelf(settings)
    app.state.services = Services(
        settings,
        shelf,
        Play(shelf, settings.web),
        Training(settings, argv),
        CapacityLimiter(THINKERS),
    )
    _serve_page(app)
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document; it depends on no setting and starts nothing."""
    return _routes_only().openapi()


def _routes_only() -> FastAPI:
    app = FastAPI(
        title="Cartridge2",
        description="Play against the agent, watch it learn.",
        version=package_version(),
        docs_url=None,  # these two load scripts from other sites
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
    )
    install(app)
    app.include_router(router)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    services: Services = app.state.services
    await to_thread.run_sync(services.training.close)


def _serve_page(app: FastAPI) -> None:
    if (STATIC / "index.html").is_file():
        app.mount("/", StaticFiles(directory=STATIC, html=True), name="page")
    else:
        app.add_api_route("/", not_built, include_in_schema=False, response_class=HTMLResponse)


def not_built() -> str:
    """What stands in for the page until it is built."""
    return NOT_BUILT


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Shared = Annotated[Services, Depends(_services)]


@router.get("/health", responses=documented())
def health(services: Shared) -> HealthOut:
    """The server is up; which model it plays the run's game with."""
    model = services.shelf.run.current().model
    run = services.settings.run_name
    return HealthOut(status="ok", version=package_version(), run=run, model=model)


@router.get("/games", responses=documented())
def games() -> list[GameOut]:
    """Every game that can be played."""
    return [describe(game) for game in all_games().values()]


@router.get("/games/{game}/levels", responses=documented(404, 422))
def levels(services: Shared, game: str) -> LevelsOut:
    """The strengths that the bot has in a game, by name, and what each is worth."""
    return levels_of(services.shelf.of(game), services.settings.web.max_simulations)


@router.post("/game/new", responses=documented(400, 404, 413, 422))
async def new_game(request: NewGameIn, services: Shared, connection: Request) -> PlayOut:
    """Start a game; the bot opens it if the person is player 1."""
    return await _attended(connection, services, partial(services.play.new_game, request))


@router.get("/game/state", responses=documented(404, 409, 422))
def game_state(services: Shared, game: str, moves: str = "") -> PositionOut:
    """The position after `moves`, action ids divided by commas; none = the start."""
    return Line.from_moves(services.shelf.of(game).game, parse_moves(moves)).show()


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


@router.get("/models", responses=documented())
def models(services: Shared) -> ModelsOut:
    """The models of the run, newest first."""
    return services.shelf.run.listing()


@router.post("/selfplay", responses=documented(400, 403, 413, 422))
def selfplay(request: SelfplayIn, services: Shared) -> SelfplayOut:
    """Start or stop the training of the server's run."""
    if not services.settings.web.allow_training:
        raise HTTPException(403, "web.allow_training = false: this page may not control training")
    training = services.training
    state, message = training.start() if request.command == "start" else training.stop()
    return SelfplayOut(training=state, message=message)
