"""Starting and stopping the training; whether the server is well."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from web.schemas.models import ModelOut
from web.schemas.strict import Strict


class SelfplayIn(Strict):
    """Start or stop the training of a run: the server's, unless another one is named.

    A run that has begun goes on as it began. Where none is named, a game or a preset begins a new
    one, named for both.
    """

    command: Literal["start", "stop"]
    run: str | None = Field(None, max_length=80, description="an old one, or a new one's name")
    game: str | None = Field(
        None, max_length=80, description="for a new run; default: the server's"
    )
    preset: str | None = Field(None, max_length=80, description="for a new run: one of /presets")


class SelfplayOut(BaseModel):
    """What training does after the command, and which run it is."""

    run: str
    training: Literal["running", "paused", "stopped"]
    message: str


class PresetOut(BaseModel):
    """Settings by one word."""

    name: str
    title: str
    description: str


class RunSettingsOut(BaseModel):
    """What a run was started with the last time."""

    run: str
    game: str
    at: float | None = Field(description="when, seconds since the epoch; null if it never was")
    command: str | None = Field(description="that repeats the run; null if it never was started")
    machine: str | None = Field(description="what it was computed on")
    changes: dict[str, str] = Field(
        description="settings, by section.key, that differ from those that the game comes with"
    )


class HealthOut(BaseModel):
    """The server is up; which games' models it has loaded."""

    status: Literal["ok"]
    version: str
    run: str
    model: ModelOut
