"""The vector environment: many games are many single ones, and faster."""

from __future__ import annotations

import re

import gymnasium
import numpy as np
import pytest

from engine.envs import CartridgeEnv, VectorGames, environment_id, register_all
from engine.envs.vector import draw
from engine.errors import ConfigError, IllegalAction
from engine.game import Game, State, value_for
from engine.games import all_games
from tests.engine.envs.arrangements import GAMES, GARBAGE, mask_of, masked
from tests.toys import HEAP

each_game = pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
each_seat = pytest.mark.parametrize("agent", ["first", "second", "random"])


def pick(masks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A legal action of every row of `masks`, each as likely as the other."""
    return np.where(masks, rng.random(masks.shape), -1.0).argmax(axis=1)


class Twin:
    """What game g of a vector should do: two single environments on a copy of its stream."""

    def __init__(self, game: Game, stream: np.ndarray, agent: str) -> None:
        self.stream, self.agent = stream, agent
        seats = [agent] if agent != "random" else ["first", "second"]
        self.tables = [
            CartridgeEnv(game, self.opponent, seat)  # type: ignore[arg-type]
            for seat in seats
        ]
        self.env = self.tables[0]

    def opponent(self, state: State, game: Game, rng: np.random.Generator) -> int:
        actions = game.legal(state)
        return actions[draw(self.stream, 0, len(actions))]

    def reset(self) -> np.ndarray:
        self.env = self.tables[draw(self.stream, 0, 2) if self.agent == "random" else 0]
        return self.env.reset()[0]


@each_game
@each_seat
def test_many_games_are_many_single_ones(game: Game, agent: str) -> None:
    count, rng = 6, np.random.default_rng(8)
    vector = VectorGames(game, count, agent)  # type: ignore[arg-type]
    vector.reset(seed=21)
    streams = np.random.default_rng(np.random.PCG64(np.random.SeedSequence(21)))
    first = streams.integers(np.iinfo(np.uint64).max, size=count, dtype=np.uint64, endpoint=True)
    twins = [Twin(game, first[g : g + 1].copy(), agent) for g in range(count)]
    observations, info = vector.reset(seed=21)
    wanted = [twin.reset() for twin in twins]
    for _ in range(150):
        assert np.array_equal(observations, wanted)
        assert np.array_equal(vector.states, [twin.env.state for twin in twins])
        assert np.array_equal(vector.streams, [twin.stream[0] for twin in twins])
        assert np.array_equal(info["player"], [twin.env.player for twin in twins])
        assert np.array_equal(info["action_mask"], [twin.env.action_masks() for twin in twins])
        actions = pick(info["action_mask"], rng)
        observations, rewards, ended, truncated, info = vector.step(actions)
        steps = [twin.env.step(action) for twin, action in zip(twins, actions, strict=True)]
        assert np.array_equal(rewards, [step[1] for step in steps])
        assert np.array_equal(ended, [step[2] for step in steps]) and not truncated.any()
        wanted = [step[0] for step in steps]
        for g in np.flatnonzero(ended):
            assert np.array_equal(info["final_obs"][g], steps[g][0])
            assert info["final_info"]["result"][g] == steps[g][4]["result"]
            assert info["final_info"]["player"][g] == steps[g][4]["player"]
            wanted[g] = twins[g].reset()
        assert ("_final_info" in info) == ended.any()


@each_game
def test_a_hundred_thousand_masked_steps_are_legal(game: Game) -> None:
    vector, rng = VectorGames(game, 1000), np.random.default_rng(3)
    observations, info = vector.reset(seed=11)
    outcomes = {0: np.zeros(3, int), 1: np.zeros(3, int)}
    for step in range(100):
        states, masks = vector.states, info["action_mask"]
        assert masks.any(axis=1).all()
        for g in range(step % 20, 1000, 20):  # thousands of them, against the rules themselves
            assert np.array_equal(masks[g], mask_of(game, states[g]))
            assert np.array_equal(observations[g], game.observe(states[g]))
            assert game.mover(states[g]) == info["player"][g]
        observations, rewards, ended, _, info = vector.step(pick(masks, rng))
        assert not rewards[~ended].any()
        for g in np.flatnonzero(ended):
            final = {name: int(array[g]) for name, array in info["final_info"].items()}
            assert rewards[g] == value_for(final["result"], final["player"])
            outcomes[final["player"]][int(rewards[g]) + 1] += 1
    assert vector.illegal_actions == 0
    assert observations in vector.observation_space
    for losses, _, wins in outcomes.values():
        assert losses > 0 and wins > 0


@each_game
def test_a_game_does_not_depend_on_the_others(game: Game) -> None:
    def history(count: int, seed: int) -> list[bytes]:
        vector, seen = VectorGames(game, count), []
        _, info = vector.reset(seed=seed)
        for _ in range(40):
            actions = np.array([np.flatnonzero(mask)[-1] for mask in info["action_mask"]])
            _, rewards, _, _, info = vector.step(actions)
            seen.append(vector.states[:3].tobytes() + rewards[:3].tobytes())
        return seen

    assert history(3, seed=5) == history(9, seed=5) == history(9, seed=5)
    assert history(3, seed=5) != history(3, seed=6)


@each_game
def test_garbage_is_refused_before_any_game_moves(game: Game) -> None:
    vector, rng = VectorGames(game, 5), np.random.default_rng(4)
    with pytest.raises(gymnasium.error.ResetNeeded):
        vector.step(np.zeros(5, int))
    _, info = vector.reset(seed=2)
    for _ in range(30):
        states, streams = vector.states, vector.streams
        good = pick(info["action_mask"], rng)
        for bad in [-1, game.actions, *np.flatnonzero(~info["action_mask"][3])]:
            actions = good.copy()
            actions[3] = bad
            before = vector.illegal_actions
            with pytest.raises(IllegalAction, match=re.escape(game.text(states[3]))) as caught:
                vector.step(actions)
            assert f"action {bad} is illegal in game 3 of 5" in str(caught.value)
            assert vector.illegal_actions == before + 1
        for actions in [*GARBAGE, good[:4], good.astype(float), [[a] for a in good]]:
            with pytest.raises(IllegalAction, match="wanted are 5 integer actions"):
                vector.step(actions)
        assert np.array_equal(vector.states, states) and np.array_equal(vector.streams, streams)
        _, _, _, _, info = vector.step(good)


def test_what_is_returned_is_the_callers() -> None:
    vector = VectorGames(HEAP, 4)
    observations, info = vector.reset(seed=1)
    kept = observations.copy(), info["action_mask"].copy()
    vector.step(pick(info["action_mask"], np.random.default_rng(0)))
    assert np.array_equal(observations, kept[0]) and np.array_equal(info["action_mask"], kept[1])
    info["action_mask"][:] = True  # a caller's mistake does not make action 3 legal
    with pytest.raises(IllegalAction):
        vector.step(np.full(4, 3))


def test_make_vec_finds_it() -> None:
    register_all()
    for game in all_games().values():
        envs = gymnasium.make_vec(environment_id(game), num_envs=3, agent="second")
        assert isinstance(envs, VectorGames)
        observations, info = envs.reset(seed=0)
        assert observations in envs.observation_space
        assert envs.metadata["autoreset_mode"] is gymnasium.vector.AutoresetMode.SAME_STEP
        actions = np.array([masked(mask, np.random.default_rng(0)) for mask in info["action_mask"]])
        assert actions in envs.action_space
        assert envs.step(actions)[0] in envs.observation_space
        envs.close()


def test_the_picture_of_every_game() -> None:
    vector = VectorGames(HEAP, 2, "first", render_mode="ansi")
    vector.reset()
    assert vector.render() == ("1 1 1 1 1 1 1 .\nplayer 0 to move",) * 2
    assert VectorGames(HEAP, 2).render() is None
    with pytest.raises(ConfigError):
        VectorGames(HEAP, 2, render_mode="human")
    with pytest.raises(ConfigError, match="at least 1"):
        VectorGames(HEAP, 0)


def test_draws_are_even_and_within() -> None:
    streams = np.arange(2, dtype=np.uint64)
    drawn = [draw(streams, 1, 7) for _ in range(7000)]
    assert streams[0] == 0
    counts = np.bincount(drawn, minlength=7)
    assert len(counts) == 7 and (abs(counts - 1000) < 150).all()
