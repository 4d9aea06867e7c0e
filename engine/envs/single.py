"""One game as a Gymnasium environment: the agent at one side, an opponent inside.

A step is a move of the agent and then as many of the opponent's as it takes until the agent is to
move again: none where the agent moves twice in a row, several where the opponent does. Where the
opponent opens, it moves in `reset`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Discrete
from numpy.typing import NDArray

from engine.envs.table import (
    EITHER,
    Seat,
    after,
    check_render_mode,
    game_of,
    mask_for,
    picture,
    planes_space,
    seat_number,
    view_for,
)
from engine.errors import CartridgeError, ConfigError, FinishedGame, IllegalAction
from engine.game import Game, State, value_for

Opponent = Callable[[State, Game, np.random.Generator], int]
"""Chooses an action in a state of the game; random choices come from the generator."""

OPENINGS = 1_000
"""How often a game is begun again when the opponent ends it before the agent's first turn."""


def random_opponent(state: State, game: Game, rng: np.random.Generator) -> int:
    """A legal action, each as likely as the other."""
    actions = game.legal(state)
    return actions[int(rng.integers(len(actions)))]


class CartridgeEnv(gymnasium.Env[NDArray[np.float32], np.int64]):
    """A game against `opponent`, seen from the seat `agent`.

    - Action: an integer in [0, A). `info["action_mask"]` (int8[A]) and `action_masks()` (bool[A])
      say which are legal now.
    - Observation: the agent's view, float32[C, H, W]; zeros once the game is over.
    - Reward: 1, 0 or -1 when the game ends, for the agent; 0 before. Games are never truncated.
    - Info: `action_mask`; `player`, the agent's, 0 or 1; once over `result`, player 0's margin.

    An action that is not legal raises IllegalAction and changes nothing (`illegal="raise"`): an
    agent that forgets the mask is found at its first mistake. `illegal="lose"` ends the game
    instead, with the reward -1 and `info["illegal_action"]`; `check_env` of Gymnasium, which knows
    no masks, needs that.
    """

    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc] # an instance's, in Gymnasium
        "render_modes": ["ansi"],
        "render_fps": 1,
    }

    def __init__(
        self,
        game: str | Game,
        opponent: Opponent = random_opponent,
        agent: Seat = "random",
        render_mode: str | None = None,
        illegal: Literal["raise", "lose"] = "raise",
    ) -> None:
        check_render_mode(render_mode)
        if illegal not in ("raise", "lose"):
            raise ConfigError(f"illegal is 'raise' or 'lose', not {illegal!r}")
        self.game = game_of(game)
        self.render_mode = render_mode
        self.observation_space = planes_space(self.game)
        self.action_space = Discrete(self.game.actions)
        self._opponent = opponent
        self._seat = seat_number(agent)
        self._illegal = illegal
        self._player = 0
        self._forfeit = False
        self._state: State | None = None

    @property
    def player(self) -> int:
        """The agent's player in this game, 0 or 1."""
        return self._player

    @property
    def state(self) -> State:
        """A copy of the position, `uint64[W]`; raises ResetNeeded before the first `reset`."""
        return self._current().copy()

    def _current(self) -> State:
        if self._state is None:
            raise ResetNeeded("call reset() before anything else")
        return self._state

    def action_masks(self) -> NDArray[np.bool_]:
        """The legal actions, `bool[A]`; none once the game is over."""
        return self._mask().astype(np.bool_)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """A new game, at the agent's first turn; there are no `options`.

        A game that the opponent ends before that turn has nothing for the agent, and is begun
        again.
        """
        super().reset(seed=seed)
        player = int(self.np_random.integers(2)) if self._seat == EITHER else self._seat
        for _ in range(OPENINGS):
            state = self._reply(self.game.new(), player)
            if not self.game.is_over(state):
                break
        else:
            raise CartridgeError(
                f"the opponent ended {OPENINGS} games of {self.game.title} before player {player}"
                " had a turn: choose another opponent or another seat"
            )
        self._state, self._player, self._forfeit = state, player, False
        return view_for(self.game, state, player), self._info()

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Play `action` and the opponent's replies, up to the agent's next turn or the end."""
        before = self._current()
        if self._forfeit or self.game.is_over(before):
            raise FinishedGame(f"the game is over, call reset(): {self.game.text(before)}")
        try:
            state = after(self.game, before, action)
        except IllegalAction:
            if self._illegal == "raise":
                raise
            self._forfeit = True
            info = {**self._info(), "illegal_action": True}
            return np.zeros(self.game.planes, np.float32), -1.0, True, False, info
        self._state = state = self._reply(state, self._player)
        over = self.game.is_over(state)
        reward = value_for(self.game.result(state), self._player) if over else 0.0
        return view_for(self.game, state, self._player), reward, over, False, self._info()

    def render(self) -> str | None:
        """The position as text, or None without a render mode."""
        return picture(self.game, self._current()) if self.render_mode == "ansi" else None

    def _reply(self, state: State, player: int) -> State:
        """The state after the opponent's moves, at the turn of `player` or the end."""
        while not self.game.is_over(state) and self.game.mover(state) != player:
            action = self._opponent(state.copy(), self.game, self.np_random)
            try:
                state = after(self.game, state, action)
            except IllegalAction as error:
                raise IllegalAction(f"the opponent's fault: {error}") from None
        return state

    def _mask(self) -> NDArray[np.int8]:
        if self._forfeit:
            return np.zeros(self.game.actions, np.int8)
        return mask_for(self.game, self._current(), self._player)

    def _info(self) -> dict[str, Any]:
        info: dict[str, Any] = {"action_mask": self._mask(), "player": self._player}
        if self.game.is_over(self._current()):
            info["result"] = self.game.result(self._current())
        return info
