"""How fast the parts are, what they allow together, and what self-play reaches.

The modelled limit of self-play on one core, in simulations per second:

    limit = 1 / (1 / tree rate + evaluations per simulation / evaluator rate)

Both rates are measured in the same process and at the same batch size as self-play, the tree with
the uniform evaluator and without a cache; the evaluations per simulation are those that self-play
made. What the limit leaves out is the work between the parts: looking into the cache, choosing and
recording moves, Python.

The uniform evaluator says the same of every position, so a search need not ask it: that is the rate
of the tree itself, and what other projects' compiled searches are compared with. A network must be
asked wave by wave, so with a network the limit takes the rate of the tree when the uniform
evaluator is asked so too.

A network that knows something makes deeper trees than the uniform evaluator, and each edge costs:
that, too, is between the two numbers. So there is a second, closer limit. It takes the rate of the
tree from searches of the positions that self-play stands at, with this network's answers, whose
time is left out, and says what the cache, the moves and Python cost alone.
"""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from actor.bench_parts import (
    LIVE_SIMULATIONS,
    Asked,
    Spread,
    deep_rate,
    evaluator_rate,
    live_move,
    measured,
    tree_rate,
    warmed_up,
)
from actor.positions import random_states
from actor.selfplay import Counters, SelfPlay
from engine.bench import play_random_games
from engine.config import Settings
from engine.evaluator import Evaluator, alike
from engine.game import Game
from engine.kernels import compilations
from engine.search.live import Live


@dataclass(frozen=True)
class Report:
    """What `python -m actor bench` measures for one game in one process."""

    game: str
    batch: int
    simulations: int
    network: str
    backend: str
    rules_plies_per_s: float
    tree_sims_per_s: Spread
    """`batch` trees of `simulations` each, nobody asked."""
    waves_sims_per_s: Spread
    """The same, asked wave by wave."""
    deep_sims_per_s: Spread
    """The same from positions of self-play, with the network's answers but without their time;
    without a network as `tree_sims_per_s`."""
    evals_per_s: Spread
    selfplay_sims_per_s: Spread
    selfplay_positions_per_s: Spread
    """What the learner gets: positions of finished games that were searched in full."""
    selfplay_games_per_s: Spread
    limit_sims_per_s: float
    limit_ratio: float
    close_limit_ratio: float
    """What is reached of the limit that takes `deep_sims_per_s` for the tree."""
    evals_per_sim: float
    per_sim: dict[str, float]
    """Simulations that ended in the cache, beside an equal leaf, or in an exact value."""
    per_search: dict[str, float]
    """Evaluations and simulations made, visits kept from the search before, simulations that were
    not needed; shares of searches that stopped early; moves without a search."""
    time_shares: dict[str, float]
    """Where the time of self-play goes."""
    live_move_ms: dict[str, float]
    """One move of 800 simulations in one tree, from scratch."""
    live_tree_bytes: int
    compiled: int

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def bench(
    game: Game,
    settings: Settings,
    evaluator: Evaluator,
    network: str,
    backend: str,
    rounds: int,
    seconds: float,
) -> Report:
    """Measure tree, evaluator and self-play of one process in turn, `rounds` times each."""
    tree, waves, deep, evals, plays, positions, games = [], [], [], [], [], [], []
    selfplay = warmed_up(game, settings, evaluator)
    began = replace(selfplay.counters)
    for _ in range(rounds):
        tree.append(tree_rate(game, settings, seconds))
        waves.append(tree_rate(game, settings, seconds, Asked(game)))
        if alike(evaluator) is None:
            deep.append(deep_rate(game, settings, seconds, evaluator, _stands(selfplay, game)))
        evals.append(evaluator_rate(game, evaluator, settings.selfplay.games, seconds))
        elapsed, spent = measured(selfplay, evaluator, seconds)
        plays.append(spent.simulations / elapsed)
        positions.append(spent.positions / elapsed)
        games.append(spent.games / elapsed)
    did = selfplay.counters.since(began)
    needed = did.evaluations / did.simulations
    driven = waves if alike(evaluator) is None else tree
    deep = deep or tree
    asking = needed / statistics.median(evals)
    limit = 1 / (1 / statistics.median(driven) + asking)
    close = 1 / (1 / statistics.median(deep) + asking)
    _, plies, took = play_random_games(game, seconds)
    mind = Live(game, evaluator, LIVE_SIMULATIONS, settings.search)
    return Report(
        game=game.name,
        batch=settings.selfplay.games,
        simulations=settings.search.simulations,
        network=network,
        backend=backend,
        rules_plies_per_s=plies / took,
        tree_sims_per_s=Spread.of(tree),
        waves_sims_per_s=Spread.of(waves),
        deep_sims_per_s=Spread.of(deep),
        evals_per_s=Spread.of(evals),
        selfplay_sims_per_s=Spread.of(plays),
        selfplay_positions_per_s=Spread.of(positions),
        selfplay_games_per_s=Spread.of(games),
        limit_sims_per_s=limit,
        limit_ratio=statistics.median(plays) / limit,
        close_limit_ratio=statistics.median(plays) / close,
        evals_per_sim=needed,
        **_shares(did),
        live_move_ms=live_move(game, mind),
        live_tree_bytes=mind.memory,
        compiled=compilations(),
    )


def _shares(did: Counters) -> dict[str, dict[str, float]]:
    busy = did.network_seconds + did.tree_seconds
    return {
        "per_sim": {
            name: getattr(did, name) / did.simulations for name in ("cached", "shared", "ended")
        },
        "per_search": {
            name: getattr(did, name) / did.searches
            for name in ("evaluations", "simulations", "reused", "spared", "stopped", "forced")
        },
        "time_shares": {
            "network": did.network_seconds / busy,
            "tree, cache and moves": did.tree_seconds / busy,
        },
    }


def _stands(selfplay: SelfPlay, game: Game) -> NDArray[np.uint64]:
    found = selfplay.positions()
    if len(found) == 0:  # with every answer in the cache all games may end in one step
        count = len(selfplay.noise())
        found = np.stack(list(islice(random_states(game, np.random.default_rng(0)), count)))
    return found
