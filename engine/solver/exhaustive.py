"""Exact play by looking at everything: for games of a few hundred thousand positions."""

from __future__ import annotations

from pathlib import Path

from engine.game import Game, State
from engine.solver.interface import ALLOWED, STOP, VISITED, Control, Limits, Solver

NEAR = 12
"""Legal actions of a position of which a second may be enough."""


class ExhaustiveSolver(Solver):
    """Negamax over all reachable positions with a memory; works for any game that is small enough.

    The margin is exact and counted for the mover. Positions seen once are remembered from call to
    call, and the limit is on all of them together, so that a large game is refused instead of
    hanging or eating the memory. A memory that is full is given up by the next call: what filled
    it was refused, and another position may be small.
    """

    most_nodes = 200_000
    reach = f"games of at most {most_nodes} positions"

    def __init__(
        self, game: Game, limits: Limits | None = None, tables: Path | None = None
    ) -> None:
        super().__init__(game, limits, tables)
        self._margins: dict[bytes, int] = {}

    def near(self, state: State) -> bool:
        """See `Solver`; where every action fills a cell, so many can be looked at to the end."""
        return len(self.game.legal(state)) <= NEAR

    def values(self, state: State, control: Control) -> dict[int, int] | None:
        """See `Solver`."""
        if len(self._margins) >= control[ALLOWED]:
            self._margins.clear()
        control[VISITED] = len(self._margins)
        mover = self.game.mover(state)
        margins = {}
        for action in self.game.legal(state):
            following = state.copy()
            self.game.rules.play(following, action)
            margin = self._first_player_margin(following, control)
            if margin is None:
                return None
            margins[action] = margin if mover == 0 else -margin
        return margins

    def _first_player_margin(self, state: State, control: Control) -> int | None:
        """The margin for player 0: one fixed point of view, so that nobody has to alternate."""
        key = state.tobytes()
        known = self._margins.get(key)
        if known is not None:
            return known
        if self.game.is_over(state):
            margin = self.game.result(state)
        else:
            outcomes = []
            for action in self.game.legal(state):
                following = state.copy()
                self.game.rules.play(following, action)
                outcome = self._first_player_margin(following, control)
                if outcome is None:
                    return None
                outcomes.append(outcome)
            margin = max(outcomes) if self.game.mover(state) == 0 else min(outcomes)
        if control[STOP] or control[VISITED] >= control[ALLOWED]:
            return None
        control[VISITED] += 1
        self._margins[key] = margin
        return margin
