"""Players by name: what a spec says, and that its player does that."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actor.players import AlphaBetaPlayer, Player, RandomPlayer, SearchPlayer, SolverPlayer
from actor.specs import MOST_PLIES, Spec, parse, pinned, player, recipe
from engine.config import SearchSettings
from engine.errors import ConfigError, ModelError, StorageError
from engine.evaluator.uniform import UniformEvaluator
from engine.games import find
from engine.search.live import Live
from storage.layout import RunPaths, create
from storage.models.filesystem import FilesystemModels
from tests import laws
from tests.models import linear_model

CONNECT4 = find("connect4")
KALAHA = find("kalaha")


@pytest.fixture
def models(tmp_path: Path) -> FilesystemModels:
    paths = RunPaths(tmp_path / "run")
    create(paths)
    return FilesystemModels(paths)


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_specs_name_players(models: FilesystemModels) -> None:
    models.publish(linear_model(CONNECT4, step=4000), 4000)
    models.promote(linear_model(CONNECT4, step=3000, seed=1))
    settings = SearchSettings()

    def made(spec: str) -> Player:
        return player(spec, CONNECT4, models, settings)

    assert isinstance(made("random"), RandomPlayer)
    assert isinstance(made("solver"), SolverPlayer)
    for spec in ("latest@30", "model:latest@30", "model:step_004000@30"):
        found = made(spec)
        assert isinstance(found, SearchPlayer) and found.simulations == 30
        assert found.evaluator.card.step == 4000  # type: ignore[attr-defined]
    assert made("best@30").evaluator.card.step == 3000  # type: ignore[attr-defined]
    assert made("mcts:50/t0.5").temperature == 0.5  # type: ignore[attr-defined]
    for spec, depth in (("greedy", 1), ("alphabeta:4", 4)):
        searcher = made(spec)
        assert isinstance(searcher, AlphaBetaPlayer) and searcher.depth == depth
    wrong = ["", "latest", "mcts:", "mcts:0", "alphago@3", "latest@x", "random@3", "greedy/t1"]
    wrong += ["mcts:8/int8", "greedy/int8", "latest@3/int4", "latest@3/t1/int8"]
    for spec in [*wrong, "random/t0.5", "alphabeta:2/t1", "alphabeta", "alphabeta:0", "solver:3"]:
        with pytest.raises(
            ConfigError, match=r"is no player|at least 1 sim|1 to 60 plies|no network"
        ):
            made(spec)
    with pytest.raises(StorageError, match="steps are: 4000"):
        made("step_000001@3")


def test_the_zoo_is_named_by_what_it_holds(models: FilesystemModels) -> None:
    """The zoo's model may be replaced: on a ladder its name says which one it was."""
    data, other = linear_model(CONNECT4, step=40), linear_model(CONNECT4, step=50)
    spec = parse("zoo@20/t0.5")
    assert str(spec) == "zoo@20/t0.5"
    found = recipe(spec, models, lambda: data).player(CONNECT4, SearchSettings())
    assert isinstance(found, SearchPlayer) and found.temperature == 0.5
    assert found.evaluator.card.step == 40  # type: ignore[attr-defined]
    fixed = pinned(spec, models, lambda: data)
    assert str(fixed) == f"zoo-{hashlib.sha256(data).hexdigest()[:8]}@20/t0.5"
    assert parse(str(fixed)) == fixed == pinned(fixed, models, lambda: data)
    assert recipe(fixed, models, lambda: data).model == data
    with pytest.raises(ModelError, match=rf"no {fixed.model} any more, .* is zoo-[0-9a-f]+ now"):
        recipe(fixed, models, lambda: other)
    with pytest.raises(ModelError, match="there is no zoo here"):
        recipe(spec, models)


def test_a_model_that_does_not_exist_yet(models: FilesystemModels) -> None:
    with pytest.raises(ModelError, match="no latest model yet"):
        player("latest@3", CONNECT4, models, SearchSettings())


def test_policy_alone_is_the_networks_opinion(models: FilesystemModels) -> None:
    models.publish(linear_model(CONNECT4, seed=3, scale=2.0), 1)
    raw = player("latest@0", CONNECT4, models, SearchSettings(symmetry="as_is"))
    assert isinstance(raw, SearchPlayer)
    some = [s for s in laws.random_states(CONNECT4, 1, 5) if not CONNECT4.is_over(s)]
    states = np.stack(some)
    chosen = raw.choose(states, _rng())
    logits, _ = raw.evaluator.evaluate(np.stack([CONNECT4.observe(s) for s in states]))
    for state, action, row in zip(states, chosen, logits, strict=True):
        legal = CONNECT4.legal(state)
        assert action == legal[int(np.argmax(row[legal]))]


def test_temperature_spreads_the_moves() -> None:
    states = np.stack([CONNECT4.new()] * 300)
    sharp = SearchPlayer(CONNECT4, UniformEvaluator(CONNECT4), 30, SearchSettings())
    spread = SearchPlayer(CONNECT4, UniformEvaluator(CONNECT4), 30, SearchSettings(), 1.0)
    assert len(set(sharp.choose(states, _rng()))) == 1
    counts = np.bincount(spread.choose(states, _rng()), minlength=7)
    assert (counts > 20).all()


KINDS = st.one_of(
    st.sampled_from([Spec("random"), Spec("greedy"), Spec("solver")]),
    st.integers(1, MOST_PLIES).map(lambda plies: Spec("alphabeta", plies)),
    st.builds(
        Spec,
        st.just("mcts"),
        st.integers(1, 10**9),
        temperature=st.floats(0, 1e6, allow_subnormal=False),
    ),
    st.builds(
        Spec,
        st.just("model"),
        st.integers(0, 10**9),
        st.sampled_from(["latest", "best", "step_000000", "step_123456", "step_1234567"]),
        st.floats(0, 100, allow_subnormal=False),
        bits=st.sampled_from(["", "int8", "bf16"]),
    ),
)


@given(KINDS)
def test_what_is_spelled_is_read_again(spec: Spec) -> None:
    assert parse(str(spec)) == spec


@given(st.text(max_size=20))
def test_any_text_is_a_player_or_refused(text: str) -> None:
    try:
        spec = parse(text)
    except ConfigError as error:
        assert repr(text) in str(error)
    else:
        assert parse(str(spec)) == spec


def test_one_spelling_for_one_player() -> None:
    for text, spelled in {
        "model:latest@200": "latest@200",
        " step_4400@0 ": "step_004400@0",
        "mcts:0800/t.50": "mcts:800/t0.5",
        "best@5/t0": "best@5",
        "model:latest@20/live/int8/t1.0": "latest@20/live/int8/t1",
    }.items():
        assert str(parse(text)) == spelled


def test_latest_is_pinned_to_its_step(models: FilesystemModels) -> None:
    models.publish(linear_model(CONNECT4, step=400), 400)
    models.promote(linear_model(CONNECT4, step=200))
    before = pinned(parse("latest@20/t0.5"), models)
    models.publish(linear_model(CONNECT4, step=600), 600)
    assert str(before) == "step_000400@20/t0.5"
    assert str(pinned(parse("latest@20"), models)) == "step_000600@20"
    assert str(pinned(parse("best@0"), models)) == "step_000200@0"
    assert pinned(parse("mcts:20"), models) == parse("mcts:20")


def test_recipes_travel_to_other_processes(models: FilesystemModels) -> None:
    """The model goes along, so that everybody plays with the one that was latest at first."""
    models.publish(linear_model(CONNECT4, step=400), 400)
    cooked = pickle.dumps(recipe(parse("latest@8"), models))
    models.publish(linear_model(CONNECT4, step=600), 600)
    found = pickle.loads(cooked).player(CONNECT4, SearchSettings())
    assert found.evaluator.card.step == 400


def test_equal_moves_are_drawn_at_random(models: FilesystemModels) -> None:
    """At first only pit 3 banks; two moves of the same worth are both played."""
    greedy = player("greedy", KALAHA, models, SearchSettings())
    states = np.stack([KALAHA.new()] * 100)
    assert len(set(greedy.choose(states, _rng()))) > 1
    again = [greedy.choose(states, np.random.default_rng(seed)).tolist() for seed in (1, 1, 2)]
    assert again[0] == again[1] != again[2]


def test_alphabeta_takes_what_it_can_see(models: FilesystemModels) -> None:
    won = CONNECT4.replay([0, 6, 1, 6, 2, 5])
    for spec in ("greedy", "alphabeta:2", "alphabeta:5"):
        chosen = player(spec, CONNECT4, models, SearchSettings()).choose(won[None], _rng())
        assert chosen.tolist() == [3]
    threatened = CONNECT4.replay([0, 6, 1, 6, 2])
    blocked = player("alphabeta:2", CONNECT4, models, SearchSettings())
    assert blocked.choose(threatened[None], _rng()).tolist() == [3]


def test_a_live_player_thinks_as_in_the_browser(models: FilesystemModels) -> None:
    """One tree a game: the same moves as that tree gives, in each of two games side by side."""
    states = np.stack([CONNECT4.replay(moves) for moves in ([3, 3], [0])])
    playing = player("mcts:60/live", CONNECT4, models, SearchSettings())
    minds = [Live(CONNECT4, UniformEvaluator(CONNECT4), 60) for _ in states]
    for _ in range(4):
        chosen = playing.choose(states, _rng())
        expected = [mind.think(s, 60).best[0] for mind, s in zip(minds, states, strict=True)]
        assert chosen.tolist() == expected
        for state, action in zip(states, chosen, strict=True):
            CONNECT4.rules.play(state, int(action))
            CONNECT4.rules.play(state, CONNECT4.legal(state)[0])


def test_a_player_against_the_clock(models: FilesystemModels) -> None:
    """Three in a row wins at once, so a short time must do; it is not 20,000 long."""
    state = CONNECT4.replay([3, 0, 3, 0, 3, 0])
    quick = player("mcts:50ms", CONNECT4, models, SearchSettings())
    assert quick.choose(state[None], _rng()) == [3]
    with pytest.raises(ConfigError, match="1 simulation or 1 ms"):
        player("mcts:0ms", CONNECT4, models, SearchSettings())
