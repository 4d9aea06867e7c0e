"""Exact verdicts within about a second a position, or the word that it would take longer.

What is in reach, measured on one core: every position of Tic-tac-toe; Connect 4 from 11 discs on,
often from 8 on; Othello with up to 17 empty squares; Kalaha with up to 30 stones in the pits; the
last 12 cells of a game like Hex. `Solver.near` spares the time where it would be in vain.
"""

from __future__ import annotations

from threading import Lock
from typing import Literal

from engine.errors import FinishedGame, OutOfReach
from engine.game import Game, State
from engine.solver import Limits, Solution, Solver, solver_for
from web.lines import Line
from web.schemas import SolvedMove, SolveOut

SECONDS = 1.0
"""What one position may take; this is the whole price of a request, so nothing cancels it."""


class Oracle:
    """The solver of every game, made when it is first asked; for any number of threads."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits(seconds=SECONDS)
        self._solvers: dict[str, Solver] = {}
        self._making = Lock()

    def solver(self, game: Game) -> Solver:
        """The solver of `game`; its tables stay in memory from one request to the next."""
        with self._making:
            if game.name not in self._solvers:
                self._solvers[game.name] = solver_for(game, self._limits)
            return self._solvers[game.name]

    def solution(self, game: Game, state: State, seconds: float | None = None) -> Solution | None:
        """The exact values of a state; None where they are out of reach or the game is over.

        `seconds`: how long it may take, where that is not the usual time.
        """
        solver = self.solver(game)
        if game.is_over(state) or not solver.near(state):
            return None
        try:
            return solver.solve(state, seconds)
        except OutOfReach:
            return None

    def verdict(self, line: Line) -> SolveOut:
        """What is known of a position; raises FinishedGame once the game is over."""
        game, state = line.game, line.state
        if game.is_over(state):
            raise FinishedGame(f"{game.title} is over, nothing to solve: {game.text(state)}")
        shown, found = line.show(), self.solution(game, state)
        if found is None:
            return SolveOut(reach=False, mover=shown.mover)
        solver = self.solver(game)
        moves = [
            SolvedMove(
                **action.model_dump(),
                value=found.values[action.action],
                wdl=sign(found.values[action.action]),
                words=solver.words(state, found.values[action.action]),
                best=action.action in found.best,
            )
            for action in shown.legal
        ]
        return SolveOut(
            reach=True,
            mover=shown.mover,
            value=found.value,
            wdl=sign(found.value),
            words=solver.words(state, found.value),
            moves=moves,
        )


def sign(value: int) -> Literal[1, 0, -1]:
    """Win, draw or loss of an exact value."""
    return 1 if value > 0 else -1 if value < 0 else 0
