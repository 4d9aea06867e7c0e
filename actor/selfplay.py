"""Self-play in one process: many games at once, one network call per wave."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from actor.glance import glance
from actor.mixed import MixedOpenings
from actor.moves import FAST_ONES, FORCED, SEARCHES, Schedule, allocate_scores, begin_games, play_on
from engine.config import Settings
from engine.evaluator import Evaluator
from engine.game import ONGOING, Game
from engine.kernels import bind, direct
from engine.search.cache import allocate_cache, clear
from engine.search.constants import constants_of
from engine.search.tree import (
    CACHED,
    EDGES,
    ENDED,
    EVALUATIONS,
    LEAVES,
    PROVED,
    REUSED,
    SHARED,
    SIMULATIONS,
    SPARED,
    STOPPED,
    nodes_for,
)
from engine.search.wave import NO_ROW
from engine.search.waves import Waves
from storage.live import LiveGame
from storage.replay.record import GameRecord


@dataclass
class Counters:
    """What a worker did since it started; times in seconds."""

    games: int = 0
    positions: int = 0
    simulations: int = 0
    evaluations: int = 0
    waves: int = 0
    batched: int = 0
    """Positions in the batches of the waves; without a model there are none."""
    cached: int = 0
    """Leaves whose evaluation was in the cache."""
    shared: int = 0
    """Leaves that shared the evaluation of an equal leaf of the same wave."""
    ended: int = 0
    """Simulations that ended in a finished or a proven position."""
    proved: int = 0
    """Positions proven from those below them."""
    searches: int = 0
    stopped: int = 0
    """Searches that ended early, because their root was proven."""
    spared: int = 0
    """Simulations that those did not need."""
    reused: int = 0
    """Visits that were kept from the search before."""
    fast: int = 0
    """Searches that were fast ones."""
    forced: int = 0
    """Moves that needed no search, because there was no other."""
    leaves: int = 0
    """Simulations that came to a place of their tree where none had been before."""
    edges: int = 0
    """Moves that all simulations together went down from their roots."""
    network_seconds: float = 0.0
    tree_seconds: float = 0.0
    storing_seconds: float = 0.0
    loading_seconds: float = 0.0
    """Looking for newer models, and choosing what computes them."""
    waiting_seconds: float = 0.0
    """While paused, or too far ahead of the learner."""

    def since(self, before: Counters) -> Counters:
        """What was done after `before` was copied."""
        values = zip(astuple(self), astuple(before), strict=True)
        return Counters.of([now - then for now, then in values])

    @classmethod
    def of(cls, values: Sequence[float]) -> Counters:
        """The counters from their values in the order of the fields."""
        kinds = {"int": int, "float": float}
        types = [kinds[str(field.type)] for field in fields(cls)]
        return cls(*(kind(value) for kind, value in zip(types, values, strict=True)))


def always() -> bool:
    """Games without end."""
    return True


class SelfPlay:
    """`settings.selfplay.games` games that run at once; `step` advances them by one wave.

    `may_begin` is asked before each new game. Once it refuses, the games in progress are played to
    their end and their slots stay empty: long games are lost no more often than short ones.
    """

    def __init__(
        self,
        game: Game,
        settings: Settings,
        worker: int = 0,
        may_begin: Callable[[], bool] = always,
    ) -> None:
        slots = settings.selfplay.games
        simulations = max(settings.search.simulations, settings.selfplay.final_simulations)
        fast = settings.selfplay.fast_simulations
        first = settings.selfplay.first_simulations or simulations
        nodes = nodes_for(max(simulations, fast, first), game.actions)
        self.game = game
        self.counters = Counters()
        self._may_begin = may_begin
        self._refused = False
        self._settings = settings
        self._schedule = schedule_of(settings, with_model=False)
        self._rng = np.random.default_rng([settings.run.seed, worker])
        self._waves = Waves(
            game,
            slots,
            nodes,
            constants_of(game, settings.search, simulations, fast, first, salt=worker),
            allocate_cache(settings.search.cache_megabytes, game.words, game.actions),
            rng=self._rng,
        )
        self._scores = allocate_scores(slots, game.max_plies, game.words, game.actions, nodes)
        self._empty = np.ones(slots, np.bool_)
        self._empty_count = slots
        self._model_steps = np.full(slots, -1, np.int64)
        self._judge: Evaluator | None = None
        self._ended: list[GameRecord] = []
        self._openings = MixedOpenings(game, settings, worker)
        self._begin = bind(begin_games, game)
        self._play_on = direct(bind(play_on, game), *self._arguments())

    @property
    def is_done(self) -> bool:
        """Whether no game is in progress, none may begin and none waits to be handed out."""
        return self._refused and self._empty_count == len(self._empty) and not self._ended

    def step(
        self, evaluator: Evaluator, model_step: int = -1, progress: float = 0.0
    ) -> list[GameRecord]:
        """Advance every game to its next network call; returns the games that ended on the way.

        `model_step` names the evaluator's model (-1: none), `progress` is how much of the run's
        schedule was over when it was published; a game carries the step it began with. Another
        evaluator than before empties the cache of evaluations. Raises EvaluationError for an answer
        that is not finite; what the evaluator raises goes through. Games that ended in such a step
        are not lost: `ended` has them, and so has the next step.
        """
        began = time.perf_counter()
        if evaluator is not self._judge:
            clear(self._waves.cache)
            self._waves.suppose(evaluator)
            self._judge = evaluator
            self._schedule = schedule_of(self._settings, model_step >= 0, progress)
        self._fill_empty(model_step)
        ended = self._advance()
        self._ended += ended
        if ended:
            # Once more and not until all wait: with every evaluation in the cache none ever would.
            self._fill_empty(model_step)
            self._ended += self._advance()
        thought = time.perf_counter()
        self.counters.batched += int(self._waves.wave.used[0]["rows"])
        self._waves.evaluate(evaluator)
        records = self.ended()
        self._count(records, thought - began, time.perf_counter() - thought)
        return records

    def ended(self) -> list[GameRecord]:
        """The games that have ended and were not handed out yet; they are now."""
        records, self._ended = self._ended, []
        return records

    def playing(self, most: int) -> list[LiveGame]:
        """The games in the first `most` slots as they are, those that have just ended too."""
        begun = self._scores.games["result"][:most] != ONGOING
        begun |= self._scores.games["finished"][:most] == 0
        return [glance(self._waves.tree, self._scores, int(g)) for g in np.flatnonzero(begun)]

    def positions(self) -> NDArray[np.uint64]:
        """Where the games in progress stand, `uint64[n, W]`, a copy."""
        return self._waves.tree.states[~self._empty, 0].copy()

    def noise(self) -> NDArray[np.float32]:
        """The noise in force, `float32[games, A]`, in the order of legal actions."""
        return self._waves.tree.noise

    def _advance(self) -> list[GameRecord]:
        """Let the games run until they need the network; returns those that ended."""
        bad = self._play_on(*self._arguments())
        if bad != NO_ROW:
            self._waves.refuse(bad)
        ended = np.flatnonzero(self._scores.games["finished"] & ~self._empty)
        self._empty[ended] = True
        self._empty_count += len(ended)
        return [self._record(int(g)) for g in ended]

    def _arguments(self) -> tuple[object, ...]:
        waves = self._waves
        return (
            waves.tree, waves.wave, waves.cache, waves.constants, self._scores, self._schedule,
            waves.logits, waves.wdl, self._rng, max(1, waves.patience // len(self._empty)),
        )  # fmt: skip

    def _fill_empty(self, model_step: int) -> None:
        if self._refused or not self._empty_count:
            return
        slots: list[int] = []
        for g in np.flatnonzero(self._empty):
            if not self._may_begin():
                self._refused = True
                break
            slots.append(int(g))
        if slots:
            self._empty[slots] = False
            self._empty_count -= len(slots)
            self._model_steps[slots] = model_step
            self._begin(
                self._waves.tree, self._scores, self._schedule, self._rng,
                np.array(slots, np.int32), *self._openings.draw(len(slots)),
                self._waves.wave.actions,
            )  # fmt: skip

    def _record(self, g: int) -> GameRecord:
        scores = self._scores
        played = scores.games[g]
        plies, samples = int(played["plies"]), int(played["samples"])
        return GameRecord(
            game=self.game.name,
            rules_version=self.game.version,
            moves=scores.actions[g, :plies].copy(),
            result=int(played["result"]),
            model_step=int(self._model_steps[g]),
            plies=scores.sample_plies[g, :samples].copy(),
            states=scores.states[g, :samples].copy(),
            movers=scores.movers[g, :samples].copy(),
            policies=scores.policies[g, :samples].copy(),
            root_values=scores.root_values[g, :samples].copy(),
            exact=scores.exact[g, :samples].copy(),
            surprises=scores.surprises[g, :samples].copy(),
        )

    def _count(self, records: list[GameRecord], tree: float, network: float) -> None:
        counters, searched = self.counters, self._waves.tree.counts.tolist()
        played = self._scores.counts.tolist()
        counters.games += len(records)
        counters.positions += sum(len(record.plies) for record in records)
        counters.waves += 1
        counters.simulations = searched[SIMULATIONS]
        counters.evaluations = searched[EVALUATIONS]
        counters.cached = searched[CACHED]
        counters.shared = searched[SHARED]
        counters.ended = searched[ENDED]
        counters.proved = searched[PROVED]
        counters.stopped = searched[STOPPED]
        counters.spared = searched[SPARED]
        counters.reused = searched[REUSED]
        counters.leaves = searched[LEAVES]
        counters.edges = searched[EDGES]
        counters.searches = played[SEARCHES]
        counters.fast = played[FAST_ONES]
        counters.forced = played[FORCED]
        counters.tree_seconds += tree
        counters.network_seconds += network


def schedule_of(settings: Settings, with_model: bool = True, progress: float = 0.0) -> Schedule:
    """The kernel's view of the settings when so much of the run's schedule is over."""
    selfplay, simulations = settings.selfplay, settings.search.simulations
    if selfplay.final_simulations:
        simulations += round(progress * (selfplay.final_simulations - simulations))
    return Schedule(
        simulations=simulations,
        fast_simulations=selfplay.fast_simulations,
        first_simulations=0 if with_model else selfplay.first_simulations,
        full_share=selfplay.full_share,
        skip_forced=selfplay.skip_forced,
        reuse=settings.search.reuse_tree,
        temperature=selfplay.temperature,
        temperature_plies=selfplay.temperature_plies,
        final_temperature=selfplay.final_temperature,
        opening_share=selfplay.opening_share,
        opening_plies=selfplay.opening_plies,
    )
