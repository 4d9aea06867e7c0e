"""The Gymnasium environment, for every game of the folder and one that repeats turns."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from engine.envs import CartridgeEnv, environment_id, random_opponent, register_all
from engine.errors import CartridgeError, ConfigError, FinishedGame, IllegalAction
from engine.game import Game, State, value_for
from engine.games import all_games, find
from tests.engine.envs.arrangements import GAMES, GARBAGE, mask_of, masked
from tests.toys import HEAP

ROOT = Path(__file__).resolve().parents[3]
each_game = pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
each_seat = pytest.mark.parametrize("agent", ["first", "second", "random"])


@pytest.fixture
def heap_id() -> Iterator[str]:
    """The toy, under a name like the others."""
    name = "Toys/heap-v1"
    gymnasium.register(id=name, entry_point=lambda **given: CartridgeEnv(HEAP, **given))
    yield name
    del gymnasium.registry[name]


@each_game
@each_seat
def test_gymnasium_finds_no_fault(game: Game, agent: str, heap_id: str) -> None:
    register_all()
    name = heap_id if game is HEAP else environment_id(game)
    env = gymnasium.make(name, agent=agent, illegal="lose", render_mode="ansi")
    check_env(env.unwrapped)


@each_game
@each_seat
def test_masks_views_and_rewards_are_those_of_the_rules(game: Game, agent: str) -> None:
    played: list[int] = []  # both sides' actions, in order

    def opponent(state: State, game: Game, rng: np.random.Generator) -> int:
        played.append(random_opponent(state, game, rng))
        return played[-1]

    env = CartridgeEnv(game, opponent, agent)  # type: ignore[arg-type]
    rng = np.random.default_rng(5)
    seats, outcomes, steps = set(), set(), 0
    while steps < 600:
        played.clear()
        observation, info = env.reset(seed=7 if steps == 0 else None)
        del played[: _given_up(game, played)]
        seats.add(info["player"])
        while True:
            state = game.replay(played)
            assert np.array_equal(state, env.state)
            assert np.array_equal(info["action_mask"], mask_of(game, state))
            assert np.array_equal(env.action_masks(), mask_of(game, state))
            if game.is_over(state):
                break
            assert game.mover(state) == info["player"] == env.player
            assert np.array_equal(observation, game.observe(state))
            played.append(masked(info["action_mask"], rng))
            observation, reward, over, truncated, info = env.step(played[-1])
            assert observation in env.observation_space and not truncated
            assert reward == 0 or over
            steps += 1
        assert over and reward == value_for(game.result(state), info["player"])
        assert info["result"] == game.result(state) and not observation.any()
        outcomes.add(reward)
    assert seats == {"first": {0}, "second": {1}, "random": {0, 1}}[agent]
    assert {-1.0, 1.0} <= outcomes


def _given_up(game: Game, played: list[int]) -> int:
    """How many opening actions belong to games that ended before the agent's first turn."""
    state, last = game.new(), 0
    for i, action in enumerate(played):
        state = game.after(state, action)
        if game.is_over(state):
            state, last = game.new(), i + 1
    return last


@each_game
def test_the_same_seed_plays_the_same_games(game: Game) -> None:
    def history(seed: int) -> list[bytes]:
        env, rng, seen = CartridgeEnv(game), np.random.default_rng(1), []
        for i in range(5):
            _, info = env.reset(seed=seed if i == 0 else None)
            over = False
            while not over:
                seen.append(env.state.tobytes() + bytes([info["player"]]))
                _, _, over, _, info = env.step(masked(info["action_mask"], rng))
        return seen

    assert history(3) == history(3)
    assert len({tuple(history(seed)) for seed in range(4)}) > 1


@each_game
def test_garbage_is_refused_and_changes_nothing(game: Game) -> None:
    env, rng = CartridgeEnv(game), np.random.default_rng(2)
    _, info = env.reset(seed=4)
    over = False
    while not over:
        before, generator = env.state, env.np_random.bit_generator.state
        illegal = np.flatnonzero(info["action_mask"] == 0).tolist()
        for action in [*GARBAGE, *illegal, game.actions]:
            with pytest.raises(IllegalAction, match=re.escape(game.text(before))):
                env.step(action)
        assert np.array_equal(env.state, before)
        assert env.np_random.bit_generator.state == generator
        _, _, over, _, info = env.step(np.int64(masked(info["action_mask"], rng)))
    for action in [0, *GARBAGE]:
        with pytest.raises(FinishedGame, match=r"is over, call reset\(\)"):
            env.step(action)
    env.reset()
    assert env.action_masks().any()


def test_the_agent_may_move_again_and_the_opponent_too() -> None:
    env = CartridgeEnv(HEAP, lambda state, game, rng: 1 if state[0] < 4 else 2, agent="first")
    env.reset()
    env.step(2)  # taking two keeps the turn
    assert env.state[0] == 5 and env.player == 0
    _, reward, over, _, info = env.step(1)  # the opponent takes two, then one
    assert env.state[0] == 1 and not over
    _, reward, over, _, info = env.step(1)
    assert (reward, over, info["result"]) == (1.0, True, 1)
    second = CartridgeEnv(HEAP, lambda state, game, rng: 2 if state[0] > 3 else 1, agent="second")
    second.reset()
    assert second.state[0] == 2  # 7 - 2 - 2 - 1, before the agent has moved
    _, reward, *_ = second.step(1)
    assert reward == -1.0


def test_an_opponent_who_leaves_no_turn_is_named() -> None:
    env = CartridgeEnv(HEAP, lambda state, game, rng: min(2, int(state[0])), agent="second")
    with pytest.raises(CartridgeError, match="before player 1 had a turn"):
        env.reset()


def test_the_opponents_illegal_action_is_its_own() -> None:
    env = CartridgeEnv(HEAP, lambda state, game, rng: 3, agent="first")
    env.reset()
    with pytest.raises(IllegalAction, match="opponent's fault: action 3 is illegal"):
        env.step(1)
    assert env.state[0] == 7  # as if nothing had been tried


def test_a_forfeit_ends_the_game_once() -> None:
    env = CartridgeEnv(HEAP, illegal="lose")
    env.reset(seed=0)
    observation, reward, over, truncated, info = env.step(3)
    assert (reward, over, truncated, info["illegal_action"]) == (-1.0, True, False, True)
    assert not observation.any() and not info["action_mask"].any()
    with pytest.raises(FinishedGame):
        env.step(1)
    env.reset()
    assert env.action_masks().any()
    env = CartridgeEnv(HEAP, lambda state, game, rng: 1, agent="first", illegal="lose")
    env.reset()
    for action in (2, 2, 2):  # the turn stays
        env.step(action)
    _, reward, over, _, _ = env.step(1)  # the last stone
    assert (reward, over) == (1.0, True)
    with pytest.raises(FinishedGame):  # what is won is not lost by an illegal action
        env.step(3)


def test_wrong_words_are_named() -> None:
    for given, word in [({"agent": "third"}, "third"), ({"illegal": "skip"}, "skip")]:
        with pytest.raises(ConfigError, match=word):
            CartridgeEnv(HEAP, **given)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="human"):
        CartridgeEnv(HEAP, render_mode="human")
    with pytest.raises(ConfigError, match="chess"):
        CartridgeEnv("chess")
    with pytest.raises(gymnasium.error.ResetNeeded):
        CartridgeEnv(HEAP).step(0)


def test_the_picture_has_a_line_for_every_row() -> None:
    game = find("connect4")
    env = CartridgeEnv(game, lambda state, game, rng: 0, agent="first", render_mode="ansi")
    env.reset()
    env.step(3)
    assert env.render() == ". . . . . . .\n" * 5 + "2 . . 1 . . .\nplayer 0 to move"
    assert CartridgeEnv(game).render() is None


def test_registration_happens_when_asked_for() -> None:
    script = (
        "import gymnasium; before = set(gymnasium.registry)\n"
        "import engine.envs; assert set(gymnasium.registry) == before\n"
        "ids = engine.envs.register_all(); assert engine.envs.register_all() == ids\n"
        "assert set(gymnasium.registry) - before == set(ids); print(*ids)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", script],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == [environment_id(game) for game in all_games().values()]


@pytest.mark.parametrize(
    ("missing", "module"), [("gymnasium", "engine.envs"), ("pettingzoo", "engine.envs.multi")]
)
def test_a_missing_library_names_the_extra(missing: str, module: str) -> None:
    script = (
        "import sys, importlib.abc\n"
        "class Absent(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        f"        if name == {missing!r}:\n"
        "            raise ModuleNotFoundError('gone', name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        f"try: import {module}\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert "cartridge2[envs]" in done.stdout


def test_a_callable_from_anywhere_is_an_opponent() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        register_all()
        env = gymnasium.make(
            environment_id(find("tictactoe")),
            opponent=lambda state, game, rng: game.legal(state)[-1],
            agent="first",
        )
        env.reset()
        _, _, over, _, info = env.step(0)
    assert not over and info["action_mask"].tolist() == [0] + [1] * 7 + [0]
