"""The fastest backend that agrees: measured once per architecture, checked for every model.

ONNX Runtime in fp32 is the reference and the last resort. A faster backend takes its place for a
model only if it agrees with it on positions of the run's own games within the limits of the
settings; otherwise the next slower one is tried, and the log and the report say why.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.config import EvaluatorSettings
from engine.errors import ConfigError
from engine.evaluator import Evaluator
from engine.evaluator.agreement import Answers, Positions, ask, compare, objections
from engine.evaluator.backends import REFERENCE, load, names, unavailable
from engine.evaluator.onnx import ModelCard, OnnxEvaluator
from engine.evaluator.report import Agreement, Candidate, Report
from engine.game import Game

LOG = logging.getLogger(__name__)

MARGIN = 1.05
"""So much faster than the reference must a backend be to be worth any inexactness."""

_LEAST_CALLS = 3
_LEAST_SECONDS = 0.02


@dataclass(frozen=True)
class Opened:
    """A model ready to judge, who it is, and why it is this backend that judges."""

    evaluator: Evaluator
    card: ModelCard
    report: Report

    @property
    def backend(self) -> str:
        """The name of the backend in use."""
        return self.report.backend


class _Ranking(NamedTuple):
    order: list[tuple[str, float | None]]
    """Backends to try, with their positions per second where these were measured."""
    others: list[Candidate]
    """Backends that are out of the question for this architecture on this machine."""


class Chooser:
    """Opens the models of one run, one after the other.

    `batch` is the number of rows in constant use. `positions()` gives positions of the run's games;
    it is called once per model, if at all. Raises ConfigError when the settings ask for a backend
    that this machine does not have.
    """

    def __init__(
        self,
        game: Game,
        settings: EvaluatorSettings,
        batch: int,
        positions: Callable[[], Positions],
    ) -> None:
        refuse_missing(settings)
        self._game = game
        self._settings = settings
        self._batch = batch
        self._positions = positions
        self._rankings: dict[str, _Ranking] = {}

    def open(self, data: bytes) -> Opened:
        """The model in `data` on the fastest backend that agrees.

        Raises ModelError for bytes that are no model of this game, and what `positions` raises.
        """
        trial = _Trial(self._game, data, self._batch, self._positions)
        card = trial.reference.card
        ranking = self._ranking(trial, card.architecture)
        tried: list[Candidate] = []
        for backend, speed in ranking.order:
            tried.append(self._tried(trial, backend, speed))
            if tried[-1].outcome == "in use":
                break
        chosen = tried[-1]  # the reference is among them and always in use when it is tried
        LOG.info("step %d is judged by %s%s", card.step, chosen.backend, _figures(chosen))
        unused = [_unused(*entry, chosen) for entry in ranking.order[len(tried) :]]
        report = Report(chosen.backend, card.step, (*tried, *unused, *ranking.others))
        return Opened(trial.evaluator(chosen.backend), card, report)

    def _ranking(self, trial: _Trial, architecture: str) -> _Ranking:
        if self._settings.backend != "auto":
            order = dict.fromkeys((self._settings.backend, REFERENCE))
            return _Ranking(list(order.items()), [])
        found = self._rankings.get(architecture)
        if found is None:
            found = self._rankings[architecture] = _measured(trial, architecture, self._batch)
        return found

    def _tried(self, trial: _Trial, backend: str, speed: float | None) -> Candidate:
        if backend == REFERENCE:
            return Candidate(backend, "in use", "", speed)
        trial.gather()
        agreement: Agreement | None = None
        try:
            agreement = trial.agreement(backend)
            reason = objections(agreement, self._settings)
        except Exception as error:  # the libraries' exceptions share no narrower class
            reason = _last_line(error)
        if reason:
            LOG.warning("step %d: %s is refused: %s", trial.reference.card.step, backend, reason)
            return Candidate(backend, "refused", reason, speed, agreement)
        return Candidate(backend, "in use", "", speed, agreement)


class _Trial:
    """One model on every backend that is asked for."""

    def __init__(
        self, game: Game, data: bytes, batch: int, positions: Callable[[], Positions]
    ) -> None:
        self.reference = OnnxEvaluator(game, data, batch)
        self._game = game
        self._data = data
        self._batch = batch
        self._positions = positions
        self._loaded: dict[str, Evaluator] = {REFERENCE: self.reference}

    @cached_property
    def halves(self) -> tuple[Positions, Positions]:
        """To calibrate on and to compare on."""
        return self._positions().halves()

    @cached_property
    def _expected(self) -> Answers:
        return ask(self.reference, self.halves[1], self._batch)

    def gather(self) -> None:
        """Get the positions and the reference's answers, whose failures are no backend's fault."""
        self._expected  # noqa: B018

    def evaluator(self, backend: str) -> Evaluator:
        """The model on that backend; raises what its library raises."""
        if backend not in self._loaded:
            calibration = self.halves[0].observations
            self._loaded[backend] = load(backend, self._game, self._data, self._batch, calibration)
        return self._loaded[backend]

    def agreement(self, backend: str) -> Agreement:
        """How far that backend is from the reference; raises what its library raises."""
        answers = ask(self.evaluator(backend), self.halves[1], self._batch)
        return compare(self._expected, answers, self.halves[1].legal)


def refuse_missing(settings: EvaluatorSettings) -> None:
    """Raise ConfigError when the backend asked for cannot work on this machine."""
    reason = "" if settings.backend == "auto" else unavailable(settings.backend)
    if reason:
        raise ConfigError(f"evaluator.backend = {settings.backend!r} cannot be used: {reason}")


def _measured(trial: _Trial, architecture: str, batch: int) -> _Ranking:
    """All backends by speed, fastest first."""
    missing = {backend: unavailable(backend) for backend in names()}
    others = [Candidate(name, "unavailable", why) for name, why in missing.items() if why]
    if others:
        told = "; ".join(f"{candidate.backend}: {candidate.reason}" for candidate in others)
        LOG.info("not available here: %s", told)
    present = [name for name, why in missing.items() if not why]
    if present == [REFERENCE]:
        return _Ranking([(REFERENCE, None)], others)
    trial.gather()
    observations = np.resize(
        trial.halves[1].observations, (batch, *trial.halves[1].observations.shape[1:])
    )
    ready: dict[str, Evaluator] = {}
    for backend in present:
        try:
            evaluator = trial.evaluator(backend)
            evaluator.evaluate(observations)
        except Exception as error:  # the libraries' exceptions share no narrower class
            others.append(Candidate(backend, "refused", _last_line(error)))
            LOG.warning("%s cannot run %s: %s", backend, architecture, others[-1].reason)
        else:
            ready[backend] = evaluator
    speeds = rates(ready, observations)
    worth = {name: speed * (MARGIN if name == REFERENCE else 1) for name, speed in speeds.items()}
    order = sorted(speeds.items(), key=lambda entry: -worth[entry[0]])
    shown = ", ".join(f"{name} {speed:,.0f}" for name, speed in order)
    LOG.info("%s, positions/s in batches of %d: %s", architecture, batch, shown)
    return _Ranking(list(order), others)


def rates(
    evaluators: Mapping[str, Evaluator], observations: NDArray[np.float32]
) -> dict[str, float]:
    """Positions per second of each: the best of a few interleaved calls."""
    best = dict.fromkeys(evaluators, math.inf)
    began = time.perf_counter()
    calls = 0
    while calls < _LEAST_CALLS or time.perf_counter() - began < _LEAST_SECONDS * len(best):
        for name, evaluator in evaluators.items():
            # Other processes share the cores, so the time that counts is that of this one.
            clock = time.perf_counter if name == "cuda" else time.process_time
            before = clock()
            evaluator.evaluate(observations)
            best[name] = min(best[name], clock() - before)
        calls += 1
    return {name: len(observations) / max(seconds, 1e-9) for name, seconds in best.items()}


def _unused(backend: str, speed: float | None, chosen: Candidate) -> Candidate:
    if speed is None or chosen.positions_per_second is None:
        reason = f"{chosen.backend} is asked for"
    elif speed < chosen.positions_per_second:
        reason = f"{chosen.backend} is faster"
    else:
        reason = f"hardly faster than {chosen.backend}, which is exact"
    return Candidate(backend, "unused", reason, speed)


def _figures(candidate: Candidate) -> str:
    return f": {candidate.agreement}" if candidate.agreement else ""


def _last_line(error: Exception) -> str:
    """What a library says at the end of its story, or the kind of error where it says nothing."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
