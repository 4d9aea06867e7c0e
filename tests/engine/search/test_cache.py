"""The cache of evaluations answers for exactly the position that was asked, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import SearchSettings
from engine.game import Game
from engine.games import find
from engine.search import search
from engine.search.blackbox import cache_for
from engine.search.cache import (
    ABSENT,
    READY,
    Cache,
    allocate_cache,
    clear,
    reserve,
    scramble,
)
from engine.search.cache import (
    find as lookup,
)
from engine.search.tree import CACHED, ENDED, EVALUATIONS, SHARED, SIMULATIONS
from tests.engine.search.common import (
    CONNECT4,
    GAMES,
    TICTACTOE,
    finish,
    late_states,
    some_states,
    waves_of,
)
from tests.toys import HashEvaluator

OTHELLO = find("othello")


def _bytes(game: Game, entries: float) -> float:
    """Megabytes of so many entries."""
    return entries * (8 * game.words + 4 * (game.actions + 3) + 12) / 1e6


def _key(*words: int) -> np.ndarray:
    return np.array(words, np.uint64)


def _fill(cache: Cache, key: np.ndarray, number: float) -> int:
    """Put an answer in, as the kernels do: reserve, then write, then mark as ready."""
    entry = int(reserve(cache, key, 0))
    cache.judged[entry] = number
    cache.row[entry] = READY
    return entry


def _is_what_was_put_in(cache: Cache, game: Game, evaluator: HashEvaluator) -> int:
    """Every ready entry of this epoch holds the answer for its key; returns how many there are."""
    ready = np.flatnonzero((cache.epoch == cache.now[0]) & (cache.row == READY))
    for entry in ready:
        logits, wdl = evaluator.judge(game.observe(cache.keys[entry]))
        assert cache.judged[entry].tolist() == [*logits, *wdl]
    return len(ready)


def _colliding(cache: Cache, words: int, count: int) -> list[np.ndarray]:
    """Different keys of the same bucket of two."""
    mask = np.uint64(len(cache.row) - 1) & ~np.uint64(1)
    found: dict[int, list[np.ndarray]] = {}
    for number in range(100_000):
        key = np.zeros(words, np.uint64)
        key[0] = number
        same = found.setdefault(int(np.uint64(scramble(key, np.uint64(0))) & mask), [])
        same.append(key)
        if len(same) == count:
            return same
    raise AssertionError("no collision")


def test_two_keys_of_one_bucket_are_two_keys() -> None:
    cache = allocate_cache(_bytes(CONNECT4, 8), CONNECT4.words, CONNECT4.actions)
    assert len(cache.row) == 8
    one, two, three = _colliding(cache, 2, 3)
    _fill(cache, one, 1)
    assert lookup(cache, two) == ABSENT
    _fill(cache, two, 2)
    assert cache.judged[lookup(cache, one), 0] == 1 and cache.judged[lookup(cache, two), 0] == 2
    _fill(cache, three, 3)  # the bucket is full: one of them must go
    assert cache.judged[lookup(cache, three), 0] == 3
    assert sorted(lookup(cache, key) == ABSENT for key in (one, two)) == [False, True]


@pytest.mark.parametrize("word", range(3))
def test_every_word_of_a_key_counts(word: int) -> None:
    cache = allocate_cache(_bytes(OTHELLO, 2), OTHELLO.words, OTHELLO.actions)
    key = _key(5, 6, 7)
    _fill(cache, key, 1)
    other = key.copy()
    other[word] ^= np.uint64(1 << 63)
    assert lookup(cache, key) != ABSENT and lookup(cache, other) == ABSENT


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), max_size=200), st.sampled_from([2, 4, 16]))
def test_what_is_found_is_what_was_put_in_last(numbers: list[int], entries: int) -> None:
    """Against a dictionary: an entry may be gone, but it is never that of another key."""
    cache = allocate_cache(_bytes(TICTACTOE, entries), TICTACTOE.words, TICTACTOE.actions)
    assert len(cache.row) == entries
    known: dict[int, int] = {}
    for time, number in enumerate(numbers):
        key = _key(number, number * 7)
        entry = int(lookup(cache, key))
        if entry != ABSENT:
            assert cache.judged[entry, 0] == known[number]
        elif number % 11 == 10:
            clear(cache)
            known = {}
        else:
            _fill(cache, key, time)
            known[number] = time
            assert lookup(cache, key) != ABSENT
    held = sum(lookup(cache, _key(number, number * 7)) != ABSENT for number in range(41))
    assert held <= entries


def test_a_new_epoch_forgets_everything() -> None:
    cache = allocate_cache(_bytes(TICTACTOE, 16), TICTACTOE.words, TICTACTOE.actions)
    keys = [_key(n, 0) for n in range(8)]
    for key in keys:
        _fill(cache, key, 1)
    assert any(lookup(cache, key) != ABSENT for key in keys)
    clear(cache)
    assert all(lookup(cache, key) == ABSENT for key in keys)
    _fill(cache, keys[0], 2)
    assert cache.judged[lookup(cache, keys[0]), 0] == 2


def test_the_size_is_what_is_allowed() -> None:
    for megabytes in (0.001, 0.01, 1.0, 3.0):
        cache = allocate_cache(megabytes, OTHELLO.words, OTHELLO.actions)
        used = sum(part.nbytes for part in (cache.keys, cache.judged, cache.epoch, cache.row))
        assert megabytes * 1e6 / 2 < used <= megabytes * 1e6
    for nothing in (0, _bytes(OTHELLO, 1.9)):
        assert len(allocate_cache(nothing, OTHELLO.words, OTHELLO.actions).row) == 0
    assert len(cache_for(OTHELLO, SearchSettings(), 10).row) <= 64
    assert len(cache_for(OTHELLO, SearchSettings(cache_megabytes=0), 10).row) == 0


# -- in the search


@pytest.mark.parametrize("entries", [2.5, 8, 4096])
@pytest.mark.parametrize("share", [True, False])
def test_an_overwritten_reservation_is_not_filled_with_a_wrong_answer(
    entries: float, share: bool
) -> None:
    """Many trees ask through few entries: whatever is ready is right, after every wave."""
    config = SearchSettings(
        cache_megabytes=_bytes(TICTACTOE, entries), share_duplicates=share, prove=False
    )
    states = np.concatenate([some_states(TICTACTOE, 20, 1)] * 2)
    waves, evaluator = waves_of(TICTACTOE, states, 60, config), HashEvaluator(TICTACTOE)
    seen = 0
    while waves.descend():
        seen += _is_what_was_put_in(waves.cache, TICTACTOE, evaluator)
        waves.evaluate(evaluator)
    assert seen > (0 if entries < 8 else 50)


@pytest.mark.parametrize("symmetry", ["as_is", "canonical", "random"])
def test_ready_entries_are_as_the_key_is_seen(symmetry: str) -> None:
    """Turned back, where the network saw a turned image."""
    config = SearchSettings(symmetry=symmetry)
    waves = waves_of(TICTACTOE, some_states(TICTACTOE, 10, 1), 50, config)
    finish(waves, HashEvaluator(TICTACTOE))
    if symmetry != "random":
        assert _is_what_was_put_in(waves.cache, TICTACTOE, HashEvaluator(TICTACTOE)) > 50
        return
    different = 0
    for entry in np.flatnonzero(waves.cache.epoch == waves.cache.now[0]):
        planes, judged = TICTACTOE.observe(waves.cache.keys[entry]), waves.cache.judged[entry]
        images = []
        for turn in TICTACTOE.symmetries:
            seen = planes.reshape(2, 9)[:, turn.cells].reshape(2, 3, 3)
            logits, wdl = HashEvaluator(TICTACTOE).judge(seen)
            turned_back = np.zeros_like(logits)
            turned_back[turn.actions] = logits
            images.append([*turned_back, *wdl])
        assert judged.tolist() in images
        different += judged.tolist() != images[0]
    assert different > 50


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_every_leaf_is_counted_once(game: Game) -> None:
    """Evaluated, cached, shared or ended: nothing else happens to a descent or a root."""
    states = np.concatenate([some_states(game, 6, 2), late_states(game, 6, 2)])
    states = np.concatenate([states, states])
    for config in (
        SearchSettings(),
        SearchSettings(share_duplicates=False),
        SearchSettings(cache_megabytes=0, prove=False),
        SearchSettings(cache_megabytes=_bytes(game, 8)),
    ):
        evaluator = HashEvaluator(game)
        waves = waves_of(game, states, 80, config)
        finish(waves, evaluator)
        counts = waves.tree.counts
        visits = sum(int(waves.tree.children(slot)["visits"].sum()) for slot in range(len(states)))
        assert counts[SIMULATIONS] == visits
        leaves = counts[EVALUATIONS] + counts[CACHED] + counts[SHARED] + counts[ENDED]
        assert leaves == visits + len(states)
        assert counts[EVALUATIONS] == evaluator.rows
        if config.cache_megabytes == 0:
            assert counts[CACHED] == 0
        assert (counts[SHARED] > 0) == (config.cache_megabytes > 0 and config.share_duplicates)


def test_a_cache_that_is_given_back_saves_evaluations() -> None:
    states = some_states(CONNECT4, 8, 3)
    cache = cache_for(CONNECT4, SearchSettings(), 100_000)
    first = search(CONNECT4, states, 100, HashEvaluator(CONNECT4), cache=cache)
    again = search(CONNECT4, states, 100, HashEvaluator(CONNECT4), cache=cache)
    assert first.evaluations > 500 and again.evaluations == 0
    assert np.array_equal(first.visits, again.visits)
    clear(cache)
    assert search(CONNECT4, states, 100, HashEvaluator(CONNECT4), cache=cache).evaluations > 500


def test_equal_positions_cost_one_evaluation() -> None:
    states = np.stack([CONNECT4.new()] * 50)
    evaluator = HashEvaluator(CONNECT4)
    found = search(CONNECT4, states, 100, evaluator)
    alone = search(CONNECT4, states[:1], 100, HashEvaluator(CONNECT4))
    assert evaluator.rows == found.evaluations == alone.evaluations <= 101
    assert (found.visits == alone.visits[0]).all()


def test_random_images_follow_the_salt() -> None:
    """One key is seen through one image, another salt turns it elsewhere, all images occur."""

    def shown(salt: int) -> list[int]:
        config = SearchSettings(symmetry="random")
        states = some_states(TICTACTOE, 30, 4)
        waves = waves_of(TICTACTOE, states, 5, config, salt=salt)
        waves.descend()
        return [int(turn) for turn in waves.wave.rows["turn"][: waves.wave.used[0]["rows"]]]

    assert shown(1) == shown(1) != shown(2)
    assert set(shown(1) + shown(2) + shown(3)) == set(range(8))
