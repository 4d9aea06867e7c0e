"""Settings by one word, for whoever does not want to read all of them: `--preset quick`.

A preset lies between a game's own settings and what a person says: each of its values is as if it
were given by a flag, and a flag of the same setting wins.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import ConfigError


@dataclass(frozen=True)
class Preset:
    """Settings by section and key, and what they are good for."""

    title: str
    description: str
    settings: Mapping[str, Mapping[str, Any]]


PRESETS: dict[str, Preset] = {
    "quick": Preset(
        "Quick",
        "A first agent in three minutes: early steps, small searches, many models to watch.",
        {
            "search": {"simulations": 40},
            "selfplay": {"first_simulations": 0, "fast_simulations": 16},
            "learner": {"minutes": 3.0, "min_positions": 2_000, "publish_every": 100},
        },
    ),
    "standard": Preset(
        "Standard",
        "The settings that the game comes with; learns until it is stopped.",
        {},
    ),
    "strong": Preset(
        "Strong",
        "A larger network and deeper searches: slow at first, better after some hours.",
        {
            "search": {"simulations": 400},
            "network": {"family": "conv", "width": 64, "depth": 5},
            "learner": {"horizon_steps": 40_000, "window_positions": 1_000_000},
        },
    ),
}
"""The weakest first."""


def preset(name: str) -> Preset:
    """The preset called `name`; raises ConfigError naming those there are."""
    if name not in PRESETS:
        close = difflib.get_close_matches(name, PRESETS, n=1)
        meant = f", did you mean {close[0]}?" if close else f"; known: {', '.join(PRESETS)}"
        raise ConfigError(f"there is no preset {name!r}{meant}")
    return PRESETS[name]
