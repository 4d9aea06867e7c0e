"""One game as a PettingZoo AEC environment: both players are agents, outside.

`agent_selection` is whoever the rules name, so an agent may be asked several times in a row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box, Dict, Discrete

from engine.envs.table import after, check_render_mode, game_of, mask_for, picture, planes_space
from engine.envs.table import view_for as planes_for
from engine.game import Game, State, value_for

try:
    from pettingzoo import AECEnv  # type: ignore[import-untyped,unused-ignore]
except ModuleNotFoundError as error:
    if error.name != "pettingzoo":
        raise
    raise ImportError(
        "engine.envs.multi needs PettingZoo: install the extra `envs`,"
        " pip install 'cartridge2[envs]'",
        name="pettingzoo",
    ) from None

AGENTS = ("player_0", "player_1")


class TwoPlayerEnv(AECEnv):  # type: ignore[misc,unused-ignore] # it has no types
    """A game between "player_0", who moves first, and "player_1".

    - Observation: `{"observation": float32[C, H, W], "action_mask": int8[A]}`; both are zeros for
      the agent who is not to move, and for both once the game is over.
    - Rewards: 1 and -1, or 0 and 0, when the game ends.

    An illegal action raises IllegalAction and changes nothing. PettingZoo's own custom, by which
    it loses the game, is a wrapper away: `TerminateIllegalWrapper(env, illegal_reward=-1)`.
    """

    def __init__(self, game: str | Game, render_mode: str | None = None) -> None:
        super().__init__()
        check_render_mode(render_mode)
        self.game = game_of(game)
        self.render_mode = render_mode
        self.metadata = {
            "name": f"{self.game.name}_v{self.game.version}",
            "render_modes": ["ansi"],
            "render_fps": 1,
            "is_parallelizable": False,
        }
        self.possible_agents = list(AGENTS)
        self.agents: list[str] = []
        mask = Box(0, 1, (self.game.actions,), np.int8)
        self.observation_spaces = {
            agent: Dict({"observation": planes_space(self.game), "action_mask": mask})
            for agent in AGENTS
        }
        self.action_spaces = {agent: Discrete(self.game.actions) for agent in AGENTS}
        self._state: State = self.game.new()

    def observation_space(self, agent: str) -> Dict:
        """The space of `agent`'s observations, always the same object."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Discrete:
        """The space of `agent`'s actions, always the same object."""
        return self.action_spaces[agent]

    def state(self) -> State:
        """A copy of the position, `uint64[W]`, opaque but for `game`."""
        return self._state.copy()

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """A new game. Nothing in it is random, so `seed` and `options` have no effect."""
        self._state = self.game.new()
        self.agents = list(AGENTS)
        self.rewards = dict.fromkeys(AGENTS, 0.0)
        self._cumulative_rewards = dict.fromkeys(AGENTS, 0.0)
        self.terminations = dict.fromkeys(AGENTS, False)
        self.truncations = dict.fromkeys(AGENTS, False)
        self.infos: dict[str, dict[str, Any]] = {agent: {} for agent in AGENTS}
        self.agent_selection = AGENTS[self.game.mover(self._state)]

    def observe(self, agent: str) -> dict[str, Any]:
        """The view and the mask of `agent`; zeros unless it is their turn."""
        player = AGENTS.index(agent)
        return {
            "observation": planes_for(self.game, self._state, player),
            "action_mask": mask_for(self.game, self._state, player),
        }

    def step(self, action: Any) -> None:
        """Play `action` for `agent_selection`; None for an agent whose game is over."""
        agent = self.agent_selection
        if self.terminations[agent] or self.truncations[agent]:
            self._was_dead_step(action)
            return
        self._state = after(self.game, self._state, action)
        if self.game.is_over(self._state):
            final = self.game.result(self._state)
            self.rewards = {name: value_for(final, i) for i, name in enumerate(AGENTS)}
            self.terminations = dict.fromkeys(AGENTS, True)
            self.infos = {name: {"result": final} for name in AGENTS}
            self._accumulate_rewards()
        self.agent_selection = AGENTS[self.game.mover(self._state)]

    def render(self) -> str | None:
        """The position as text, or None without a render mode."""
        return picture(self.game, self._state) if self.render_mode == "ansi" else None

    def close(self) -> None:
        """Nothing is held open."""
