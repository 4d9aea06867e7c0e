"""Whatever fits the OpenAPI document, and much that does not, is answered as the document says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis import BaseSchema, Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette

from engine.games import all_games
from engine.sources import load
from storage.layout import create, run_paths
from storage.stats import Heart
from web.app import create_app, openapi_document

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Starlette:
    """A server with a run that has begun; every search is tiny, nothing may be started."""
    folder: Path = tmp_path_factory.mktemp("fuzz")
    file = folder / "config.toml"
    file.touch()
    flags = {
        "run": {"game": next(iter(all_games())), "name": "lesson"},
        "storage": {"data_dir": folder / "data", "zoo_dir": str(folder / "zoo")},
        "web": {"simulations": 4, "max_simulations": 16, "rate": 0, "allow_training": False},
    }
    settings = load(flags, file)
    create(run_paths(settings))
    Heart(run_paths(settings), "actor-0").beat("playing", {"games_per_second": 1.0})
    served = create_app(settings)
    served.state.services.ending.set()  # streams that go on for ever end at once
    served.router.lifespan_context = for_ever  # it is started anew for each request
    return served


@asynccontextmanager
async def for_ever(_: Starlette) -> AsyncIterator[None]:
    yield


@pytest.fixture(scope="module")
def described(app: Starlette) -> BaseSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", app)


OPERATIONS = [
    (method, path)
    for path, operations in openapi_document()["paths"].items()
    for method in operations
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=map(" ".join, OPERATIONS))
def test_no_request_breaks_the_server(method: str, path: str, described: BaseSchema) -> None:
    @given(case=described[path][method].as_strategy(), game=st.sampled_from([None, *all_games()]))
    @hypothesis_settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Case, game: str | None) -> None:
        # By chance alone it would hardly ever name a game.
        for part in (case.body, case.query, case.path_parameters):
            if game is not None and isinstance(part, dict) and "game" in part:
                part["game"] = game
        case.call_and_validate(checks=CHECKS)

    ask()
