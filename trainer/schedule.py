"""How far a run is and the learning rate there: pure functions, nothing to freeze on resume."""

from __future__ import annotations

import math

from engine.config import LearnerSettings


def progress(step: int, seconds: float, settings: LearnerSettings) -> float:
    """The share of the schedule that is over, 0 to 1: of `minutes` if given, else of the steps.

    `step` counts finished steps, `seconds` is the training time of the run over all restarts.
    """
    if settings.minutes > 0:
        return min(1.0, seconds / (60 * settings.minutes))
    span = max(1, settings.horizon_steps - settings.warmup_steps)
    return min(1.0, max(0, step - settings.warmup_steps) / span)


def learning_rate(step: int, settings: LearnerSettings, seconds: float = 0.0) -> float:
    """Linear warm-up, then a half cosine (Loshchilov & Hutter, 2017) down to the final rate.

    After the end of the schedule the final rate stays in force.
    """
    low, high = settings.final_learning_rate, settings.learning_rate
    rate = low + (high - low) * (1 + math.cos(math.pi * progress(step, seconds, settings))) / 2
    return rate * min(1.0, (step + 1) / settings.warmup_steps) if settings.warmup_steps else rate
