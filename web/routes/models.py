"""The models that can be played."""

from __future__ import annotations

from fastapi import APIRouter

from web.errors import documented
from web.schemas import ModelsOut
from web.services import Shared

router = APIRouter()


@router.get("/models", responses=documented())
def models(services: Shared) -> ModelsOut:
    """The models of the run, newest first."""
    return services.shelf.run.listing()
