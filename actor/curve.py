"""The learning curve of a run: every kept snapshot on a file of solved positions.

Where a snapshot stands, in time, processor time and operations of the network, is read between the
rows of the learner's history, which counts them over all restarts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from actor.accuracy import accuracy, read_positions
from actor.players import SearchPlayer
from actor.plot import Mark, Series, chart
from actor.workshop import Tool, Workshop
from engine.config import SearchSettings
from engine.errors import ConfigError, StorageError
from engine.evaluator.onnx import OnnxEvaluator, read_card
from engine.games import find
from storage.layout import RunPaths
from storage.models import Models
from storage.stats import read_stats


@dataclass(frozen=True)
class Measured:
    """A snapshot, what the run had cost by then, and how often its moves were right.

    What the run did not count is None. `flops` are those of self-play and of learning together.
    """

    step: int
    simulations: int
    seconds: float
    core_minutes: float | None
    flops: float | None
    positions: int
    wdl_optimal: float
    wdl_interval: list[float]
    exact_optimal: float


@dataclass(frozen=True)
class Cost:
    """What a run had cost by some step."""

    seconds: float
    core_minutes: float | None
    flops: float | None


@dataclass(frozen=True)
class Question:
    """What the processes that measure must know."""

    game: str
    search: SearchSettings
    positions: Path


@dataclass(frozen=True)
class Job:
    """One snapshot, searched with one number of simulations; 0 = its policy alone."""

    step: int
    data: bytes
    simulations: int


def costs(paths: RunPaths, steps: list[int]) -> list[Cost]:
    """What the run had cost by each of `steps`; raises ConfigError where nothing was counted."""
    history = (read_stats(paths) or {}).get("history", [])
    if not history:
        raise ConfigError(f"{paths.stats} has no history to draw a curve against; train first")
    at = [row["step"] for row in history]

    def read(name: str) -> list[float] | list[None]:
        column = [row.get(name, 0.0) for row in history]
        if min(column) <= 0:  # a run that an older version began
            return [None] * len(steps)
        return [float(value) for value in np.interp(steps, at, column)]

    found = zip(read("seconds"), read("core_seconds"), read("flops"), strict=True)
    return [Cost(s or 0.0, c / 60 if c else None, f) for s, c, f in found]


def measure(
    question: Question,
    paths: RunPaths,
    models: Models,
    simulations: list[int],
    workers: int,
) -> Iterator[Measured]:
    """Every kept snapshot with each number of simulations, in the order of the steps.

    A snapshot that the learner removes meanwhile is left out. Raises StorageError, ConfigError.
    """
    snapshots = dict(_snapshots(models))
    if not snapshots:
        raise ConfigError(f"{paths.models} holds no snapshot to measure; train first")
    cost = dict(zip(snapshots, costs(paths, list(snapshots)), strict=True))
    if any(read_card(data).flops == 0 for data in snapshots.values()):
        # Made before models said what they cost: the sum would be too low.
        cost = {step: Cost(one.seconds, one.core_minutes, None) for step, one in cost.items()}
    jobs = [Job(step, data, n) for step, data in snapshots.items() for n in simulations]
    with Workshop(_judge, question, workers) as workshop:
        for job, found in zip(jobs, workshop.answers(jobs), strict=True):
            yield Measured(job.step, job.simulations, **asdict(cost[job.step]), **found)


def _snapshots(models: Models) -> Iterator[tuple[int, bytes]]:
    for step in models.steps():
        try:
            yield step, models.snapshot(step)
        except StorageError:
            if step in models.steps():
                raise


def _judge(question: Question) -> Tool[Job, dict[str, Any]]:
    """The tool of a process that measures."""
    game = find(question.game)
    solved = read_positions(question.positions, game)
    kept = ("positions", "wdl_optimal", "wdl_interval", "exact_optimal")

    def judge(job: Job) -> dict[str, Any]:
        evaluator = OnnxEvaluator(game, job.data)
        player = SearchPlayer(game, evaluator, job.simulations, question.search)
        found = accuracy(player, solved, np.random.default_rng(0))
        return {name: found[name] for name in kept}

    return judge


def drawing(title: str, points: list[Measured]) -> str:
    """The share of moves that lose the result, against each cost that the run counted, as SVG."""
    axes = [("minutes of training", lambda p: p.seconds / 60)]
    if all(point.core_minutes for point in points):
        axes = [("core-minutes of self-play and learning", lambda p: p.core_minutes)]
    if all(point.flops for point in points):
        axes.append(("FLOPs of self-play and learning", lambda p: p.flops))
    series = []
    for simulations in dict.fromkeys(point.simulations for point in points):
        name = f"{simulations} simulations" if simulations else "policy alone"
        marks = [
            Mark(
                tuple(place(point) for _, place in axes),
                1 - point.wdl_optimal,
                1 - point.wdl_interval[1],
                1 - point.wdl_interval[0],
            )
            for point in points
            if point.simulations == simulations
        ]
        series.append(Series(name, marks))
    return chart(title, [name for name, _ in axes], series)
