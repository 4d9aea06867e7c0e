"""The runs and the models that can be played."""

from __future__ import annotations

from fastapi import APIRouter

from web.errors import documented
from web.schemas import ModelsOut, RunOut
from web.services import Shared

router = APIRouter()


@router.get("/models", responses=documented(404, 422))
def models(services: Shared, run: str | None = None, game: str | None = None) -> ModelsOut:
    """The models of a run, or of what serves a game; of the server's run unless asked otherwise."""
    return services.shelf.of(game, run).listing()


@router.get("/runs", responses=documented())
def runs(services: Shared) -> list[RunOut]:
    """Every run below the data folder, the server's own first, begun or not."""
    return services.runs.listing()
