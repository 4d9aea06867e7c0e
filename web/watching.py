"""Self-play made visible: boards as they are played, and finished games ply by ply."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import HTTPException

from engine.game import Game, State
from engine.games import find
from storage.layout import RunPaths, run_paths
from storage.live import LiveGame, playing
from storage.replay.reading import Headline, reading
from storage.replay.record import GameRecord
from web.runs import Runs
from web.schemas import (
    LiveActorOut,
    LiveGameOut,
    LiveOut,
    MoveOut,
    OptionOut,
    PlyOut,
    SearchedOut,
    SelfplayGameOut,
    SelfplayGamesOut,
    SelfplayRecordOut,
)

STALE_SECONDS = 60.0
"""Boards of an actor that has shown nothing for that long are put away: it was killed."""


@dataclass(frozen=True)
class Watched:
    """A run whose self-play is looked at."""

    name: str
    paths: RunPaths
    game: Game

    @classmethod
    def of(cls, runs: Runs, run: str | None) -> Watched:
        """The run called `run`, the server's without a name; raises HTTPException 404."""
        settings = runs.settings(run)
        return cls(settings.run_name, run_paths(settings), find(settings.run.game))

    def live(self) -> LiveOut:
        """What its actors are playing."""
        actors = [
            LiveActorOut(
                actor=shown.actor,
                model_step=_step(shown.model_step),
                age_seconds=round(shown.age_seconds, 1),
                games=[_board(self.game, each) for each in shown.games],
            )
            for shown in playing(self.paths)
            if shown.age_seconds < STALE_SECONDS
        ]
        return LiveOut(run=self.name, game=self.game.name, actors=actors)

    def games(self, limit: int, before: int | None) -> SelfplayGamesOut:
        """Its finished games, newest first."""
        with reading(self.paths.replay, self.game) as games:
            heads = [_head(found) for found in games.headlines(limit, before)]
        return SelfplayGamesOut(run=self.name, game=self.game.name, games=heads)

    def record(self, identity: int) -> SelfplayRecordOut:
        """One finished game; raises HTTPException 404 where it is not, or no more."""
        with reading(self.paths.replay, self.game) as games:
            found = games.game(identity)
        if found is None:
            raise HTTPException(
                404, f"run {self.name} has no game {identity}: it was pruned, or never played"
            )
        head, record = found
        moves = record.moves.tolist()
        states = _walk(self.game, moves)
        samples = {int(ply): i for i, ply in enumerate(record.plies)}
        plies = [
            PlyOut(
                move=_move(self.game, states[ply], ply, action),
                cells=list(self.game.cells(states[ply + 1])),
                searched=_searched(self.game, record, samples[ply]) if ply in samples else None,
            )
            for ply, action in enumerate(moves)
        ]
        return SelfplayRecordOut(
            run=self.name,
            game=self.game.name,
            head=_head(head),
            start=list(self.game.cells(states[0])),
            plies=plies,
            highlight=list(self.game.highlight(states[-1])),
        )


def _walk(game: Game, moves: Iterable[int]) -> list[State]:
    """The states before, between and after the moves."""
    states = [game.new()]
    for action in moves:
        states.append(game.after(states[-1], action))
    return states


def _board(game: Game, shown: LiveGame) -> LiveGameOut:
    states = _walk(game, shown.moves)
    state, plies = states[-1], len(shown.moves)
    over = game.is_over(state)
    return LiveGameOut(
        plies=plies,
        cells=list(game.cells(state)),
        mover=game.mover(state),
        last=_move(game, states[-2], plies - 1, shown.moves[-1]) if plies else None,
        over=over,
        winner=_winner(game.result(state)) if over else None,
        highlight=list(game.highlight(state)),
        simulations=shown.simulations,
        budget=shown.budget,
        value=shown.value,
        options=_options(game, game.mover(state), shown.visits),
    )


def _options(
    game: Game, player: int, weights: dict[int, int] | dict[int, float]
) -> list[OptionOut]:
    total = sum(weights.values())
    ordered = sorted(weights.items(), key=lambda pair: -pair[1])
    return [
        OptionOut(
            action=action,
            label=game.label(action),
            clicks=list(game.clicks(action, player)),
            share=round(weight / total, 4),
        )
        for action, weight in ordered
        if weight > 0
    ]


def _searched(game: Game, record: GameRecord, sample: int) -> SearchedOut:
    policy = record.policies[sample]
    surprise = float(record.surprises[sample])
    weights = {int(action): float(policy[action]) for action in policy.nonzero()[0]}
    return SearchedOut(
        value=round(float(record.root_values[sample]), 4),
        exact=bool(record.exact[sample]),
        surprise=round(surprise, 4) if math.isfinite(surprise) else None,
        options=_options(game, int(record.movers[sample]), weights),
    )


def _move(game: Game, before: State, ply: int, action: int) -> MoveOut:
    player = game.mover(before)
    return MoveOut(
        ply=ply + 1,
        player=player,
        action=action,
        label=game.label(action),
        clicks=list(game.clicks(action, player)),
    )


def _head(found: Headline) -> SelfplayGameOut:
    return SelfplayGameOut(
        id=found.identity,
        at=found.created_at,
        model_step=_step(found.model_step),
        plies=found.plies,
        positions=found.positions,
        result=found.result,
        winner=_winner(found.result),
    )


def _winner(result: int) -> int | None:
    return (0 if result > 0 else 1) if result else None


def _step(model_step: int) -> int | None:
    return model_step if model_step >= 0 else None
