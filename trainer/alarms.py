"""The figures about the data as typed rows, each with its threshold; what passes it is an alarm."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.config import Settings
from storage.replay import Origin
from storage.stats import Heartbeat
from trainer.quality import Measured

LOG = logging.getLogger(__name__)

LEAST_GAMES = 100
"""Fewer games than that raise no alarm: their figures are chance."""
SLACK = 0.05
"""An alarm ends when its figure is inside its threshold by this share: it shall not flutter."""

Unit = Literal["share", "nats", "value", "plies", "leaves", "steps", "seconds"]
Limit = Literal["most", "least"]

_WORDS: dict[Unit, Callable[[float], str]] = {
    "share": lambda x: f"{x:.1%}",
    "nats": lambda x: f"{x:.3g} nats",
    "value": lambda x: f"{x:.3g}",
    "plies": lambda x: f"{x:.3g} plies",
    "leaves": lambda x: f"{x:.3g}",
    "steps": lambda x: f"{x:,.0f} steps",
    "seconds": lambda x: f"{x / 3600:.2g} h",
}


@dataclass(frozen=True)
class Figure:
    """One row: `value` is None where nothing is measured, `threshold` where there is no alarm."""

    name: str
    title: str
    unit: Unit
    limit: Limit
    """Whether the threshold is the most or the least that the value may be."""
    value: float | None
    threshold: float | None
    alarm: str | None
    """What is wrong, with value, threshold and remedy in one line; None while all is well."""


@dataclass(frozen=True)
class Moment:
    """What the figures need of the run beside the games: the learner's step, its oldest game, who
    is alive, and the time in seconds since the epoch.
    """

    step: int
    oldest: Origin | None
    beats: Sequence[Heartbeat]
    now: float


@dataclass(frozen=True)
class _Kind:
    name: str
    title: str
    unit: Unit
    limit: Limit
    setting: str
    remedy: str


_KINDS = [
    _Kind("duplicates", "Duplicate positions", "share", "most", "duplicates",
          "raise selfplay.opening_share or selfplay.temperature_plies"),
    _Kind("leaves_per_search", "Distinct leaves of a search", "leaves", "least", "leaves",
          "keep search.prove = true, or lower search.simulations"),
    _Kind("depth", "Depth of a simulation", "plies", "least", "depth",
          "raise search.simulations or lower search.dirichlet_fraction"),
    _Kind("target_entropy", "Entropy of policy targets", "nats", "least", "target_entropy",
          "raise search.root_temperature or search.dirichlet_fraction"),
    _Kind("surprise", "Surprise of the search", "nats", "most", "surprise",
          "look at the losses: the network does not follow its targets"),
    _Kind("calibration_error", "Calibration error of values", "value", "most",
          "calibration_error",
          "raise learner.result_share, or lower selfplay.final_temperature"),
    _Kind("game_length", "Length of a game", "plies", "least", "game_length",
          "look at the newest games: one side may not defend itself"),
    _Kind("first_move_entropy", "Entropy of first moves", "nats", "least", "first_move_entropy",
          "raise search.dirichlet_fraction or selfplay.temperature"),
    _Kind("first_wins", "Won by the first player", "share", "most", "result_share",
          "raise selfplay.opening_share, so that both sides get won positions"),
    _Kind("draws", "Drawn", "share", "most", "result_share",
          "raise selfplay.opening_share, so that games are decided"),
    _Kind("first_losses", "Lost by the first player", "share", "most", "result_share",
          "raise selfplay.opening_share, so that both sides get won positions"),
    _Kind("oldest_seconds", "Age of the oldest sample", "seconds", "most", "oldest_hours",
          "let actors play, or lower learner.window_positions"),
    _Kind("oldest_steps", "Age of the oldest sample in steps", "steps", "most", "oldest_steps",
          "lower learner.window_positions or learner.replay_ratio"),
    _Kind("model_lag", "Steps that the newest games are behind", "steps", "most", "model_lag",
          "see in the actors' log why they do not take the latest model"),
    _Kind("actor_lag", "Steps that the slowest actor is behind", "steps", "most", "model_lag",
          "see in the actors' log why they do not take the latest model"),
]  # fmt: skip

_OF_GAMES = {
    "duplicates", "target_entropy", "surprise", "calibration_error", "game_length",
    "first_wins", "draws", "first_losses", "model_lag",
}  # fmt: skip


class Alarms:
    """Holds the figures against their thresholds and says once when an alarm begins and ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ringing: set[str] = set()

    def look(self, measured: Measured, moment: Moment) -> list[Figure]:
        """All figures of this moment, in the order in which they are shown."""
        values = _values(measured, moment)
        made = simulations_per_search(moment.beats)
        figures = [
            self._figure(kind, values[kind.name], self._threshold(kind, made), measured)
            for kind in _KINDS
        ]
        self._tell(figures)
        return figures

    def _threshold(self, kind: _Kind, simulations: float | None) -> float | None:
        """In the unit of the figure; None if it is off, or unknown as yet."""
        given = float(getattr(self._settings.quality, kind.setting))
        if not given:
            return None
        match kind.setting:
            case "leaves":
                return given * simulations if simulations else None
            case "oldest_hours":
                return given * 3600
            case "model_lag":
                return given * self._settings.learner.publish_every
        return given

    def _figure(
        self, kind: _Kind, value: float | None, threshold: float | None, measured: Measured
    ) -> Figure:
        alarm = None
        if value is not None and threshold is not None and _is_enough(kind, measured):
            slack = SLACK * threshold if kind.name in self._ringing else 0.0
            beyond = value - threshold if kind.limit == "most" else threshold - value
            if beyond > -slack:
                words = _WORDS[kind.unit]
                alarm = (
                    f"{kind.title}: {words(value)}, at {kind.limit} {words(threshold)} is wanted"
                    f" (quality.{kind.setting}); {kind.remedy}"
                )
        return Figure(kind.name, kind.title, kind.unit, kind.limit, value, threshold, alarm)

    def _tell(self, figures: list[Figure]) -> None:
        for figure in figures:
            rang = figure.name in self._ringing
            if figure.alarm and not rang:
                LOG.warning("alarm: %s", figure.alarm)
            if rang and not figure.alarm:
                said = "unknown" if figure.value is None else _WORDS[figure.unit](figure.value)
                LOG.info("alarm over: %s: %s", figure.title, said)
        self._ringing = {figure.name for figure in figures if figure.alarm}


def _is_enough(kind: _Kind, measured: Measured) -> bool:
    if kind.name == "first_move_entropy":
        return measured.opened >= LEAST_GAMES
    return kind.name not in _OF_GAMES or measured.games >= LEAST_GAMES


def _values(measured: Measured, moment: Moment) -> dict[str, float | None]:
    won, drawn, lost = measured.results or (None, None, None)
    oldest = moment.oldest
    return {
        "duplicates": measured.duplicates,
        "leaves_per_search": _per(moment.beats, "leaves", "searches"),
        "depth": _per(moment.beats, "edges", "simulations"),
        "target_entropy": measured.target_entropy,
        "surprise": measured.surprise,
        "calibration_error": measured.calibration_error,
        "game_length": measured.lengths.mean if measured.lengths else None,
        "first_move_entropy": measured.first_move_entropy,
        "first_wins": won,
        "draws": drawn,
        "first_losses": lost,
        # A clock that was set back makes nothing younger than now.
        "oldest_seconds": max(0.0, moment.now - oldest.created_at) if oldest else None,
        "oldest_steps": _lag(moment.step, oldest.model_step) if oldest else None,
        "model_lag": (
            None if measured.model_step is None else _lag(moment.step, measured.model_step)
        ),
        "actor_lag": max(
            (_lag(moment.step, b.evaluator.step) for b in moment.beats if b.alive and b.evaluator),
            default=None,
        ),
    }


def _lag(step: int, model_step: float) -> float:
    """Steps since a model; uniform play counts as the model of step 0."""
    return max(0.0, step - max(0.0, model_step))


def simulations_per_search(beats: Sequence[Heartbeat]) -> float | None:
    """Over all living actors, fast searches included; None while nobody searches."""
    return _per(beats, "simulations", "searches")


def _per(beats: Sequence[Heartbeat], count: str, unit: str) -> float | None:
    """How many of a count of the living actors fall on one of another."""
    counted = (f"{count}_per_second", f"{unit}_per_second")
    rates = [b.rates for b in beats if b.alive and all(name in b.rates for name in counted)]
    total, of = (sum(rate[name] for rate in rates) for name in counted)
    return total / of if of else None
