"""Positions as lists of moves, and the bot's replies. No request is remembered."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from fastapi import HTTPException

from actor.players import drawn
from engine.config import WebSettings
from engine.game import Game, State
from engine.search import Searched
from engine.search.live import never
from web.levels import level_of
from web.schemas import (
    MAX_MOVES,
    ActionOut,
    GameOut,
    ModelOut,
    MoveIn,
    MoveOut,
    MoveStats,
    NewGameIn,
    PlayOut,
    PositionOut,
    Thought,
    ViewOut,
)
from web.served import Loaded, Served, Shelf

INTEGER = re.compile(r"-?[0-9]{1,9}")


def describe(game: Game) -> GameOut:
    """A game as the page needs it to draw a board."""
    view = ViewOut.model_validate(game.view, from_attributes=True)
    return GameOut(
        name=game.name,
        title=game.title,
        actions=game.actions,
        max_plies=game.max_plies,
        view=view,
    )


def parse_moves(text: str) -> list[int]:
    """The moves of an address: action ids divided by commas; empty = the start position."""
    words = text.split(",") if text else []
    if len(words) > MAX_MOVES:
        raise HTTPException(422, f"moves has {len(words)} entries, at most {MAX_MOVES} are read")
    for ply, word in enumerate(words, start=1):
        if not INTEGER.fullmatch(word):
            raise HTTPException(422, f"moves: entry {ply} is {word[:40]!r}, not an action id")
    return [int(word) for word in words]


@dataclass(frozen=True)
class Line:
    """A position, the moves that lead to it from the start, and who played each of them."""

    game: Game
    state: State
    moves: tuple[int, ...] = ()
    players: tuple[int, ...] = ()

    @classmethod
    def from_moves(cls, game: Game, moves: Sequence[int]) -> Line:
        """The line of `moves`; raises IllegalAction or FinishedGame naming the first wrong ply."""
        game.replay(moves)
        line = cls(game, game.new())
        for action in moves:
            line = line.after(action)
        return line

    def after(self, action: int) -> Line:
        """The line with one more action; raises IllegalAction or FinishedGame."""
        state = self.game.after(self.state, action)
        player = self.game.mover(self.state)
        return Line(self.game, state, (*self.moves, action), (*self.players, player))

    def show(self) -> PositionOut:
        """All that a page shows of the position."""
        game, state = self.game, self.state
        over = game.is_over(state)
        result = game.result(state) if over else None
        return PositionOut(
            game=game.name,
            moves=list(self.moves),
            cells=list(game.cells(state)),
            mover=game.mover(state),
            legal=[self._action(a, game.mover(state)) for a in game.legal(state)],
            history=[self._move(ply) for ply in range(len(self.moves))],
            over=over,
            result=result,
            winner=(0 if result > 0 else 1) if result else None,
            highlight=list(game.highlight(state)),
        )

    def _action(self, action: int, player: int) -> ActionOut:
        clicks = list(self.game.clicks(action, player))
        return ActionOut(action=action, label=self.game.label(action), clicks=clicks)

    def _move(self, ply: int) -> MoveOut:
        player = self.players[ply]
        action = self._action(self.moves[ply], player)
        return MoveOut(ply=ply + 1, player=player, **action.model_dump())


@dataclass(frozen=True)
class Limits:
    """How long the bot thinks about one move, whichever is reached first, and how it chooses.

    0 simulations = the network's policy alone; at a temperature above 0 the move is drawn.
    """

    simulations: int
    milliseconds: float | None = None
    gone: Callable[[], bool] = never
    temperature: float = 0.0


class Play:
    """Answers the requests of any number of games at once; slow, so never on the event loop."""

    def __init__(self, shelf: Shelf, settings: WebSettings) -> None:
        self._shelf = shelf
        self._settings = settings

    def new_game(self, request: NewGameIn, gone: Callable[[], bool] = never) -> PlayOut:
        """The start of a game; the bot has moved if the person is not the first player.

        It thinks no longer than the request lets it, and no more once nobody waits (`gone`).
        """
        served = self._shelf.of(request.game)
        bot, limits = self._opponent(served, request, gone)
        line = Line.from_moves(served.game, [])
        return self._reply(served, bot, line, request.human, limits)

    def move(self, request: MoveIn, gone: Callable[[], bool] = never) -> PlayOut:
        """The position after the person's action and, if wanted, the bot's reply."""
        served = self._shelf.of(request.game)
        bot, limits = self._opponent(served, request, gone)
        line = Line.from_moves(served.game, request.moves)
        person = served.game.mover(line.state)
        line = line.after(request.action)
        if not request.reply:
            return PlayOut(position=line.show(), thoughts=[], model=bot().model)
        return self._reply(served, bot, line, person, limits)

    def _opponent(
        self, served: Served, request: NewGameIn | MoveIn, gone: Callable[[], bool]
    ) -> tuple[Callable[[], Loaded], Limits]:
        most, wanted = self._settings.max_simulations, request.simulations
        if request.level is not None:
            if wanted is not None:
                raise HTTPException(
                    422,
                    f"level = {request.level!r} and simulations = {wanted} exclude each other:"
                    " send one of them",
                )
            level, bot = level_of(served, request.level, most)
            return bot, Limits(level.simulations, request.milliseconds, gone, level.temperature)
        if wanted is not None and wanted > most:
            raise HTTPException(
                422, f"simulations = {wanted} is refused: web.max_simulations allows {most}"
            )
        usual = wanted or self._settings.simulations
        return served.current, Limits(usual, request.milliseconds, gone)

    def _reply(
        self,
        served: Served,
        bot: Callable[[], Loaded],
        line: Line,
        person: int,
        limits: Limits,
    ) -> PlayOut:
        game = served.game
        thoughts: list[Thought] = []
        model = bot().model
        # Some games let a player move twice in a row or pass: only the rules know whose turn it is.
        while not game.is_over(line.state) and game.mover(line.state) != person:
            loaded = bot()
            thought = think(served, loaded, line.state, limits)
            thoughts.append(thought)
            line = line.after(thought.action)
            model = loaded.model
        return PlayOut(position=line.show(), thoughts=thoughts, model=model)


def think(served: Served, loaded: Loaded, state: State, limits: Limits) -> Thought:
    """Search one position without noise; what is left of the search before it counts."""
    with loaded.lock:
        started = time.perf_counter()
        mind = loaded.minds.of(state)
        # One simulation is the cheapest search that asks the network and knows what is legal.
        simulations = max(1, limits.simulations)
        found = mind.think(state, simulations, limits.milliseconds, limits.gone)
        milliseconds = 1000 * (time.perf_counter() - started)
    action = _choice(found, limits)
    return _thought(served.game, state, found, action, milliseconds, loaded.model)


def _choice(found: Searched, limits: Limits) -> int:
    """The action to play; drawn anew each time, so that no two games against a level are alike."""
    policy = found.policy if limits.simulations > 0 else found.prior
    if limits.temperature > 0:
        return int(drawn(policy, limits.temperature, np.random.default_rng())[0])
    return int(found.best[0] if limits.simulations > 0 else policy[0].argmax())


def _thought(
    game: Game,
    state: State,
    found: Searched,
    action: int,
    milliseconds: float,
    model: ModelOut,
) -> Thought:
    return Thought(
        player=game.mover(state),
        action=action,
        label=game.label(action),
        value=float(found.value[0]),
        wdl=[float(share) for share in found.wdl[0]],
        simulations=int(found.visits.sum()),
        milliseconds=milliseconds,
        moves=[_stats(game, state, found, action) for action in game.legal(state)],
        model=model,
    )


def _stats(game: Game, state: State, found: Searched, action: int) -> MoveStats:
    q = float(found.q[0, action])
    return MoveStats(
        action=action,
        label=game.label(action),
        clicks=list(game.clicks(action, game.mover(state))),
        visits=int(found.visits[0, action]),
        share=float(found.visits[0, action] / found.visits[0].sum()),
        q=None if math.isnan(q) else q,
        prior=float(found.prior[0, action]),
    )
