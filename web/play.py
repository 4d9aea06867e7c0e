"""Who plays and for how long, and the bot's replies. No request is remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from fastapi import HTTPException

from engine.config import WebSettings
from engine.errors import FinishedGame
from web.levels import level_of
from web.lines import Line
from web.loaded import Loaded
from web.pool import Turn
from web.schemas import Asked, MoveIn, NewGameIn, PlayOut, ThinkIn, Thought
from web.served import Served
from web.shelf import Shelf
from web.think import Limits, think


@dataclass(frozen=True)
class Opponent:
    """Who thinks, and how long; `model` gives the one in service at each move."""

    model: Callable[[], Loaded]
    limits: Limits


class Play:
    """Answers the requests of any number of games at once; slow, so never on the event loop."""

    def __init__(self, shelf: Shelf, settings: WebSettings) -> None:
        self._shelf = shelf
        self._settings = settings

    def new_game(self, request: NewGameIn, turn: Turn) -> PlayOut:
        """The start of a game; the bot has moved if the person is not the first player.

        It thinks no longer than the request lets it, and while it is its turn among all searches.
        """
        served = self._served(request)
        opponent = self._opponent(served, request)
        line = Line.from_moves(served.game, [])
        return self._reply(opponent, line, request.human, turn)

    def move(self, request: MoveIn, turn: Turn) -> PlayOut:
        """The position after the person's action and, if wanted, the bot's reply."""
        served = self._served(request)
        opponent = self._opponent(served, request)
        line = Line.from_moves(served.game, request.moves)
        person = served.game.mover(line.state)
        line = line.after(request.action)
        if not request.reply:
            return PlayOut(position=line.show(), thoughts=[], model=opponent.model().model)
        return self._reply(opponent, line, person, turn)

    def question(self, request: ThinkIn) -> tuple[Opponent, Line]:
        """What `think` needs for a request; refuses what cannot be thought about."""
        served = self._served(request)
        opponent = self._opponent(served, request)
        line = Line.from_moves(served.game, request.moves)
        if served.game.is_over(line.state):
            final = served.game.text(line.state)
            raise FinishedGame(f"nothing to search, the game is over: {final}")
        opponent.model()  # or a refusal, while it can still be one
        return opponent, line

    def _served(self, request: Asked) -> Served:
        return self._shelf.of(request.game, request.run)

    def _opponent(self, served: Served, request: Asked) -> Opponent:
        most, wanted = self._settings.max_simulations, request.simulations
        time = self._time(request.milliseconds)
        if request.level is not None:
            if wanted is not None:
                raise HTTPException(
                    422,
                    f"level = {request.level!r} and simulations = {wanted} exclude each other:"
                    " send one of them",
                )
            rated = request.run is None
            level, model = level_of(served, request.model, rated, request.level, most)
            return Opponent(model, Limits(level.simulations, time, level.temperature))
        limits = Limits(self.simulations(wanted), time)
        return Opponent(partial(served.named, request.model), limits)

    def simulations(self, wanted: int | None) -> int:
        """As many as are wanted, or the usual number; HTTP 422 beyond what is allowed."""
        most = self._settings.max_simulations
        if wanted is not None and wanted > most:
            raise HTTPException(
                422, f"simulations = {wanted} is refused: web.max_simulations allows {most}"
            )
        return self._settings.simulations if wanted is None else wanted

    def _time(self, milliseconds: int | None) -> int:
        most = self._settings.max_milliseconds
        if milliseconds is not None and milliseconds > most:
            raise HTTPException(
                422, f"milliseconds = {milliseconds} is refused: web.max_milliseconds allows {most}"
            )
        return most if milliseconds is None else milliseconds

    def _reply(self, opponent: Opponent, line: Line, person: int, turn: Turn) -> PlayOut:
        game = line.game
        thoughts: list[Thought] = []
        model = opponent.model().model
        # Some games let a player move twice in a row or pass: only the rules know whose turn it is.
        while not game.is_over(line.state) and game.mover(line.state) != person:
            loaded = opponent.model()
            thought = think(loaded, line, opponent.limits, turn.over)
            turn.check()
            thoughts.append(thought)
            line = line.after(thought.action)
            model = loaded.model
        return PlayOut(position=line.show(), thoughts=thoughts, model=model)
