"""The run as a whole: stats.json of the learner, evaluations.json of the referee, who is at work.

Nothing is picked from the file field by field: what the schema of the page does not know, or what
it misses, is an error that names the field, so that no number can get lost on the way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pydantic import ValidationError

from engine.config import Settings
from engine.errors import StorageError
from storage.evaluations import read_evaluations
from storage.layout import RunPaths, run_paths
from storage.stats import Heartbeat, heartbeats, read_stats
from web.errors import sentence
from web.loaded import UNIFORM
from web.schemas import (
    AccuracyRow,
    EvaluationRow,
    EvaluatorOut,
    ModelOut,
    ProcessOut,
    PromotionRow,
    StatsOut,
)
from web.served import ZOO
from web.training import State

ADDED = ("training", "can_control", "processes", "promotions")
"""The fields that the server knows better than the file."""


def collect(settings: Settings, training: State, model: Callable[[], ModelOut]) -> StatsOut:
    """All that the page shows of the run; `model` stands in while the learner has written nothing.

    Raises StorageError for a stats.json that does not fit, with the reason.
    """
    paths = run_paths(settings)
    beats = heartbeats(paths)
    known = {
        "training": training,
        "can_control": settings.web.allow_training,
        "processes": [_process(beat) for beat in beats],
    }
    written = read_stats(paths)
    if written is None:
        shown = StatsOut.model_validate({**_nothing(settings, beats, model()), **known})
    else:
        shown = _checked(paths, settings, written, known)
    if shown.model.name not in (ZOO, UNIFORM.name):
        shown.model.run = settings.run_name
    return _judged(paths, shown)


def etag(body: bytes) -> str:
    """The entity tag of a response body."""
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


def matches(tag: str, if_none_match: str) -> bool:
    """Whether the header If-None-Match names `tag`, so that the client has the body already."""
    named = [word.strip().removeprefix("W/") for word in if_none_match.split(",")]
    return tag in named or "*" in named


def _nothing(settings: Settings, beats: list[Heartbeat], model: ModelOut) -> dict[str, Any]:
    states = dict.fromkeys(beat.state for beat in beats if beat.alive)
    return {
        "run": settings.run_name,
        "game": settings.run.game,
        "model": model,
        "step": 0 if model.name == ZOO else model.step or 0,
        "horizon_steps": settings.learner.horizon_steps,
        "games": 0,
        "positions": 0,
        "window_positions": 0,
        "samples_used": 0,
        "message": ", ".join(states) or "waiting for the first games",
        "history": [],
        "evaluations": [],
        "accuracy": [],
        "incidents": [],
        "quality": None,
        "updated_at": None,
    }


def _process(beat: Heartbeat) -> ProcessOut:
    return ProcessOut(
        name=beat.name,
        state=beat.state,
        # Whole seconds, so that an unchanged run has an unchanged entity tag for a while.
        age_seconds=float(round(beat.age_seconds)),
        alive=beat.alive,
        rates=dict(beat.rates),
        evaluator=EvaluatorOut.model_validate(asdict(beat.evaluator)) if beat.evaluator else None,
    )


def _judged(paths: RunPaths, shown: StatsOut) -> StatsOut:
    """With what the referee found, by step."""
    found = read_evaluations(paths)
    try:
        matches = [EvaluationRow.model_validate(row.model_dump()) for row in found.evaluations]
        accuracy = [AccuracyRow.model_validate(row, extra="forbid") for row in found.accuracy]
        promotions = [PromotionRow.model_validate(row.model_dump()) for row in found.promotions]
    except ValidationError as error:
        reason = sentence(error.errors())
        raise StorageError(f"{paths.evaluations} does not fit: {reason}") from None
    shown.evaluations = sorted([*shown.evaluations, *matches], key=lambda row: row.step)
    shown.accuracy = sorted([*shown.accuracy, *accuracy], key=lambda row: row.step)
    shown.promotions = promotions
    return shown


def _checked(
    paths: RunPaths, settings: Settings, written: dict[str, Any], known: dict[str, Any]
) -> StatsOut:
    foreign = [name for name in ADDED if name in written]
    if foreign:
        raise StorageError(f"{paths.stats} has {foreign[0]}, which only the server knows")
    if written.get("game") != settings.run.game:
        raise StorageError(
            f"{paths.stats} tells of {written.get('game')!r}, this run plays {settings.run.game}"
        )
    try:
        shown = StatsOut.model_validate({**written, **known}, extra="forbid")
    except ValidationError as error:
        raise StorageError(f"{paths.stats} does not fit: {sentence(error.errors())}") from None
    if shown.training == "stopped" and shown.message != "stopped":
        # A learner that was killed could not take back what it said last.
        shown.message = f"nobody is at work; the learner's last word was: {shown.message}"
    return shown
