"""Self-play: what is recorded is what was searched and played."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from actor.moves import Schedule
from actor.selfplay import Counters, SelfPlay, schedule_of
from engine.config import Settings
from engine.errors import EvaluationError
from engine.evaluator import Evaluator
from engine.evaluator.uniform import UniformEvaluator
from engine.game import ONGOING, Game
from engine.games import all_games, find
from engine.search import waves
from engine.search.cache import READY
from engine.search.tree import FAST
from engine.sources import load
from storage.replay.record import GameRecord
from tests.engine.search.common import judge_of
from tests.engine.search.naive import NaiveSearch
from tests.toys import HEAP, Alike, Asked, HashEvaluator

GAMES = [*all_games().values(), HEAP]
CONNECT4 = find("connect4")
TICTACTOE = find("tictactoe")

Pairs = dict[str, Any]


def _settings(game: Game, search: Pairs | None = None, **selfplay: object) -> Settings:
    known = game.name if game.name in all_games() else "tictactoe"
    return load(
        {
            "run": {"game": known},
            "search": {"simulations": 20, "cache_megabytes": 1.0, **(search or {})},
            "selfplay": {"games": 16, "full_share": 1.0, "first_simulations": 0, **selfplay},
        }
    )


def _play(
    game: Game,
    settings: Settings,
    games: int = 40,
    worker: int = 0,
    counters: list[Counters] | None = None,
    evaluator: Evaluator | None = None,
) -> list[GameRecord]:
    """So many games, all played to their end."""
    selfplay = SelfPlay(game, settings, worker, _budget(games))
    evaluator = evaluator or HashEvaluator(game)
    records: list[GameRecord] = []
    while not selfplay.is_done:
        records += selfplay.step(evaluator, model_step=3)
    found = len(records)
    assert found == games
    if counters is not None:
        counters.append(selfplay.counters)
    return records


class _Sharp(HashEvaluator):
    """Opinions with priors far below and far above one hundredth."""

    def judge(
        self, observation: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        logits, wdl = super().judge(observation)
        return logits * 4, wdl


def _budget(games: int) -> Callable[[], bool]:
    left = [games]

    def may_begin() -> bool:
        left[0] -= 1
        return left[0] >= 0

    return may_begin


def _same(one: list[GameRecord], other: list[GameRecord]) -> bool:
    return len(one) == len(other) and all(
        a.result == b.result
        and all(
            np.array_equal(getattr(a, name), getattr(b, name))
            for name in (
                "moves",
                "plies",
                "states",
                "movers",
                "policies",
                "root_values",
                "exact",
                "surprises",
            )
        )
        for a, b in zip(one, other, strict=True)
    )


# -- the record of a game


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
@pytest.mark.parametrize("skip", [True, False])
def test_records_replay_exactly(game: Game, skip: bool) -> None:
    """And a forced move, such as a pass, is no sample unless it is asked for."""
    forced = 0
    for record in _play(game, _settings(game, skip_forced=skip), games=24):
        state, expected = game.new(), []
        by_ply = {int(ply): i for i, ply in enumerate(record.plies)}
        opening = min(by_ply, default=len(record.moves))
        for ply, action in enumerate(record.moves):
            legal = game.legal(state)
            forced += len(legal) == 1
            if not skip or len(legal) > 1:
                expected.append(ply)
            if ply in by_ply:
                i = by_ply[ply]
                policy = record.policies[i]
                assert np.array_equal(record.states[i], state)
                assert record.movers[i] == game.mover(state)
                assert set(np.flatnonzero(policy)) <= set(legal)
                assert policy.sum() == pytest.approx(1, abs=1e-5) and (policy >= 0).all()
                assert policy[action] > 0
                assert -1 <= record.root_values[i] <= 1
            state = game.after(state, int(action))
        assert game.result(state) == record.result != ONGOING
        # Every ply with a choice is a sample but those of a random opening, which come first.
        assert record.plies.tolist() == [ply for ply in expected if ply >= opening]
        assert record.policies.dtype == np.float32 and record.model_step == 3
    assert forced > 0 or game.name in ("hex7", "connect4")


@pytest.mark.parametrize("game", [CONNECT4, find("kalaha4"), HEAP], ids=lambda game: game.name)
@pytest.mark.parametrize(
    "search",
    [
        {},
        {"root": "gumbel"},
        {"forced_playouts": 2.0, "root_temperature": 1.3, "prove": False},
        {"symmetry": "as_is", "dirichlet_shape": 0.5, "cache_megabytes": 0},
    ],
    ids=["default", "gumbel", "forced", "as it is"],
)
def test_a_game_is_what_the_naive_search_says(game: Game, search: Pairs) -> None:
    """The whole way from the position to the record, with the noise that each search drew."""
    settings = _settings(game, search, games=1, opening_share=0.0)
    selfplay, noises = SelfPlay(game, settings, 5, _budget(4)), {}
    evaluator, records = HashEvaluator(game), []
    while not selfplay.is_done:
        records += selfplay.step(evaluator)
        slot, played = selfplay._waves.tree.slots[0], selfplay._scores.games[0]
        if slot["done"] < 0 or played["finished"]:
            continue
        count = len(selfplay._waves.tree.children(0))
        noises[len(records), int(played["plies"])] = selfplay.noise()[0, :count].tolist()
    twin, compared = NaiveSearch(game, evaluator, settings.search), 0
    judge = judge_of(game, evaluator, settings.search)
    for number, record in enumerate(records):
        for i, ply in enumerate(record.plies):
            noise = noises.get((number, int(ply)))
            if noise is None:  # a search that began and ended between two answers of the network
                continue
            root = twin.run(record.states[i], 20, noise)
            policy = twin.target(root)
            assert {a: pytest.approx(w, abs=1e-5) for a, w in policy.items()} == {
                a: float(record.policies[i, a]) for a in policy
            }
            mean = root.liked(root.total) / root.visits
            assert record.root_values[i] == pytest.approx(mean, abs=1e-5)
            assert bool(record.exact[i]) == (settings.search.prove and root.is_exact)
            priors = dict(
                zip(game.legal(record.states[i]), judge(record.states[i])[0], strict=True)
            )
            surprise = sum(w * math.log(w / priors[a]) for a, w in policy.items() if w > 0)
            assert record.surprises[i] == pytest.approx(max(0, surprise), abs=1e-4)
            if settings.search.root == "gumbel":
                assert record.moves[ply] == twin.best(root)  # the winner of the halving
            compared += 1
    assert compared >= (2 if game is HEAP else 20)


def test_the_stored_target_does_not_depend_on_the_temperature() -> None:
    common: Pairs = {"opening_share": 0.0, "temperature_plies": 99}
    cold = _play(CONNECT4, _settings(CONNECT4, temperature=0.01, **common))
    hot = _play(CONNECT4, _settings(CONNECT4, temperature=50.0, **common))
    firsts = [
        {r.policies[0].tobytes() for r in records if r.plies[0] == 0} for records in (cold, hot)
    ]
    assert firsts[0] & firsts[1]  # same seed, same first searches
    for record in cold + hot:
        assert set(np.round(record.policies * 20, 3).ravel() % 1) == {0.0} or record.result
    assert all(r.policies[i][r.moves[i]] == r.policies[i].max() for r in cold for i in range(4))
    assert any(r.policies[i][r.moves[i]] < r.policies[i].max() for r in hot for i in range(4))


def test_targets_are_visits_where_nothing_is_proven() -> None:
    for record in _play(CONNECT4, _settings(CONNECT4, {"prove": False})):
        visits = record.policies * 20
        assert np.allclose(visits, np.round(visits), atol=1e-4)


def test_one_worker_is_reproducible_and_two_differ() -> None:
    for search in ({}, {"symmetry": "random", "reuse_tree": True}, {"root": "gumbel"}):
        settings = _settings(CONNECT4, search)
        plays = [_play(CONNECT4, settings, worker=worker) for worker in (0, 0, 1)]
        same = [_same(plays[0], other) for other in plays]
        assert same == [True, True, False]
    seeded = load({"run": {"game": "connect4", "seed": 9}, "selfplay": {"games": 16}})
    other = load({"run": {"game": "connect4", "seed": 8}, "selfplay": {"games": 16}})
    alike = _same(_play(CONNECT4, seeded, 16), _play(CONNECT4, other, 16))
    assert not alike


def test_random_openings_are_played_and_not_learned_from() -> None:
    settings = _settings(CONNECT4, opening_share=1.0, opening_plies=5)
    lengths = {int(record.plies[0]) for record in _play(CONNECT4, settings, games=80)}
    assert lengths == {1, 2, 3, 4, 5}
    never = _play(CONNECT4, _settings(CONNECT4, opening_share=0.0))
    assert {int(record.plies[0]) for record in never} == {0}
    half = _play(CONNECT4, _settings(CONNECT4, opening_share=0.5, opening_plies=5), games=160)
    assert 50 < sum(record.plies[0] > 0 for record in half) < 110
    # An opening that ends the game is thrown away: there is nothing to learn in it.
    short = _play(TICTACTOE, _settings(TICTACTOE, opening_share=1.0, opening_plies=9), games=60)
    assert all(len(record.moves) > 0 for record in short)


def test_a_game_carries_the_model_it_began_with() -> None:
    selfplay = SelfPlay(TICTACTOE, _settings(TICTACTOE))
    evaluator = UniformEvaluator(TICTACTOE)
    early = [r for step in range(60) for r in selfplay.step(evaluator, 100 if step else 7)]
    assert {r.model_step for r in early} == {7, 100}
    assert early[0].model_step == 7


# -- an evaluator that says the same of every position


@pytest.mark.parametrize(
    ("search", "selfplay"),
    [
        ({}, {"full_share": 0.5}),
        ({"reuse_tree": True, "symmetry": "random"}, {"skip_forced": False}),
        ({"root": "gumbel"}, {"opening_share": 0.5, "opening_plies": 4}),
    ],
)
def test_unasked_it_plays_the_same_games(
    monkeypatch: pytest.MonkeyPatch, search: Pairs, selfplay: Pairs
) -> None:
    """Of one slot: several draw from the same numbers, in the order in which they need them."""
    monkeypatch.setattr(waves, "PATIENCE", 33)  # searches pause in their midst
    settings, found = _settings(CONNECT4, search, **{**selfplay, "games": 1}), []
    for judge in (Asked(CONNECT4), Alike(CONNECT4)):
        counters: list[Counters] = []
        found.append(_play(CONNECT4, settings, 6, counters=counters, evaluator=judge))
        found.append([counters[0].simulations, counters[0].searches, counters[0].spared])
    assert _same(found[0], found[2]) and found[1] == found[3]


def test_nobody_is_asked_and_nobody_runs_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many games side by side, all of them at each step, and a step is short."""
    selfplay = SelfPlay(CONNECT4, _settings(CONNECT4, {"simulations": 300}, games=256))
    counters, steps = selfplay.counters, 0
    while counters.games < 256:
        before, steps = counters.simulations, steps + 1
        selfplay.step(Alike(CONNECT4))
        assert counters.simulations - before <= 2 * waves.PATIENCE
        slots = selfplay._waves.tree.slots
        assert not slots["waiting"].any()
    assert steps > 30 and counters.evaluations + counters.ended > counters.simulations
    monkeypatch.setattr(waves, "PATIENCE", 640)
    begun = SelfPlay(CONNECT4, _settings(CONNECT4), may_begin=_budget(16))
    begun.step(Alike(CONNECT4))
    judge = HashEvaluator(CONNECT4)
    while not begun.is_done:  # a model comes in the midst of the games
        begun.step(judge)
    assert judge.rows > 1000 and begun.counters.games == 16


# -- what is asked of the network


def test_games_that_may_begin_are_finished_and_no_others() -> None:
    """No long game is lost: with a budget of 50 all 50 come back, whatever their length."""
    selfplay = SelfPlay(CONNECT4, _settings(CONNECT4), may_begin=_budget(50))
    evaluator = UniformEvaluator(CONNECT4)
    records = []
    while not selfplay.is_done:
        records += selfplay.step(evaluator)
    counters = selfplay.counters
    assert len(records) == 50 == counters.games
    assert counters.positions == sum(len(r.plies) for r in records) == counters.searches
    assert counters.simulations == 20 * counters.searches - counters.spared
    assert counters.stopped > 0 and counters.spared > counters.stopped
    assert selfplay.step(evaluator) == []


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
@pytest.mark.parametrize(
    "search",
    [{}, {"cache_megabytes": 0, "prove": False}, {"share_duplicates": False}, {"root": "gumbel"}],
    ids=["default", "plain", "unshared", "gumbel"],
)
def test_every_leaf_is_counted_once(game: Game, search: Pairs) -> None:
    found: list[Counters] = []
    records = _play(game, _settings(game, search, full_share=0.5), counters=found)
    c = found[0]
    judged = c.evaluations + c.cached + c.shared
    assert c.simulations + c.searches == judged + c.ended
    assert judged - c.searches <= c.leaves <= c.simulations < c.edges  # the roots are no leaves
    assert c.positions == c.searches - c.fast == sum(len(record.plies) for record in records)
    moves = sum(len(record.moves) for record in records)
    assert c.searches + c.forced <= moves  # the rest are the plies of the openings
    assert (c.cached == 0) == (search.get("cache_megabytes") == 0)
    assert (c.proved > 0) == search.get("prove", True)
    assert (c.shared > 0) == ("cache_megabytes" not in search and "share_duplicates" not in search)


@pytest.mark.parametrize("share", [True, False])
def test_batches_stay_full(share: bool) -> None:
    """Each game waits in each wave; it shares its row with an equal leaf at most."""
    search = {"share_duplicates": share}
    selfplay = SelfPlay(CONNECT4, _settings(CONNECT4, search))
    evaluator = HashEvaluator(CONNECT4)
    for _ in range(300):
        selfplay.step(evaluator)
    counters = selfplay.counters
    assert evaluator.rows == counters.evaluations == 300 * 16 - counters.shared
    assert (counters.shared > 0) == share and counters.waves == 300


def test_games_end_though_the_network_is_asked_no_more() -> None:
    """All of tic-tac-toe is in the cache some day: each step still comes back, with games."""
    selfplay = SelfPlay(TICTACTOE, _settings(TICTACTOE, {"simulations": 8}, games=4))
    evaluator, quiet, games = HashEvaluator(TICTACTOE), 0, 0
    for _ in range(5000):
        rows = evaluator.rows
        found = len(selfplay.step(evaluator))
        if evaluator.rows == rows:
            assert 0 < found <= 8
            quiet += 1
        games += found
    assert quiet > 1000 and games == selfplay.counters.games


def test_another_evaluator_empties_the_cache() -> None:
    """Whatever is ready in the cache is an answer of the evaluator that is in service."""

    class Other(HashEvaluator):
        def judge(
            self, observation: NDArray[np.float32]
        ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            logits, wdl = super().judge(observation)
            return logits + 1, wdl[::-1].copy()

    evaluators = [HashEvaluator(CONNECT4), Other(CONNECT4)]
    selfplay = SelfPlay(CONNECT4, _settings(CONNECT4))
    for step in range(40):
        evaluator = evaluators[step // 8 % 2]
        selfplay.step(evaluator)
        cache = selfplay._waves.cache
        ready = np.flatnonzero((cache.epoch == cache.now[0]) & (cache.row == READY))
        assert (len(ready) > 0) == (step % 8 > 0)
        for entry in ready[:50]:
            logits, wdl = evaluator.judge(CONNECT4.observe(cache.keys[entry]))
            assert cache.judged[entry].tolist() == [*logits, *wdl]


# -- an evaluator that fails


class _Failing:
    """Raises, or answers NaN, in the calls in `at`."""

    def __init__(self, game: Game, at: set[int], kind: str) -> None:
        self._inner, self._at, self._kind, self.calls = HashEvaluator(game), at, kind, 0

    def evaluate(
        self, observations: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        logits, wdl = self._inner.evaluate(observations)
        self.calls += 1
        if self.calls - 1 in self._at:
            if self._kind == "raise":
                raise RuntimeError("the network is gone")
            wdl[-1, 0] = np.nan
        return logits, wdl


@pytest.mark.parametrize("kind", ["raise", "nan"])
def test_games_go_on_after_a_failure_as_if_it_had_not_been(kind: str) -> None:
    settings = _settings(TICTACTOE, {"cache_megabytes": 0, "prove": False})
    evaluator = _Failing(TICTACTOE, {0, 3, 50, 101}, kind)
    selfplay = SelfPlay(TICTACTOE, settings, 0, _budget(40))
    records: list[GameRecord] = []
    failures = 0
    while not selfplay.is_done:
        try:
            records += selfplay.step(evaluator, 3)
        except (RuntimeError, EvaluationError) as error:
            failures += 1
            if kind == "nan":
                assert "NaN or infinity" in str(error) and " mover " in str(error)
    assert failures == 4
    same = _same(records, _play(TICTACTOE, settings))
    assert same


def test_games_that_ended_in_the_step_of_a_failure_are_not_lost() -> None:
    settings = _settings(TICTACTOE, {"cache_megabytes": 0})
    evaluator = _Failing(TICTACTOE, set(range(1, 400, 2)), "raise")
    selfplay = SelfPlay(TICTACTOE, settings, 0, _budget(40))
    records: list[GameRecord] = []
    while not selfplay.is_done:
        try:
            records += selfplay.step(evaluator, 3)
        except RuntimeError:
            continue
    found = len(records)
    assert found == 40 == selfplay.counters.games


# -- kinds of searches


def test_fast_searches_make_no_samples_and_use_no_noise() -> None:
    """Playout caps: about a share of the searches is full, and only those are learnt from."""
    settings = _settings(CONNECT4, {"prove": False}, full_share=0.25, fast_simulations=6)
    found: list[Counters] = []
    records = _play(CONNECT4, settings, games=60, counters=found)
    c = found[0]
    assert c.positions == c.searches - c.fast == sum(len(record.plies) for record in records)
    assert c.positions / c.searches == pytest.approx(0.25, abs=0.05)
    assert c.simulations == 20 * c.positions + 6 * c.fast
    for record in records:
        assert np.allclose(record.policies * 20 % 1, 0, atol=1e-3) or record.policies.size == 0


@pytest.mark.parametrize("root", ["puct", "gumbel"])
def test_the_roots_of_fast_searches_are_plain(root: str) -> None:
    search = {"root": root, "symmetry": "as_is", "root_temperature": 2.0}
    settings = _settings(CONNECT4, search, full_share=0.5, opening_share=0.0)
    selfplay, evaluator = SelfPlay(CONNECT4, settings), HashEvaluator(CONNECT4)
    kinds = []
    for _ in range(60):
        selfplay.step(evaluator)
        tree = selfplay._waves.tree
        for g in map(int, np.flatnonzero(tree.slots["done"] >= 0)):
            children, fast = tree.children(g), bool(tree.slots[g]["kind"] == FAST)
            logits, _ = evaluator.judge(CONNECT4.observe(tree.states[g, 0]))
            weights = np.exp(logits[children["action"]])
            plain = np.allclose(children["prior"], weights / weights.sum(), atol=1e-5)
            assert plain == (fast or root == "gumbel" or len(children) == 1)
            if root == "gumbel":
                assert fast == (selfplay.noise()[g, : len(children)] == 0).all()
            kinds.append(fast)
    assert 0.2 < np.mean(kinds) < 0.8


def test_the_tree_that_is_kept_saves_simulations() -> None:
    """Every sample still has its full number of visits."""
    found: list[Counters] = []
    for reuse in (False, True):
        settings = _settings(CONNECT4, {"reuse_tree": reuse, "prove": False, "simulations": 40})
        for record in _play(CONNECT4, settings, counters=found):
            visits = record.policies * 40
            assert np.allclose(visits, np.round(visits), atol=1e-4)
    fresh, kept = (c.simulations / c.searches for c in found)
    assert fresh == 40 and kept < 34
    assert found[0].reused == 0
    assert found[1].simulations + found[1].reused == 40 * found[1].searches


def test_noise_frozen_after_a_kept_tree() -> None:
    settings = _settings(CONNECT4, {"reuse_tree": True}, opening_share=0.0, games=4)
    selfplay, evaluator = SelfPlay(CONNECT4, settings), HashEvaluator(CONNECT4)
    seen: dict[tuple[int, ...], list[float]] = {}
    for _ in range(100):
        selfplay.step(evaluator)
        for g in range(4):
            if selfplay._waves.tree.slots[g]["done"] >= 0:
                played = (g, selfplay.counters.games, int(selfplay._scores.games[g]["plies"]))
                seen.setdefault(played, selfplay.noise()[g].tolist())
    noises = [tuple(noise) for noise in seen.values()]
    assert len(noises) > 20
    by_slot = {(g, ply): tuple(noise) for (g, _, ply), noise in seen.items()}
    assert len(set(by_slot.values())) == len(by_slot)


def test_noise_of_each_game_is_its_own() -> None:
    selfplay = SelfPlay(CONNECT4, _settings(CONNECT4, {"cache_megabytes": 0}))
    for _ in range(2):
        selfplay.step(HashEvaluator(CONNECT4))
    noise = selfplay.noise()
    assert np.allclose(noise.sum(axis=1), 1, atol=1e-5) and (noise >= 0).all()
    assert len(np.unique(noise[:, 0])) == len(noise)


def test_schedule_carries_every_setting() -> None:
    given = {
        "temperature": 0.7, "temperature_plies": 3, "final_temperature": 0.2,
        "opening_share": 0.4, "opening_plies": 5, "skip_forced": False, "full_share": 0.6,
        "fast_simulations": 7, "first_simulations": 99, "final_simulations": 73,
    }  # fmt: skip
    settings = load({"search": {"simulations": 33, "reuse_tree": True}, "selfplay": given})
    first = Schedule(
        simulations=33, fast_simulations=7, first_simulations=99, full_share=0.6,
        skip_forced=False, reuse=True, temperature=0.7, temperature_plies=3,
        final_temperature=0.2, opening_share=0.4, opening_plies=5,
    )  # fmt: skip
    assert schedule_of(settings, with_model=False) == first
    later = [schedule_of(settings, progress=progress) for progress in (0.0, 0.5, 1.0)]
    assert [schedule.simulations for schedule in later] == [33, 53, 73]
    assert later[0] == first._replace(first_simulations=0)


def test_searches_without_a_model_have_a_number_of_their_own() -> None:
    """All of them are full, whatever share is fast once there is a model."""
    settings = _settings(
        CONNECT4, {"prove": False}, full_share=0.25, fast_simulations=5, first_simulations=31
    )
    found: list[Counters] = []
    for model_step in (-1, 3):
        selfplay = SelfPlay(CONNECT4, settings, 0, _budget(20))
        while not selfplay.is_done:
            selfplay.step(HashEvaluator(CONNECT4), model_step)
        found.append(selfplay.counters)
    assert found[0].fast == 0 and found[0].simulations == 31 * found[0].searches
    assert found[1].fast > 0
    assert found[1].simulations == 20 * found[1].positions + 5 * found[1].fast


@pytest.mark.parametrize(
    "change",
    [
        {"search": {"c_init": 4.0}},
        {"search": {"c_base": 20.0}},
        {"search": {"fpu_reduction": 1.0}},
        {"search": {"dirichlet_total": 0.1}},
        {"search": {"dirichlet_fraction": 0.9}},
        {"search": {"dirichlet_shape": 1.0}},
        {"search": {"root_temperature": 3.0}},
        {"search": {"root": "gumbel"}},
        {"search": {"forced_playouts": 4.0}},
        {"search": {"prove": False}},
        {"search": {"reuse_tree": True}},
        {"search": {"simulations": 21}},
        {"selfplay": {"temperature": 0.1}},
        {"selfplay": {"temperature_plies": 1}},
        {"selfplay": {"final_temperature": 5.0}},
        {"selfplay": {"opening_share": 0.0}},
        {"selfplay": {"opening_plies": 2}},
        {"selfplay": {"skip_forced": False}},
        {"selfplay": {"full_share": 0.5}},
    ],
    ids=str,
)
def test_settings_that_never_reach_the_worker(change: dict[str, Pairs]) -> None:
    """Each one changes what is played."""
    game = find("kalaha4")
    settings = _settings(game, change.get("search"), **change.get("selfplay", {}))
    changed = _play(game, settings, 24, evaluator=_Sharp(game))
    same = _same(changed, _play(game, _settings(game), 24, evaluator=_Sharp(game)))
    assert not same


@pytest.mark.parametrize("symmetry", ["as_is", "random"])
def test_the_symmetry_reaches_the_worker(symmetry: str) -> None:
    plain = _play(TICTACTOE, _settings(TICTACTOE), 24)
    same = _same(_play(TICTACTOE, _settings(TICTACTOE, {"symmetry": symmetry}), 24), plain)
    assert not same


@pytest.mark.parametrize("change", [{"considered": 2}, {"value_visits": 0}, {"value_scale": 0.1}])
def test_settings_of_gumbel_reach_the_worker(change: Pairs) -> None:
    plain = _settings(CONNECT4, {"root": "gumbel"})
    changed = _settings(CONNECT4, {"root": "gumbel", **change})
    same = _same(_play(CONNECT4, changed, 24), _play(CONNECT4, plain, 24))
    assert not same
