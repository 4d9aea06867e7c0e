"""One live game: the clock, the tree that is kept, and several leaves of one tree at once."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from engine.config import SearchSettings
from engine.errors import EvaluationError, FinishedGame
from engine.evaluator import Evaluator
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.games import find
from engine.search import UNKNOWN, live, search
from engine.search.live import Live, Minds, Progress
from engine.search.tree import Tree
from tests.engine.search.common import (
    CONNECT4,
    PLAIN,
    TICTACTOE,
    audit,
    judge_of,
    late_states,
    some_states,
)
from tests.toys import HEAP, HashEvaluator


class Smooth:
    """Opinions that change little from move to move, as those of a network: random, but linear."""

    def __init__(self, game: Game, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        size = 2 * int(np.prod(game.planes[1:]))  # the discs alone; what follows from them jumps
        self._policy = rng.normal(0, 0.3, (size, game.actions)).astype(np.float32)
        self._value = rng.normal(0, 0.3, size).astype(np.float32)
        self.rows = 0
        self.batches: list[int] = []

    def evaluate(self, observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        flat = observations[:, :2].reshape(len(observations), -1)
        win = (1 + np.tanh(flat @ self._value)) / 2
        self.rows += len(flat)
        self.batches.append(len(flat))
        return flat @ self._policy, np.stack([win, 0 * win, 1 - win], axis=1)


class Failing:
    """Raises, or answers NaN, whenever it is told to."""

    def __init__(self, inner: Evaluator) -> None:
        self.inner = inner
        self.fails: Callable[[], str] = lambda: ""

    def evaluate(self, observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        kind = self.fails()
        if kind == "raise":
            raise RuntimeError("the network is gone")
        logits, wdl = (part.copy() for part in self.inner.evaluate(observations))
        if kind == "nan":
            logits[len(logits) // 2, 0] = np.nan
        return logits, wdl


def _tree(mind: Live) -> Tree:
    return mind._waves.tree


# -- when it ends


def test_simulations_are_the_visits_and_milliseconds_end_earlier() -> None:
    mind = Live(CONNECT4, HashEvaluator(CONNECT4), 400, PLAIN)
    assert mind.think(CONNECT4.new(), 300).visits.sum() == 300
    mind = Live(CONNECT4, HashEvaluator(CONNECT4), 400, PLAIN)
    late = mind.think(CONNECT4.new(), 400, milliseconds=0)
    assert 1 <= late.visits.sum() < 20  # at least one, and the wave that was under way
    assert mind.think(CONNECT4.new(), 400, milliseconds=1e9).visits.sum() == 400


def test_stop_is_honoured_between_two_waves() -> None:
    mind, asked = Live(CONNECT4, HashEvaluator(CONNECT4), 400, PLAIN), []

    def stop() -> bool:
        asked.append(int(_tree(mind).slots[0]["done"]))
        return len(asked) > 20

    found = mind.think(CONNECT4.new(), 400, stop=stop)
    assert len(asked) == 21 and asked[-1] < 400
    assert found.visits.sum() - asked[-1] <= live.LEAVES
    always = Live(CONNECT4, HashEvaluator(CONNECT4), 400, PLAIN)
    assert 1 <= always.think(CONNECT4.new(), 400, stop=lambda: True).visits.sum() <= 2


def test_progress_is_monotone_and_ends_with_all() -> None:
    told: list[Progress] = []
    mind = Live(CONNECT4, HashEvaluator(CONNECT4), 400, PLAIN)
    mind.think(CONNECT4.new(), 300, progress=told.append)
    done = [each.simulations for each in told]
    assert done == sorted(done) and done[0] >= 0 and 250 < done[-1] <= 300
    assert {each.wanted for each in told} == {300}
    seconds = [each.seconds for each in told]
    assert seconds == sorted(seconds) and seconds[0] >= 0


def test_a_single_legal_action_gets_one_simulation() -> None:
    game = find("othello")
    rng = np.random.default_rng(0)
    while True:  # until somebody must pass
        state = game.new()
        while not game.is_over(state) and game.legal(state) != [64]:
            state = game.after(state, int(rng.choice(game.legal(state))))
        if not game.is_over(state):
            break
    evaluator = HashEvaluator(game)
    found = Live(game, evaluator, 400).think(state, 400)
    assert found.visits.sum() == 1 and found.best[0] == 64 and evaluator.rows <= 2


def test_what_cannot_be_searched_is_refused() -> None:
    mind = Live(TICTACTOE, UniformEvaluator(TICTACTOE), 50)
    with pytest.raises(FinishedGame, match=r"nothing to search.*111/22"):
        mind.think(TICTACTOE.replay([0, 3, 1, 4, 2]), 10)
    for wrong in (0, 51):
        with pytest.raises(ValueError, match=f"simulations = {wrong}; this tree takes 1 to 50"):
            mind.think(TICTACTOE.new(), wrong)
    assert mind.think(TICTACTOE.new(), 50).visits.sum() > 0
    assert mind.memory > 50 * 9 * 32


# -- the tree from move to move


@pytest.mark.parametrize("game", [CONNECT4, HEAP], ids=lambda game: game.name)
def test_the_tree_is_found_again(game: Game) -> None:
    """Whole games: what was searched is found, evaluated no more, and counts."""
    kept = 0
    for seed in range(3):
        evaluator = HashEvaluator(game)
        mind = Live(game, evaluator, 150, SearchSettings(cache_megabytes=0, prove=False))
        rng, state = np.random.default_rng(seed), game.new()
        while not game.is_over(state):
            known = mind.holds(state)
            before, size = evaluator.rows, int(_tree(mind).slots[0]["used"])
            found = mind.think(state, 150)
            new = evaluator.rows - before
            wanted = 150 if len(game.legal(state)) > 1 else 1
            assert mind.holds(state) or size == 1
            assert found.visits.sum() >= wanted and (known or found.visits.sum() == wanted)
            if known:
                kept += int(found.visits.sum()) - new + 1
                assert new <= wanted
            weights = found.policy[0] / found.policy[0].sum()
            state = game.after(state, int(rng.choice(game.actions, p=weights)))
    assert kept > 50


def test_asking_again_goes_on_unless_fewer_simulations_are_wanted() -> None:
    evaluator = HashEvaluator(CONNECT4)
    mind = Live(CONNECT4, evaluator, 300, PLAIN)
    mind.think(CONNECT4.new(), 100)
    rows = evaluator.rows
    more = mind.think(CONNECT4.new(), 250)
    assert more.visits.sum() == 250 and evaluator.rows - rows <= 150
    rows = evaluator.rows
    assert np.array_equal(mind.think(CONNECT4.new(), 250).visits, more.visits)
    assert evaluator.rows == rows
    # A kept tree would play more strongly than is asked for.
    assert mind.think(CONNECT4.new(), 20).visits.sum() == 20


def test_positions_that_were_never_searched_are_not_held() -> None:
    mind = Live(CONNECT4, HashEvaluator(CONNECT4), 100)
    assert not mind.holds(CONNECT4.new())
    mind.think(CONNECT4.new(), 100)
    assert mind.holds(CONNECT4.new()) and mind.holds(CONNECT4.replay([3]))
    assert not mind.holds(CONNECT4.replay([0, 1, 2, 3, 4, 5, 6, 0, 1, 2]))
    mind.think(CONNECT4.replay([3]), 50)
    assert mind.holds(CONNECT4.replay([3])) and not mind.holds(CONNECT4.new())
    gumbel = Live(CONNECT4, HashEvaluator(CONNECT4), 100, SearchSettings(root="gumbel"))
    gumbel.think(CONNECT4.new(), 100)
    assert not gumbel.holds(CONNECT4.new())  # sequential halving begins anew


@pytest.mark.parametrize("symmetry", ["as_is", "canonical"])
def test_the_network_is_quoted_for_a_root_that_was_kept(symmetry: str) -> None:
    settings = SearchSettings(symmetry=symmetry)
    mind = Live(CONNECT4, HashEvaluator(CONNECT4), 200, settings)
    best = int(mind.think(CONNECT4.new(), 200).best[0])
    state = CONNECT4.after(CONNECT4.new(), best)
    assert mind.holds(state)
    fresh = Live(CONNECT4, HashEvaluator(CONNECT4), 200, settings).think(state, 1)
    found = mind.think(state, 200)
    assert np.array_equal(found.wdl, fresh.wdl)
    assert np.allclose(found.prior, fresh.prior, atol=1e-6)


# -- several leaves at once


@pytest.mark.parametrize("game", [CONNECT4, TICTACTOE, HEAP], ids=lambda game: game.name)
def test_one_leaf_in_flight_is_the_serial_search(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LEAVES", 1)
    for settings in (PLAIN, SearchSettings(), SearchSettings(root="gumbel")):
        mind = Live(game, HashEvaluator(game), 200, settings)
        for state in some_states(game, 6, seed=6):
            if len(game.legal(state)) == 1:
                continue
            mind = Live(game, HashEvaluator(game), 200, settings)
            found = mind.think(state, 200)
            serial = search(game, state[None], 200, HashEvaluator(game), settings)
            assert np.array_equal(found.visits, serial.visits)
            assert np.array_equal(found.policy, serial.policy)
            assert found.best == serial.best and found.line == serial.line


@pytest.mark.parametrize("game", [CONNECT4, find("othello"), HEAP], ids=lambda game: game.name)
def test_virtual_visits_with_the_wrong_sign(game: Game) -> None:
    """Whatever flies together, in the end every visit and every sum is a real one."""
    settings = SearchSettings()
    for state in np.concatenate([some_states(game, 4, seed=7), late_states(game, 6, seed=7)]):
        evaluator = HashEvaluator(game)
        mind = Live(game, evaluator, 300, settings)
        found = mind.think(state, 300)
        audit(game, _tree(mind), 0, judge_of(game, evaluator, settings))
        wanted = 300 if len(game.legal(state)) > 1 else 1
        assert found.visits.sum() == wanted or found.proven[0] != UNKNOWN  # it stopped early
        assert (_tree(mind).nodes[0]["visits"] >= 0).all()


def test_leaves_in_flight_are_at_most_the_root_of_the_visits() -> None:
    evaluator = Smooth(CONNECT4)
    settings = SearchSettings(prove=False, cache_megabytes=0)
    mind = Live(CONNECT4, evaluator, 1000, settings)
    told: list[int] = [-1]
    mind.think(CONNECT4.new(), 1000, progress=lambda each: told.append(each.simulations))
    assert max(evaluator.batches) == live.LEAVES
    assert evaluator.batches[:3] == [1, 1, 1]
    assert len(evaluator.batches) < 150  # far fewer calls than simulations
    for batch, done in zip(evaluator.batches, told, strict=False):
        assert batch <= max(1, math.isqrt(max(0, done) + live.LEAVES))


def test_several_leaves_choose_the_moves_of_one() -> None:
    """Visits differ a little; the move seldom does."""
    states, same = some_states(CONNECT4, 60, seed=9), 0
    shift = []
    for state in states:
        serial = search(CONNECT4, state[None], 400, Smooth(CONNECT4))
        found = Live(CONNECT4, Smooth(CONNECT4), 400).think(state, 400)
        same += int(found.best[0] == serial.best[0])
        shift.append(np.abs(found.policy - serial.policy).sum() / 2)
    assert same >= 54, f"{same} of {len(states)}"
    assert np.mean(shift) < 0.15


# -- interrupted


@pytest.mark.parametrize("game", [CONNECT4, HEAP], ids=lambda game: game.name)
@pytest.mark.parametrize("kind", ["raise", "nan", "stop"])
def test_a_tree_is_good_after_any_interrupt(game: Game, kind: str) -> None:
    """Many thoughts from move to move, each cut somewhere: all sums stay what the children say."""
    settings, rng = SearchSettings(), np.random.default_rng(1)
    cut = 0
    for seed in range(2 if game is CONNECT4 else 6):
        inner = HashEvaluator(game)
        evaluator = Failing(inner)
        mind = Live(game, evaluator, 300, settings)
        judge = judge_of(game, inner, settings)
        late = late_states(game, 1, seed=seed, plies=14)[0]
        for state in (game.new(), late):
            while not game.is_over(state):
                for _ in range(2):
                    evaluator.fails = lambda: kind if rng.random() < 0.05 else ""
                    try:
                        mind.think(
                            state,
                            int(rng.integers(1, 300)),
                            stop=lambda: kind == "stop" and rng.random() < 0.05,
                        )
                    except (RuntimeError, EvaluationError):
                        cut += 1
                    if _tree(mind).slots[0]["done"] >= 0:
                        audit(game, _tree(mind), 0, judge)
                evaluator.fails = lambda: ""
                found = mind.think(state, 40)
                audit(game, _tree(mind), 0, judge)
                state = game.after(state, int(found.best[0]))
    assert kind == "stop" or cut > 2


def test_a_listener_that_raises_leaves_a_good_tree() -> None:
    evaluator = HashEvaluator(CONNECT4)
    mind = Live(CONNECT4, evaluator, 300)

    def hang_up(progress: Progress) -> None:
        if progress.simulations > 60:
            raise ConnectionError("nobody is there")

    for state in (CONNECT4.new(), CONNECT4.replay([0, 1, 2, 3])):
        with pytest.raises(ConnectionError):
            mind.think(CONNECT4.new(), 300, progress=hang_up)
        found = mind.think(state, 100)
        audit(CONNECT4, _tree(mind), 0, judge_of(CONNECT4, evaluator, SearchSettings()))
        assert found.visits.sum() >= 100


# -- heard while it thinks


def test_what_is_known_so_far_grows_and_disturbs_nothing() -> None:
    told: list[tuple[int, float]] = []
    watched = Live(CONNECT4, HashEvaluator(CONNECT4), 400, PLAIN)

    def listen(progress: Progress) -> None:
        found = watched.found()
        assert (found.visits >= 0).all() and -1 <= found.value[0] <= 1
        assert int(found.best[0]) in CONNECT4.legal(CONNECT4.new())
        audit(CONNECT4, _tree(watched), 0, judge_of(CONNECT4, HashEvaluator(CONNECT4), PLAIN))
        told.append((int(found.visits.sum()), float(found.value[0])))

    heard = watched.think(CONNECT4.new(), 400, progress=listen)
    visits = [each for each, _ in told]
    assert visits[0] == 0 and visits == sorted(visits) and visits[-1] <= 400
    audit(CONNECT4, _tree(watched), 0, judge_of(CONNECT4, HashEvaluator(CONNECT4), PLAIN))
    unheard = Live(CONNECT4, HashEvaluator(CONNECT4), 400, PLAIN).think(CONNECT4.new(), 400)
    assert np.array_equal(heard.visits, unheard.visits)
    assert watched.line(int(heard.best[0])) == heard.line[0]
    other = CONNECT4.legal(CONNECT4.new())[0]
    assert watched.line(other)[0] == other


def test_the_clock_is_looked_at_where_no_network_is_asked() -> None:
    """Every leaf of a small game is in the cache soon: no wave would ever end otherwise."""
    most = 3_000_000
    mind = Live(TICTACTOE, UniformEvaluator(TICTACTOE), most, SearchSettings(prove=False))
    found = mind.think(TICTACTOE.new(), most, milliseconds=100)
    assert live.PATIENCE < found.visits.sum() < most


def test_a_tree_has_one_thread_at_a_time() -> None:
    minds = Minds(lambda: Live(CONNECT4, HashEvaluator(CONNECT4), 100), 2)
    first = minds.take(CONNECT4.new())
    first.think(CONNECT4.new(), 50)
    second = minds.take(CONNECT4.new())
    assert second is not first
    minds.give_back(first)
    minds.give_back(second)
    assert minds.take(CONNECT4.replay([3])) is first  # it knows the position
    third = minds.take(CONNECT4.new())
    assert third is not first and third is not second
    for mind in (third, first):  # one more than are kept: the one unused for longest goes
        minds.give_back(mind)
    unknown = CONNECT4.replay([0, 0, 0, 0, 0, 0, 1])
    assert minds.take(unknown) is third  # as many are kept as may be, so no new one is made
    assert minds.take(CONNECT4.new()) is first
    assert minds.take(CONNECT4.new()) not in (first, second, third)
