"""Self-play in one process: many games at once, one network call per wave."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actor.moves import Schedule, allocate_scores, begin, conclude
from engine.config import Settings
from engine.evaluator import Evaluator
from engine.game import Game
from engine.kernels import bind
from engine.search.search import Waves, puct_of
from storage.replay.record import GameRecord


@dataclass
class Counters:
    """What a worker did since it started; times in seconds."""

    games: int = 0
    positions: int = 0
    simulations: int = 0
    evaluations: int = 0
    waves: int = 0
    network_seconds: float = 0.0
    tree_seconds: float = 0.0


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
        self.game = game
        self.counters = Counters()
        self._may_begin = may_begin
        self._refused = False
        self._schedule = schedule_of(settings)
        self._rng = np.random.default_rng([settings.run.seed, worker])
        puct = puct_of(settings.search, noisy=True)
        self._waves = Waves(game, slots, settings.search.simulations, puct)
        self._scores = allocate_scores(slots, game.max_plies, game.words, game.actions)
        self._empty = np.ones(slots, np.bool_)
        self._empty_count = slots
        self._model_steps = np.full(slots, -1, np.int64)
        self._scratch = np.zeros(game.actions, np.int16)
        self._begin = bind(begin, game)
        self._conclude = bind(conclude, game)

    @property
    def is_done(self) -> bool:
        """Whether no game is in progress and none may begin."""
        return self._refused and self._empty_count == len(self._empty)

    def step(self, evaluator: Evaluator, model_step: int = -1) -> list[GameRecord]:
        """Advance every game to its next network call; returns the games that ended on the way.

        `model_step` names the evaluator's model (-1: none); a game carries the one it began with.
        """
        began = time.perf_counter()
        self._fill_empty(model_step)
        self._waves.descend()
        records: list[GameRecord] = []
        tree, scores = self._waves.tree, self._scores
        while self._some_search_is_finished():
            self._conclude(tree, scores, self._schedule, self._rng, self._scratch)
            records += self._collect()
            self._fill_empty(model_step)
            self._waves.descend_more()
        thought = time.perf_counter()
        if self._waves.rows:
            self._waves.evaluate(evaluator)
        ended = time.perf_counter()
        self._count(records, thought - began, ended - thought)
        return records

    def _some_search_is_finished(self) -> bool:
        return self._waves.rows + self._empty_count < len(self._empty)

    def noise(self) -> NDArray[np.float32]:
        """The Dirichlet noise in force, `float32[games, A]`, in the order of legal actions."""
        return self._waves.tree.noise

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
                np.array(slots, np.int32), len(slots), self._scratch,
            )  # fmt: skip

    def _collect(self) -> list[GameRecord]:
        ended = np.flatnonzero(self._scores.finished & ~self._empty)
        self._empty[ended] = True
        self._empty_count += len(ended)
        return [self._record(int(g)) for g in ended]

    def _record(self, g: int) -> GameRecord:
        scores = self._scores
        plies, samples = int(scores.plies[g]), int(scores.samples[g])
        return GameRecord(
            game=self.game.name,
            rules_version=self.game.version,
            moves=scores.actions[g, :plies].copy(),
            result=int(scores.result[g]),
            model_step=int(self._model_steps[g]),
            plies=scores.sample_plies[g, :samples].copy(),
            states=scores.states[g, :samples].copy(),
            movers=scores.movers[g, :samples].copy(),
            visits=scores.visits[g, :samples].copy(),
            root_values=scores.root_values[g, :samples].copy(),
        )

    def _count(self, records: list[GameRecord], tree: float, network: float) -> None:
        counters = self.counters
        positions = sum(len(record.plies) for record in records)
        counters.games += len(records)
        counters.positions += positions
        counters.simulations = int(self._waves.tree.total[0])
        counters.evaluations += self._waves.rows
        counters.waves += 1
        counters.tree_seconds += tree
        counters.network_seconds += network


def schedule_of(settings: Settings) -> Schedule:
    """The kernel's view of the settings."""
    return Schedule(
        simulations=settings.search.simulations,
        dirichlet_total=settings.search.dirichlet_total,
        temperature=settings.selfplay.temperature,
        temperature_plies=settings.selfplay.temperature_plies,
        final_temperature=settings.selfplay.final_temperature,
        opening_share=settings.selfplay.opening_share,
        opening_plies=settings.selfplay.opening_plies,
    )
