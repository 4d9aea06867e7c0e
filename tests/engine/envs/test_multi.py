"""The PettingZoo environment, for every game of the folder and one that repeats turns."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pettingzoo.test import api_test, seed_test
from pettingzoo.utils.wrappers import OrderEnforcingWrapper, TerminateIllegalWrapper

from engine.envs.multi import AGENTS, TwoPlayerEnv
from engine.errors import ConfigError, IllegalAction
from engine.game import Game, value_for
from tests.engine.envs.arrangements import GAMES, GARBAGE, mask_of, masked
from tests.toys import HEAP

each_game = pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)


# PettingZoo excuses its own board games from these by name; any other warning is an error.
@pytest.mark.filterwarnings("ignore:Observation numpy array is all zeros:UserWarning")
@pytest.mark.filterwarnings("ignore:Action mask numpy array is all zeros:UserWarning")
@pytest.mark.filterwarnings("ignore:Observation is not a NumPy array:UserWarning")
@pytest.mark.filterwarnings("ignore:Observation space for each agent probably:UserWarning")
@each_game
def test_pettingzoo_finds_no_fault(game: Game) -> None:
    for _ in range(3):
        api_test(TwoPlayerEnv(game, render_mode="ansi"), num_cycles=1000)
    api_test(OrderEnforcingWrapper(TwoPlayerEnv(game)), num_cycles=1000)
    seed_test(lambda: TwoPlayerEnv(game), num_cycles=20)


@each_game
def test_agents_views_and_rewards_are_those_of_the_rules(game: Game) -> None:
    env, rng, steps, again = TwoPlayerEnv(game), np.random.default_rng(6), 0, 0
    while steps < 600:
        env.reset()
        state, previous, totals = game.new(), "", dict.fromkeys(AGENTS, 0.0)
        for agent in env.agent_iter():
            seen, reward, terminated, truncated, info = env.last()
            totals[agent] += reward
            assert np.array_equal(env.state(), state) and not truncated
            assert np.array_equal(seen["action_mask"], mask_of(game, state))
            if terminated:
                assert game.is_over(state) and info["result"] == game.result(state)
                assert not seen["observation"].any()
                env.step(None)
                continue
            other = env.observe(AGENTS[1 - AGENTS.index(agent)])
            assert not other["observation"].any() and not other["action_mask"].any()
            assert agent == AGENTS[game.mover(state)] and reward == 0
            assert np.array_equal(seen["observation"], game.observe(state))
            again += agent == previous
            previous = agent
            action = masked(seen["action_mask"], rng)
            state = game.after(state, action)
            env.step(action)
            steps += 1
        assert not env.agents and sum(totals.values()) == 0
        assert totals == {name: value_for(game.result(state), i) for i, name in enumerate(AGENTS)}
    assert game is not HEAP or again > 50


@each_game
def test_garbage_is_refused_and_changes_nothing(game: Game) -> None:
    env = TwoPlayerEnv(game)
    env.reset()
    rng = np.random.default_rng(9)
    while not any(env.terminations.values()):
        state, agent = env.state(), env.agent_selection
        mask = env.observe(agent)["action_mask"]
        for action in [*GARBAGE, *np.flatnonzero(mask == 0).tolist(), game.actions]:
            with pytest.raises(IllegalAction, match=re.escape(game.text(state))):
                env.step(action)
        assert np.array_equal(env.state(), state) and env.agent_selection == agent
        env.step(masked(mask, rng))
    assert sorted(env.rewards.values()) in ([-1.0, 1.0], [0.0, 0.0])


@pytest.mark.filterwarnings("ignore")  # PettingZoo's wrapper logs what it does
def test_the_custom_of_pettingzoo_is_a_wrapper_away() -> None:
    env = TerminateIllegalWrapper(TwoPlayerEnv(HEAP), illegal_reward=-1)
    env.reset()
    env.step(3)
    assert env.rewards["player_0"] == -1 and all(env.terminations.values())


def test_wrong_words_are_named_and_the_picture_is_text() -> None:
    with pytest.raises(ConfigError, match="human"):
        TwoPlayerEnv(HEAP, render_mode="human")
    with pytest.raises(ConfigError, match="chess"):
        TwoPlayerEnv("chess")
    env = TwoPlayerEnv(HEAP, render_mode="ansi")
    env.reset()
    assert env.render() == "1 1 1 1 1 1 1 .\nplayer 0 to move"
    assert str(env) == "heap_v1"
