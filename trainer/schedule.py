"""The learning rate as a pure function of the step: nothing to save or to freeze on resume."""

from __future__ import annotations

import math

from engine.config import LearnerSettings


def learning_rate(step: int, settings: LearnerSettings) -> float:
    """Linear warm-up, then a half cosine (Loshchilov & Hutter, 2017) down to the final rate.

    `step` counts finished steps. After `horizon_steps` the final rate stays in force.
    """
    if step < settings.warmup_steps:
        return settings.learning_rate * (step + 1) / settings.warmup_steps
    span = max(1, settings.horizon_steps - settings.warmup_steps)
    progress = min(1.0, (step - settings.warmup_steps) / span)
    low, high = settings.final_learning_rate, settings.learning_rate
    return low + (high - low) * (1 + math.cos(math.pi * progress)) / 2
