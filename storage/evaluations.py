"""What was measured of each model (evaluations.json): matches, accuracy, promotions.

One process writes it, whoever holds the referee's lock; the page reads it. verdicts.json follows
from it, so whoever is killed between the two writes can make up for it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from engine.errors import StorageError
from storage.atomic import read_json, write_json
from storage.layout import RunPaths
from storage.verdicts import Relapse, Step, Verdicts

MOST_ROWS = 2000
"""Beyond that every second row is dropped, so that the file stays small for ever."""
MOST_JUDGED = 1000
"""So many of the models judged last are remembered."""

Finding = Literal["stronger", "not stronger", "weaker", "undecided"]
"""What a match against the best model says of the challenger."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Judged(_Row):
    """A model that need not be judged again, and the steps that were passed over for it."""

    step: Step
    sha256: str
    skipped: list[Step] = []


class MatchRow(_Row):
    """A match of the model of `step`: share of points, 95 % Wilson interval.

    `against` is the step of the opponent, where that is a model, and `finding` what the match says.
    """

    step: Step
    opponent: str
    against: Step | None = None
    games: Annotated[int, Field(ge=2)]
    score: FiniteFloat
    interval: tuple[FiniteFloat, FiniteFloat]
    finding: Finding | None = None


class PromotionRow(_Row):
    """The model of `step` became the best instead of that of `against` (None: there was none).

    `at` is in seconds since the epoch.
    """

    step: Step
    sha256: str
    against: Step | None
    at: FiniteFloat


class Evaluations(BaseModel):
    """The content of evaluations.json.

    `accuracy` are rows of actor/yardstick.py; `measured` is the model whose rows came last.
    `pending`: the last promotion is decided, best.onnx may not be replaced yet. `entered`: the
    models in the ladder, by the names they have there.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    judged: list[Judged] = []
    evaluations: list[MatchRow] = []
    accuracy: list[dict[str, Any]] = []
    promotions: list[PromotionRow] = []
    measured: str = ""
    pending: bool = False
    relapse: Relapse | None = None
    entered: dict[str, str] = {}

    @property
    def verdicts(self) -> Verdicts:
        """What the learner should know."""
        best = self.promotions[-1].step if self.promotions else None
        return Verdicts(best_step=best, relapse=self.relapse)

    def knows(self, sha256: str) -> bool:
        """Whether this model was judged."""
        return any(row.sha256 == sha256 for row in self.judged)

    def close(self, row: Judged) -> None:
        """Note that a model was judged."""
        others = [known for known in self.judged if known.sha256 != row.sha256]
        self.judged = [*others, row][-MOST_JUDGED:]

    def add_match(self, row: MatchRow) -> None:
        """Add a match; an earlier one of the same step and opponent is replaced."""
        key = (row.step, row.opponent)
        kept = [known for known in self.evaluations if (known.step, known.opponent) != key]
        if len(kept) >= MOST_ROWS:
            kept = kept[::2]
        self.evaluations = [*kept, row]

    def add_accuracy(self, step: int, sha256: str, rows: list[dict[str, Any]]) -> None:
        """Add the rows of a model; those of later steps belong to a past that was given up."""
        kept = [row for row in self.accuracy if row["step"] < step]
        if len(kept) + len(rows) > MOST_ROWS:
            steps = set(sorted({row["step"] for row in kept})[::2])
            kept = [row for row in kept if row["step"] in steps]
        self.accuracy = [*kept, *rows]
        self.measured = sha256


def read_evaluations(paths: RunPaths) -> Evaluations:
    """What was measured so far; raises StorageError where the file is damaged."""
    content = read_json(paths.evaluations)
    if content is None:
        return Evaluations()
    try:
        return Evaluations.model_validate(content)
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"]))
        raise StorageError(
            f"{paths.evaluations} is damaged: {where}: {wrong['msg']}; delete it to go on"
        ) from None


def write_evaluations(paths: RunPaths, evaluations: Evaluations) -> None:
    """Replace evaluations.json; raises StorageError."""
    write_json(paths.evaluations, evaluations.model_dump(mode="json"))
