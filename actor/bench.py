"""How fast the parts are, what they allow together, and what self-play reaches.

The modelled limit of self-play on one core, in simulations per second:

    limit = 1 / (1 / tree rate + 1 / evaluator rate)

Both rates are measured in the same process and at the same batch size as self-play. A descent that
ends in a finished game needs no evaluation, so the ratio reached can exceed 1; the stricter limit
counts only the evaluations that were made:

    strict limit = 1 / (1 / tree rate + evaluations a simulation / evaluator rate)
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from actor.selfplay import SelfPlay
from engine.config import Settings
from engine.evaluator import Evaluator
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.kernels import compilations
from engine.search.search import Waves, puct_of
from engine.search.tree import bytes_per_slot


@dataclass(frozen=True)
class Spread:
    """A rate measured several times."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, samples: list[float]) -> Spread:
        """Minimum, median and maximum of `samples`."""
        return cls(min(samples), statistics.median(samples), max(samples))


@dataclass(frozen=True)
class Report:
    """What `python -m actor bench` prints for one game; rates per second on one core."""

    game: str
    batch: int
    simulations: int
    network: str
    tree_sims_per_s: Spread
    evals_per_s: Spread
    selfplay_sims_per_s: Spread
    evals_per_sim: float
    limit_sims_per_s: float
    limit_ratio: float
    strict_limit_ratio: float
    tree_bytes: int
    compiled: int

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def bench(
    game: Game, settings: Settings, evaluator: Evaluator, network: str, rounds: int, seconds: float
) -> Report:
    """Measure tree, evaluator and self-play of one process in turn, `rounds` times each."""
    tree, evals, plays, shares = [], [], [], []
    selfplay = SelfPlay(game, settings)
    # A game's worth of waves, so that the games stand at different plies when the clock starts.
    _for(seconds, lambda: selfplay.step(evaluator))
    for _ in range(rounds):
        tree.append(tree_rate(game, settings, seconds))
        evals.append(evaluator_rate(game, evaluator, settings.selfplay.games, seconds))
        before = asdict(selfplay.counters)
        elapsed = _for(seconds, lambda: selfplay.step(evaluator))
        after = asdict(selfplay.counters)
        simulations = after["simulations"] - before["simulations"]
        plays.append(simulations / elapsed)
        shares.append((after["evaluations"] - before["evaluations"]) / simulations)
    share = statistics.median(shares)
    limit, strict = (
        1 / (1 / statistics.median(tree) + needed / statistics.median(evals))
        for needed in (1.0, share)
    )
    return Report(
        game=game.name,
        batch=settings.selfplay.games,
        simulations=settings.search.simulations,
        network=network,
        tree_sims_per_s=Spread.of(tree),
        evals_per_s=Spread.of(evals),
        selfplay_sims_per_s=Spread.of(plays),
        evals_per_sim=share,
        limit_sims_per_s=limit,
        limit_ratio=statistics.median(plays) / limit,
        strict_limit_ratio=statistics.median(plays) / strict,
        tree_bytes=bytes_per_slot(_waves(game, settings).tree),
        compiled=compilations(),
    )


def tree_rate(game: Game, settings: Settings, seconds: float) -> float:
    """Simulations per second with the uniform evaluator, all trees from the start position."""
    waves, evaluator = _waves(game, settings), UniformEvaluator(game)
    simulations, start = settings.search.simulations, game.new()

    def search_all() -> None:
        for slot in range(settings.selfplay.games):
            waves.start(slot, start, simulations)
        while waves.descend():
            waves.evaluate(evaluator)

    search_all()
    runs = [0]

    def counted() -> None:
        search_all()
        runs[0] += 1

    elapsed = _for(seconds, counted)
    return runs[0] * settings.selfplay.games * simulations / elapsed


def evaluator_rate(game: Game, evaluator: Evaluator, batch: int, seconds: float) -> float:
    """Evaluations per second of full batches."""
    observations = np.random.default_rng(0).random((batch, *game.planes), dtype=np.float32).round()
    evaluator.evaluate(observations)
    runs = [0]

    def counted() -> None:
        evaluator.evaluate(observations)
        runs[0] += 1

    elapsed = _for(seconds, counted)
    return runs[0] * batch / elapsed


def _waves(game: Game, settings: Settings) -> Waves:
    puct = puct_of(settings.search, noisy=False)
    return Waves(game, settings.selfplay.games, settings.search.simulations, puct)


def _for(seconds: float, action: Callable[[], object]) -> float:
    """Repeat `action` for at least `seconds`; returns the seconds it took."""
    began = time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        action()
    return elapsed
