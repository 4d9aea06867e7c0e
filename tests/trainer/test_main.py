"""What the learner's console says about how far it is."""

from __future__ import annotations

from types import SimpleNamespace

from trainer.__main__ import _telling, _telling_time


class Line:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []

    def show(self, completed: int, text: str) -> None:
        self.told.append((completed, text))


def test_a_run_with_a_time_budget_tells_its_minutes_and_another_its_steps() -> None:
    settings = SimpleNamespace(learner=SimpleNamespace(minutes=12.0))
    learner = SimpleNamespace(settings=settings, seconds=90.0)
    line = Line()
    tell = _telling_time(line, learner)  # type: ignore[arg-type]
    tell(200, "training")
    learner.seconds = 720.4
    tell(2000, "finished")
    assert line.told == [
        (90, "step 200, 1.5 of 12 minutes, training"),
        (720, "step 2000, 12.0 of 12 minutes, finished"),
    ]
    line.told.clear()
    _telling(line, 8000)(200, "training")  # type: ignore[arg-type]
    assert line.told == [(200, "step 200 of 8000, training")]
