"""What is thought of one position: by the rules, by exact play, or by a search.

An opinion is for one player and says so; whoever asks for the other gets the opposite. No ply is
counted for that: in some games a player moves twice or passes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.game import Game, State, value_for
from engine.search import UNKNOWN, Searched
from engine.solver import Solution
from web.loaded import Loaded
from web.schemas import Odds
from web.solve import Oracle, sign

NEARLY = 0.035
"""Values that differ by so little are as good as each other (lichess: 0.035 of win chance)."""

PATIENCE = 5.0
"""Seconds that the solver has for the one position on which a verdict hangs."""

LONGEST_LINE = 8
"""Moves of an expected line that are shown."""


@dataclass(frozen=True)
class Opinion:
    """The value in [-1, 1] of a position for `player`, and the share of draws in it.

    `exact`: by the rules, the solver or a proof. `values` are the results -1, 0, 1 of every action
    where the solver gave them. `best` are the actions that nothing beats, `line` goes on from the
    first of them, `accepted` are as good or nearly so; all are empty once the game is over.
    """

    player: int
    value: float
    draw: float
    exact: bool
    values: dict[int, int] = field(default_factory=dict)
    best: tuple[int, ...] = ()
    line: tuple[int, ...] = ()
    accepted: tuple[int, ...] = ()

    def value_for(self, player: int) -> float:
        """The value for one of the players."""
        return self.value if player == self.player else 0.0 - self.value


def odds(value: float, draw: float, exact: bool) -> Odds:
    """A value and a share of draws as win, draw and loss, so that win - loss is the value.

    Draws are taken from the network; where the search is surer than that they become fewer.
    """
    draw = 1.0 - abs(value) if exact else min(draw, 1.0 - abs(value))
    win, loss = (1.0 - draw + value) / 2, (1.0 - draw - value) / 2
    return Odds(value=value, win=win, draw=draw, loss=loss, exact=exact)


class Judge:
    """Forms opinions about the positions of one game, with a tree of its own."""

    def __init__(self, game: Game, loaded: Loaded, oracle: Oracle, simulations: int) -> None:
        self.game = game
        self._mind = loaded.minds.fresh()
        self._oracle = oracle
        self._simulations = simulations
        self._solving = True

    def of(self, state: State, gone: Callable[[], bool]) -> Opinion:
        """The opinion of a position; meant to be asked from the end of a game to its start.

        Once a position was out of the solver's reach the ones before it are not tried: they are
        harder.
        """
        if self.game.is_over(state):
            value = value_for(self.game.result(state), 0)
            return Opinion(0, value, 0.0, exact=True)
        solution = self._oracle.solution(self.game, state) if self._solving else None
        self._solving = solution is not None
        return self._opinion(state, solution, gone)

    def beside(self, state: State, gone: Callable[[], bool]) -> Opinion:
        """The opinion of a position beside the game, about as near to the end as a solved one.

        It is asked once in a game, so the solver may take its time.
        """
        if self.game.is_over(state):
            return self.of(state, gone)
        return self._opinion(state, self._oracle.solution(self.game, state, PATIENCE), gone)

    def estimate(self, state: State, gone: Callable[[], bool]) -> Opinion:
        """What a search alone says of a position, solved or not."""
        if self.game.is_over(state):
            return self.of(state, gone)
        return self._opinion(state, None, gone)

    def _opinion(
        self, state: State, solution: Solution | None, gone: Callable[[], bool]
    ) -> Opinion:
        if solution is not None:
            return self._solved(state, solution)
        found = self._mind.think(state, self._simulations, stop=gone)
        return _searched(self.game, state, found)

    def _solved(self, state: State, solution: Solution) -> Opinion:
        values: dict[int, int] = {action: sign(value) for action, value in solution.values.items()}
        result = sign(solution.value)
        return Opinion(
            self.game.mover(state),
            float(result),
            0.0,
            exact=True,
            values=values,
            best=solution.best,
            line=self._perfect_line(state, solution),
            accepted=tuple(action for action, value in values.items() if value == result),
        )

    def _perfect_line(self, state: State, solution: Solution | None) -> tuple[int, ...]:
        line: list[int] = []
        while solution is not None and len(line) < LONGEST_LINE:
            line.append(solution.best[0])
            state = self.game.after(state, line[-1])
            solution = self._oracle.solution(self.game, state)
        return tuple(line)


def _searched(game: Game, state: State, found: Searched) -> Opinion:
    """A search's opinion: the value of its best move, or what it proved."""
    best, proven = int(found.best[0]), int(found.proven[0])
    known = {a: float(found.q[0, a]) for a in game.legal(state) if found.visits[0, a] > 0}
    value = float(proven) if proven != UNKNOWN else known.get(best, float(found.value[0]))
    value = max(-1.0, min(1.0, value))
    good = [action for action, q in known.items() if action == best or q >= value - NEARLY]
    return Opinion(
        game.mover(state),
        value,
        float(found.wdl[0, 1]),
        exact=proven != UNKNOWN,
        best=(best,),
        line=tuple(found.line[0][:LONGEST_LINE]),
        accepted=tuple(good),
    )
