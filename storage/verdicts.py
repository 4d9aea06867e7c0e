"""What the referee found that others act upon (verdicts.json): the best model, and a relapse.

The referee alone writes the file. The learner reads it: a relapse of a step that it has passed is
the sign to go back to its last good checkpoint.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from engine.errors import StorageError
from storage.atomic import read_json, write_json
from storage.layout import RunPaths

Step = Annotated[int, Field(ge=0)]


class Relapse(BaseModel):
    """The model of `step` is significantly weaker than that of `against`, the best at that time.

    `score` is its share of points with the 95 % limits `interval`; `at` is in seconds since the
    epoch.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: Step
    against: Step
    score: FiniteFloat
    interval: tuple[FiniteFloat, FiniteFloat]
    at: FiniteFloat


class Verdicts(BaseModel):
    """The content of verdicts.json: the step of best.onnx, and the last relapse, if there was one.

    A relapse stays until a later model is found to be no weaker, so a learner that was not running
    when it was written still sees it; whether it acted on it already it must remember itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    best_step: Step | None = None
    relapse: Relapse | None = None


def read_verdicts(paths: RunPaths) -> Verdicts:
    """What the referee has said last, empty before its first word; raises StorageError."""
    content = read_json(paths.verdicts)
    if content is None:
        return Verdicts()
    try:
        return Verdicts.model_validate(content)
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"]))
        raise StorageError(
            f"{paths.verdicts} is damaged: {where}: {wrong['msg']}; delete it to go on"
        ) from None


def write_verdicts(paths: RunPaths, verdicts: Verdicts) -> None:
    """Replace verdicts.json; raises StorageError."""
    write_json(paths.verdicts, verdicts.model_dump(mode="json"))
