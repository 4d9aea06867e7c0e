"""Starting and stopping the training."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException

from web.errors import documented
from web.schemas import SelfplayIn, SelfplayOut
from web.services import Shared

router = APIRouter()


@router.post("/selfplay", responses=documented(400, 403, 413, 422))
def selfplay(request: SelfplayIn, services: Shared) -> SelfplayOut:
    """Start or stop the training of the server's run."""
    if not services.settings.web.allow_training:
        raise HTTPException(403, "web.allow_training = false: this page may not control training")
    training = services.training
    state, message = training.start() if request.command == "start" else training.stop()
    return SelfplayOut(training=state, message=message)
