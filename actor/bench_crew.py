"""Self-play, or searches alone, in several processes at once: what one more core brings."""

from __future__ import annotations

import multiprocessing as mp
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from actor.bench_parts import Spread, measured, tree_rate, warmed_up
from actor.positions import observed, random_states
from engine.config import Settings
from engine.errors import CartridgeError
from engine.evaluator.backends import load
from engine.evaluator.uniform import UniformEvaluator
from engine.games import find

PATIENCE = 300.0
"""Seconds that a process may take to be ready or to answer."""


@dataclass(frozen=True)
class CrewRates:
    """What all processes do together, per second, and how much more that is than one alone."""

    workers: int
    sims_per_s: Spread
    games_per_s: Spread
    scaling: Spread
    """Simulations of all together over those of one in the same round, while the others rest."""


def crew_rates(
    settings: Settings,
    data: bytes | None,
    backend: str,
    workers: int,
    rounds: int,
    seconds: float,
) -> CrewRates:
    """Let `workers` processes play, `rounds` times: one alone for `seconds`, then all of them.

    Both are measured in the same round because a machine is often not the same a minute later; who
    plays alone takes turns, for their games differ. `data` is the model (None = uniform) and
    `backend` what judges it. Raises CartridgeError when a process fails.
    """
    found = _at_once(_play, workers, rounds, seconds, (settings, data, backend))
    alone, sims, games = found.T
    return CrewRates(
        workers,
        Spread.of(sims.tolist()),
        Spread.of(games.tolist()),
        Spread.of((sims / alone).tolist()),
    )


def tree_rates(settings: Settings, workers: int, rounds: int, seconds: float) -> Spread:
    """`tree_rate` of `workers` processes at the same time, all together; raises CartridgeError."""
    found = _at_once(_search, workers, rounds, seconds, (settings,))
    return Spread.of(found[:, 0].tolist())


def _at_once(
    work: Callable[..., None], workers: int, rounds: int, seconds: float, given: tuple[Any, ...]
) -> NDArray[np.float64]:
    """Run `work` in several processes; returns `[rounds, figures]`, summed over them."""
    context = mp.get_context("spawn")
    # Each round begins for all of them at once.
    barrier, answers = context.Barrier(workers), context.SimpleQueue()
    processes = [
        context.Process(target=work, args=(i, *given, rounds, seconds, barrier, answers))
        for i in range(workers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE + rounds * seconds * 4)
    if any(process.exitcode != 0 for process in processes):
        for process in processes:
            process.kill()
        codes = [process.exitcode for process in processes]
        raise CartridgeError(f"a process of the bench failed, exit codes {codes}; see above")
    return np.array([answers.get() for _ in processes]).sum(axis=0)


def _play(
    worker: int,
    settings: Settings,
    data: bytes | None,
    backend: str,
    rounds: int,
    seconds: float,
    barrier: Any,
    answers: Any,
) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    game, batch = find(settings.run.game), settings.selfplay.games
    rng = np.random.default_rng(worker)
    if data is None:
        evaluator: Any = UniformEvaluator(game)
    else:
        states = random_states(game, rng)
        calibration = observed(game, np.stack([next(states) for _ in range(512)])).observations
        evaluator = load(backend, game, data, batch, calibration)
    run = settings.run.model_copy(update={"seed": worker})
    selfplay = warmed_up(game, settings.model_copy(update={"run": run}), evaluator)
    rates = []
    for turn in range(rounds):
        barrier.wait(PATIENCE)
        alone = 0.0
        if turn % barrier.parties == worker:
            elapsed, spent = measured(selfplay, evaluator, seconds)
            alone = spent.simulations / elapsed
        barrier.wait(PATIENCE)
        elapsed, spent = measured(selfplay, evaluator, seconds)
        rates.append((alone, spent.simulations / elapsed, spent.games / elapsed))
    answers.put(rates)


def _search(
    worker: int, settings: Settings, rounds: int, seconds: float, barrier: Any, answers: Any
) -> None:
    game = find(settings.run.game)
    tree_rate(game, settings, seconds / 10)
    rates = []
    for _ in range(rounds):
        barrier.wait(PATIENCE)
        rates.append((tree_rate(game, settings, seconds),))
    answers.put(rates)
