"""Starting and stopping the training; whether the server is well."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from web.schemas.models import ModelOut
from web.schemas.strict import Strict


class SelfplayIn(Strict):
    """Start or stop the training of the server's run."""

    command: Literal["start", "stop"]


class SelfplayOut(BaseModel):
    """What training does after the command."""

    training: Literal["running", "paused", "stopped"]
    message: str


class HealthOut(BaseModel):
    """The server is up; which games' models it has loaded."""

    status: Literal["ok"]
    version: str
    run: str
    model: ModelOut
