"""Thousands of games as one Gymnasium vector environment, played by compiled kernels.

Autoreset is SAME_STEP: where a game ends, `step` returns its reward and the first observation of
the next game. So every observation has a legal action and every action is played; NEXT_STEP would
need actions for finished games, whose masks are empty.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numba import njit
from numpy.typing import NDArray

from engine.envs.table import Seat, check_render_mode, game_of, picture, planes_space, seat_number
from engine.errors import ConfigError, IllegalAction
from engine.game import ONGOING, Game, value_for
from engine.kernels import bind, legal, mover, observe, play, result, start

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST_MIX = np.uint64(0xBF58476D1CE4E5B9)
SECOND_MIX = np.uint64(0x94D049BB133111EB)


@njit(cache=True, nogil=True)
def draw(streams, g, count):  # type: ignore[no-untyped-def]
    """A number in [0, count) from stream g of `uint64[N]` (SplitMix64), which moves on.

    A stream per game: what happens in one does not depend on how many others are played.
    """
    streams[g] += GOLDEN
    bits = streams[g]
    bits = (bits ^ (bits >> np.uint64(30))) * FIRST_MIX
    bits = (bits ^ (bits >> np.uint64(27))) * SECOND_MIX
    bits = bits ^ (bits >> np.uint64(31))
    return np.int64(((bits >> np.uint64(32)) * np.uint64(count)) >> np.uint64(32))


def begin(states, players, streams, wanted, seat, scratch):  # type: ignore[no-untyped-def]
    """Start a game wherever `wanted`, and lead it to the agent's first turn.

    A game that the opponent ends before that turn is begun again.
    """
    for g in range(states.shape[0]):
        if not wanted[g]:
            continue
        state = states[g]
        player = seat if seat >= 0 else draw(streams, g, 2)
        players[g] = player
        final = 0
        while final != ONGOING:
            start(state)
            final = result(state)
            while final == ONGOING and mover(state) != player:
                options = legal(state, scratch)
                play(state, scratch[draw(streams, g, options)])
                final = result(state)


def advance(  # type: ignore[no-untyped-def]
    states, players, streams, actions, rewards, results, scratch
):
    """Play the agent's action in every game, then the opponent's until the agent's next turn."""
    for g in range(states.shape[0]):
        state = states[g]
        player = players[g]
        play(state, actions[g])
        final = result(state)
        while final == ONGOING and mover(state) != player:
            options = legal(state, scratch)
            play(state, scratch[draw(streams, g, options)])
            final = result(state)
        results[g] = final
        rewards[g] = 0.0 if final == ONGOING else value_for(final, player)


def look(states, planes, masks, scratch):  # type: ignore[no-untyped-def]
    """Write what the mover of every game sees and may play."""
    for g in range(states.shape[0]):
        observe(states[g], planes[g])
        masks[g, :] = False
        for i in range(legal(states[g], scratch)):
            masks[g, scratch[i]] = True


class VectorGames(VectorEnv[NDArray[np.float32], NDArray[np.int64], NDArray[Any]]):
    """N games at once against a random opponent, seen from the seat `agent`.

    - Actions: an integer array [N]. Observations: float32[N, C, H, W], each the agent's view.
    - `info["action_mask"]` and `action_masks()`: bool[N, A], never empty in any game.
    - `info["player"]`: int8[N], the agent's player in the games now observed.
    - Rewards: float64[N], 1, 0 or -1 for the agent where a game ends. Never truncated.
    - Where games ended (`info["_final_info"]`, bool[N]): `info["final_info"]` has their `result`
      (int32[N], player 0's margin) and `player` (int8[N]); `info["final_obs"]` is zeros.

    Any illegal action raises IllegalAction before a single game has moved, and is counted in
    `illegal_actions`. All arrays are new at every call.
    """

    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc] # an instance's, in Gymnasium
        "render_modes": ["ansi"],
        "render_fps": 1,
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }

    def __init__(
        self,
        game: str | Game,
        num_envs: int = 1,
        agent: Seat = "random",
        render_mode: str | None = None,
    ) -> None:
        check_render_mode(render_mode)
        if num_envs < 1:
            raise ConfigError(f"num_envs is at least 1, not {num_envs}")
        self.game = game_of(game)
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.single_observation_space = planes_space(self.game)
        self.single_action_space = Discrete(self.game.actions)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.illegal_actions = 0
        self._seat = seat_number(agent)
        self._begin, self._advance, self._look = (
            bind(template, self.game) for template in (begin, advance, look)
        )
        self._states = np.zeros((num_envs, self.game.words), np.uint64)
        self._players = np.zeros(num_envs, np.int8)
        self._streams = np.zeros(num_envs, np.uint64)
        self._masks = np.zeros((num_envs, self.game.actions), np.bool_)
        self._scratch = np.zeros(self.game.actions, np.int16)
        self._over = np.zeros((num_envs, *self.game.planes), np.float32)
        self._over.flags.writeable = False
        self._ready = False

    @property
    def states(self) -> NDArray[np.uint64]:
        """A copy of all positions, `uint64[N, W]`."""
        return self._states.copy()

    @property
    def streams(self) -> NDArray[np.uint64]:
        """A copy of the random streams, `uint64[N]`; `draw` tells what they will bring."""
        return self._streams.copy()

    def action_masks(self) -> NDArray[np.bool_]:
        """The legal actions of every game, `bool[N, A]`."""
        return self._masks.copy()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """N new games, each at the agent's first turn; there are no `options`.

        Game g plays the same under one seed, whatever N is.
        """
        super().reset(seed=seed)
        top = np.iinfo(np.uint64).max
        self._streams = self.np_random.integers(
            top, size=self.num_envs, dtype=np.uint64, endpoint=True
        )
        self._start(np.ones(self.num_envs, np.bool_))
        self._ready = True
        return self._observe(), self._info()

    def step(
        self, actions: Any
    ) -> tuple[
        NDArray[np.float32],
        NDArray[np.float64],
        NDArray[np.bool_],
        NDArray[np.bool_],
        dict[str, Any],
    ]:
        """Play an action in every game and begin those again that ended."""
        if not self._ready:
            raise ResetNeeded("call reset() before step()")
        checked = self._checked(actions)
        rewards = np.empty(self.num_envs, np.float64)
        results = np.empty(self.num_envs, np.int32)
        self._advance(
            self._states, self._players, self._streams, checked, rewards, results, self._scratch
        )
        ended = results != ONGOING
        final: dict[str, Any] = {}
        if ended.any():
            final = {
                "final_obs": self._over,
                "_final_obs": ended.copy(),
                "final_info": {"result": results, "player": self._players.copy()},
                "_final_info": ended.copy(),
            }
            self._start(ended)
        observations = self._observe()
        truncated = np.zeros(self.num_envs, np.bool_)
        return observations, rewards, ended, truncated, {**self._info(), **final}

    def render(self) -> tuple[str, ...] | None:
        """Every position as text, or None without a render mode."""
        if self.render_mode is None:
            return None
        return tuple(picture(self.game, state) for state in self._states)

    def _start(self, wanted: NDArray[np.bool_]) -> None:
        self._begin(self._states, self._players, self._streams, wanted, self._seat, self._scratch)

    def _observe(self) -> NDArray[np.float32]:
        planes = np.empty((self.num_envs, *self.game.planes), np.float32)
        self._look(self._states, planes, self._masks, self._scratch)
        return planes

    def _info(self) -> dict[str, Any]:
        return {"action_mask": self._masks.copy(), "player": self._players.copy()}

    def _checked(self, actions: Any) -> NDArray[np.int64]:
        """`actions` as int64[N], all legal; raises IllegalAction."""
        given = np.asarray(actions)
        if given.shape != (self.num_envs,) or given.dtype.kind not in "iu":
            raise IllegalAction(
                f"wanted are {self.num_envs} integer actions, not an array of"
                f" {given.dtype} and shape {given.shape}"
            )
        inside = (given >= 0) & (given < self.game.actions)
        numbers = np.where(inside, given, 0).astype(np.int64)
        fine = inside & self._masks[np.arange(self.num_envs), numbers]
        if not fine.all():
            self.illegal_actions += int((~fine).sum())
            g = int(np.argmin(fine))
            state = self._states[g]
            raise IllegalAction(
                f"action {given[g]} is illegal in game {g} of {self.num_envs},"
                f" legal are {self.game.legal(state)}: {self.game.text(state)}"
            )
        return numbers
