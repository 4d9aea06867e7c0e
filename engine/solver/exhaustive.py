"""Exact play by looking at everything: for games of a few thousand positions."""

from __future__ import annotations

from engine.errors import CartridgeError
from engine.game import Game, State


class OutOfReach(CartridgeError):
    """The position has more continuations than the solver may visit."""


class ExhaustiveSolver:
    """Negamax over all reachable positions with a memory; works for any game that is small enough.

    The margin is exact and counted for the mover. Raises OutOfReach once `limit` positions were
    seen, so that a large game is refused instead of hanging.
    """

    def __init__(self, game: Game, limit: int = 200_000) -> None:
        self.game = game
        self.limit = limit
        self._margins: dict[bytes, int] = {}

    def solve(self, state: State) -> dict[int, int]:
        """The final margin for the mover after each legal action, both sides playing perfectly."""
        mover = self.game.mover(state)
        margins = {}
        for action in self.game.legal(state):
            following = state.copy()
            self.game.rules.play(following, action)
            margin = self._first_player_margin(following)
            margins[action] = margin if mover == 0 else -margin
        return margins

    def _first_player_margin(self, state: State) -> int:
        """The margin for player 0: one fixed point of view, so that nobody has to alternate."""
        key = state.tobytes()
        known = self._margins.get(key)
        if known is not None:
            return known
        if self.game.is_over(state):
            margin = self.game.result(state)
        else:
            if len(self._margins) >= self.limit:
                raise OutOfReach(
                    f"{self.game.title} has more than {self.limit} positions from here,"
                    f" the exhaustive solver gives up: {self.game.text(state)}"
                )
            outcomes = []
            for action in self.game.legal(state):
                following = state.copy()
                self.game.rules.play(following, action)
                outcomes.append(self._first_player_margin(following))
            margin = max(outcomes) if self.game.mover(state) == 0 else min(outcomes)
        self._margins[key] = margin
        return margin
