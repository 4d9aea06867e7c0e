"""Waves: full batches, answers that cannot be used, and searches that are interrupted."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.config import SearchSettings
from engine.errors import EvaluationError
from engine.evaluator.function import FunctionEvaluator
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.search import search
from engine.search.blackbox import summary
from engine.search.tree import CACHED, EVALUATIONS, NODE, TERMINAL, WAITING, bytes_per_slot
from engine.search.waves import Waves
from tests.engine.search.common import (
    CONNECT4,
    PLAIN,
    TICTACTOE,
    audit,
    finish,
    judge_of,
    late_states,
    root_visits,
    some_states,
    waves_of,
)
from tests.toys import HEAP, HashEvaluator

Answer = tuple[NDArray[np.float32], NDArray[np.float32]]


class Spoiled:
    """Raises, or spoils one number, in wave number `at` and answers well otherwise."""

    def __init__(
        self, at: int, logit: float | None = None, wdl: tuple[int, float] = (0, 0)
    ) -> None:
        self.inner = HashEvaluator(CONNECT4)
        self.at, self.logit, self.wdl = at, logit, wdl

    def evaluate(self, observations: NDArray[np.float32]) -> Answer:
        if self.inner.calls != self.at:
            return self.inner.evaluate(observations)
        self.at = -1
        logits, wdl = self.inner.evaluate(observations)
        if self.logit is not None:
            logits[-1, 3] = self.logit
        elif self.wdl != (0, 0):
            wdl[-1, self.wdl[0]] = self.wdl[1]
        else:
            raise RuntimeError("the network is gone")
        return logits, wdl


def trees_of(waves: Waves) -> list[object]:
    """All that matters of the trees: nodes in use, their states, slots and noise."""
    tree = waves.tree
    found: list[object] = []
    for slot in range(len(tree.slots)):
        size = int(tree.slots[slot]["used"])
        nodes = tree.nodes[slot, :size]
        known = (nodes["visits"] > 0) | (nodes["status"] >= TERMINAL)
        # Of a node that nobody visited only this is ever read before it is written.
        fresh = nodes[["visits", "value_sum", "prior", "children", "action", "status"]][~known]
        found.append((nodes[known].tolist(), tree.states[slot, :size][known].tolist()))
        found.append((fresh.tolist(), tree.slots[slot].tolist(), tree.noise[slot].tolist()))
        assert not (nodes["status"] == WAITING).any() or tree.slots[slot]["waiting"]
    return found


@pytest.mark.parametrize("leaves", [1, 8])
@pytest.mark.parametrize("at", [0, 1, 7, 30])
@pytest.mark.parametrize("kind", ["raise", "logit", "wdl"])
def test_a_bad_answer_leaves_the_trees_as_they_were(leaves: int, at: int, kind: str) -> None:
    """As a run that was stopped before that wave, and afterwards as one that never stopped."""
    states = np.concatenate([some_states(CONNECT4, 4, 2), late_states(CONNECT4, 8, 2)])
    config = SearchSettings(cache_megabytes=0)
    spoiled = {
        "raise": Spoiled(at),
        "logit": Spoiled(at, logit=np.nan),
        "wdl": Spoiled(at, wdl=(2, np.inf)),
    }[kind]
    waves = waves_of(CONNECT4, states, 200, config, noise=4, leaves=leaves)
    before: list[object] = []
    with pytest.raises((RuntimeError, EvaluationError)):
        while waves.descend(leaves):
            waves.evaluate(spoiled)
    stopped = waves_of(CONNECT4, states, 200, config, noise=4, leaves=leaves)
    for _ in range(at):
        stopped.descend(leaves)
        stopped.evaluate(HashEvaluator(CONNECT4))
    stopped.descend(leaves)
    stopped.interrupt()
    before = trees_of(stopped)
    assert trees_of(waves) == before
    finish(waves, spoiled, leaves)
    whole = waves_of(CONNECT4, states, 200, config, noise=4, leaves=leaves)
    finish(whole, HashEvaluator(CONNECT4), leaves)
    if leaves == 1:
        assert trees_of(waves) == trees_of(whole)
    for slot in range(len(states)):
        audit(CONNECT4, waves.tree, slot, judge_of(CONNECT4, spoiled, config), noisy=True)
        assert (waves.tree.slots[slot]["done"] == waves.tree.slots[slot]["budget"]).all()


@pytest.mark.parametrize(
    ("spoiled", "seen"),
    [
        (Spoiled(0, logit=np.nan), "nan"),
        (Spoiled(0, logit=-np.inf), "-inf"),
        (Spoiled(0, wdl=(0, np.nan)), "nan"),
        (Spoiled(0, wdl=(1, np.nan)), "nan"),
        (Spoiled(0, wdl=(2, np.inf)), "inf"),
    ],
)
def test_an_answer_that_is_not_finite_names_the_position(spoiled: Spoiled, seen: str) -> None:
    states = np.stack([CONNECT4.new(), CONNECT4.replay([3, 3, 2])])
    with pytest.raises(EvaluationError) as caught:
        search(CONNECT4, states, 10, spoiled, SearchSettings(symmetry="as_is"))
    message = str(caught.value)
    assert "NaN or infinity" in message and seen in message and "\n" not in message
    assert CONNECT4.text(states[1]) in message


def test_a_refused_answer_is_not_remembered() -> None:
    waves = waves_of(CONNECT4, CONNECT4.new()[None], 50, SearchSettings())
    spoiled = Spoiled(5, logit=np.nan)
    with pytest.raises(EvaluationError):
        finish(waves, spoiled)
    finish(waves, spoiled)
    good = waves_of(CONNECT4, CONNECT4.new()[None], 50, SearchSettings())
    finish(good, HashEvaluator(CONNECT4))
    assert root_visits(waves, 0) == root_visits(good, 0)


# -- what goes to the network


def test_batches_stay_full_while_searches_last() -> None:
    """A finished game, a proven node, a hit of the cache: the tree descends again at once."""
    states = np.concatenate([some_states(TICTACTOE, 10, 1), late_states(TICTACTOE, 10, 1)])
    for config in (PLAIN, SearchSettings(share_duplicates=False)):
        waves = waves_of(TICTACTOE, states, 60, config)
        evaluator = UniformEvaluator(TICTACTOE)
        while leaves := waves.descend():
            slots = waves.tree.slots
            assert leaves == (slots["done"] < slots["budget"]).sum()
            assert leaves == waves.wave.used[0]["rows"]
            waves.evaluate(evaluator)
    assert waves.tree.counts[CACHED] > 50


def test_finished_leaves_cost_no_evaluation() -> None:
    """One empty cell: the only child is terminal, so the root is all the network sees."""
    state = TICTACTOE.replay([0, 1, 2, 4, 3, 5, 7, 6])
    evaluator = HashEvaluator(TICTACTOE)
    found = search(TICTACTOE, state[None], 50, evaluator, PLAIN)
    assert evaluator.rows == 1 and found.visits[0, 8] == 50
    evaluator = HashEvaluator(TICTACTOE)
    found = search(TICTACTOE, state[None], 50, evaluator)
    assert evaluator.rows == 1 and found.visits[0, 8] == 1  # it is proven, there is no more to do


def test_a_proven_root_is_searched_no_more() -> None:
    states = np.stack([CONNECT4.replay([3, 3, 2, 2, 4, 0]), CONNECT4.new()])
    waves = waves_of(CONNECT4, states, 400, SearchSettings(cache_megabytes=0))
    finish(waves, UniformEvaluator(CONNECT4))
    done = waves.tree.slots["done"]
    assert done[0] < 60 and done[1] == 400
    assert waves.tree.counts[EVALUATIONS] <= done.sum() + 2


# -- any function is an evaluator


def test_any_function_is_an_evaluator() -> None:
    states = some_states(CONNECT4, 5, 1)
    judge = HashEvaluator(CONNECT4)

    def of_wdl(planes: NDArray[np.float32]) -> tuple[list[list[float]], NDArray[np.float64]]:
        logits, wdl = judge.evaluate(planes)
        return logits.tolist(), wdl.astype(np.float64)

    def of_values(planes: NDArray[np.float32]) -> Answer:
        logits, wdl = judge.evaluate(planes)
        return np.asfortranarray(logits), wdl[:, 0] - wdl[:, 2]

    expected = search(CONNECT4, states, 50, judge)
    for function in (of_wdl, of_values):
        found = search(CONNECT4, states, 50, function)
        assert np.array_equal(found.visits, expected.visits)
        assert np.array_equal(found.policy, expected.policy)
    sharp = search(CONNECT4, states, 1, lambda planes: (np.zeros((len(planes), 7)), [1.0] * 5))
    assert (sharp.wdl == [1, 0, 0]).all()


@pytest.mark.parametrize(
    ("logits", "values", "message"),
    [
        (np.zeros((5, 6)), np.zeros(5), r"shapes \(5, 6\) and \(5,\) for 5 positions; Connect 4"),
        (np.zeros((4, 7)), np.zeros(5), r"needs logits \(5, 7\) and values \(5,\)"),
        (np.zeros((5, 7)), np.zeros((5, 2)), r"wdl \(5, 3\)"),
        (np.zeros((5, 7)), np.zeros((5, 1)), r"\(5, 1\)"),
        (np.zeros((5, 7)), np.zeros(1), "values"),
        (np.zeros((5, 7)), np.full(5, -1.5), r"the value -1.5; values lie in \[-1, 1\]"),
        (np.zeros((5, 7)), np.full(5, np.nan), "NaN or infinity"),
        (np.full((5, 7), np.inf), np.zeros(5), "NaN or infinity"),
    ],
)
def test_answers_of_a_function_are_checked(
    logits: NDArray[np.float64], values: NDArray[np.float64], message: str
) -> None:
    with pytest.raises(EvaluationError, match=message):
        search(CONNECT4, some_states(CONNECT4, 5, 1), 9, lambda _: (logits, values))


def test_what_a_function_raises_goes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        search(CONNECT4, CONNECT4.new()[None], 9, lambda _: 1 / 0)  # type: ignore[arg-type, return-value]
    evaluator = FunctionEvaluator(CONNECT4, lambda p: (np.zeros((len(p), 7)), np.zeros(len(p))))
    assert evaluator.evaluate(CONNECT4.observe(CONNECT4.new())[None])[1].tolist() == [[0.5, 0, 0.5]]


# -- the arena


@pytest.mark.parametrize("game", [CONNECT4, HEAP], ids=lambda game: game.name)
@pytest.mark.parametrize("leaves", [1, 4])
def test_an_arena_that_is_too_small_ends_the_search_early(game: Game, leaves: int) -> None:
    """Nothing is written behind the last node: the slots are the middle rows of a larger array."""
    states = some_states(game, 3, 5)
    for nodes in (1 + 2 * game.actions, 40, 111):
        waves = waves_of(game, states, 300, PLAIN, nodes=nodes, leaves=leaves)
        wide = np.frombuffer(bytearray(b"\xab" * waves.tree.nodes.nbytes * 3), NODE)
        rows = wide.reshape(9, nodes)
        rows[3:6] = waves.tree.nodes
        waves.tree = waves.tree._replace(nodes=rows[3:6])
        evaluator = HashEvaluator(game)
        finish(waves, evaluator, leaves)
        outside = wide.view(np.uint8).reshape(3, -1)[[0, 2]]
        assert (outside == 0xAB).all()
        slots, found = waves.tree.slots, summary(waves)
        assert (slots["used"] <= nodes).all()
        assert game is HEAP or (slots["done"] < 300).all()
        assert (slots["done"] == slots["budget"]).all() and (slots["done"] >= 1).all()
        assert np.array_equal(slots["done"], found.visits.sum(axis=1))
        assert found.policy.sum(axis=1) == pytest.approx(1)
        for slot in range(3):
            audit(game, waves.tree, slot, judge_of(game, evaluator, PLAIN), prove=False)


def test_a_tree_of_800_simulations_is_small() -> None:
    waves = waves_of(CONNECT4, CONNECT4.new()[None], 800, SearchSettings())
    assert bytes_per_slot(waves.tree) < 320_000


def test_the_layout_of_an_answer_does_not_matter() -> None:
    """The compiled code takes one type and layout; shapes that do not fit never reach it."""
    states = some_states(CONNECT4, 5, 1)

    class Odd(HashEvaluator):
        def evaluate(self, observations: NDArray[np.float32]) -> Answer:
            logits, wdl = super().evaluate(observations)
            return np.asfortranarray(logits), np.repeat(wdl, 2, axis=1)[:, ::2].astype(float)  # type: ignore[return-value]

    found, expected = (
        search(CONNECT4, states, 40, judge) for judge in (Odd(CONNECT4), HashEvaluator(CONNECT4))
    )
    assert np.array_equal(found.visits, expected.visits)

    class Flat(HashEvaluator):
        def evaluate(self, observations: NDArray[np.float32]) -> Answer:
            logits, wdl = super().evaluate(observations)
            return logits.ravel(), wdl[..., None]

    waves = waves_of(CONNECT4, states, 40, SearchSettings())
    with pytest.raises(EvaluationError, match="needed are"):
        finish(waves, Flat(CONNECT4))
    finish(waves, HashEvaluator(CONNECT4))
    assert np.array_equal(summary(waves).visits, expected.visits)
