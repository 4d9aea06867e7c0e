"""Starting and stopping the training."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from engine.errors import ConfigError, UnknownGame
from engine.presets import PRESETS
from web.errors import documented
from web.schemas import PresetOut, RunSettingsOut, SelfplayIn, SelfplayOut
from web.services import Shared
from web.trainings import last_settings

router = APIRouter()


@router.post("/selfplay", responses=documented(400, 403, 404, 409, 413, 422))
def selfplay(request: SelfplayIn, services: Shared) -> SelfplayOut:
    """Start or stop the training of a run."""
    if not services.settings.web.allow_training:
        raise HTTPException(403, "web.allow_training = false: this page may not control training")
    trainings = services.trainings
    try:
        if request.command == "stop":
            run, state, message = trainings.stop(request.run)
        else:
            run, state, message = trainings.start(request.run, request.game, request.preset)
    except UnknownGame:
        raise
    except ConfigError as error:
        raise HTTPException(422, str(error)) from None
    return SelfplayOut(run=run, training=state, message=message)


@router.get("/presets", responses=documented())
def presets() -> list[PresetOut]:
    """The settings that a new run may be started with, by name."""
    return [
        PresetOut(name=name, title=it.title, description=it.description)
        for name, it in PRESETS.items()
    ]


@router.get("/settings", responses=documented(404, 422))
def run_settings(
    services: Shared,
    run: Annotated[str | None, Query(description="name of a run; without it the server's")] = None,
) -> RunSettingsOut:
    """With which settings a run was started."""
    return last_settings(services.runs, run)
