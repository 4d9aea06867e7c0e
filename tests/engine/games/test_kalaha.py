"""Kalaha where it is easily wrong: other turns, captures, laps, the sweep, and every stone counted.

Positions are written as a player sees the board: player 1's row from HIS left in `theirs`.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.game import ONGOING, Game, State
from engine.games import find
from tests import laws

GAME, GAME4 = find("kalaha"), find("kalaha4")
GAMES = {72: GAME, 48: GAME4}


def position(
    mine: list[int], theirs: list[int], stores: tuple[int, int] = (0, 0), mover: int = 0
) -> State:
    """Player 0 has `mine`, player 1 `theirs`, pits from each one's left."""
    first, second = (
        sum(stones << 8 * place for place, stones in enumerate([*pits, store]))
        for pits, store in zip((mine, theirs), stores, strict=True)
    )
    return np.array([first | mover << 56, second], np.uint64)


def board(state: State) -> tuple[list[int], list[int], tuple[int, int]]:
    cells = GAME.cells(state)
    return cells[7:13], cells[1:7][::-1], (cells[13], cells[0])


def test_the_cells_lie_as_on_the_table() -> None:
    state = position([1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12], stores=(20, 30))
    #   30 | 12 11 10  9  8  7 |
    #      |  1  2  3  4  5  6 | 20
    assert GAME.cells(state) == [30, 12, 11, 10, 9, 8, 7, 1, 2, 3, 4, 5, 6, 20]
    assert [GAME.clicks(a, 0) for a in range(6)] == [(7,), (8,), (9,), (10,), (11,), (12,)]
    assert [GAME.clicks(a, 1) for a in range(6)] == [(6,), (5,), (4,), (3,), (2,), (1,)]


def test_sowing_skips_the_other_store() -> None:
    state = position([0, 0, 0, 0, 0, 9], [1] * 6, stores=(2, 3))
    after = GAME.after(state, 5)  # store, six of theirs, own pits 0 and 1: an empty pit, opposite 2
    assert board(after) == ([1, 0, 0, 0, 0, 0], [2, 2, 2, 2, 0, 2], (2 + 1 + 1 + 2, 3))


def test_a_chain_of_turns() -> None:
    state = position([0, 0, 4, 1, 1, 1], [1] * 6)
    plies = [5, 2, 5]  # each ends in the store (pit 3 has 2 stones after the second)
    for action in plies:
        state = GAME.after(state, action)
        assert GAME.mover(state) == 0
    assert board(state)[2][0] == 3
    assert GAME.mover(GAME.after(state, 3)) == 1


def test_capture_takes_both() -> None:
    state = position([1, 0, 0, 0, 0, 1], [3, 3, 3, 3, 7, 3])
    after = GAME.after(state, 0)  # pit 1 was empty; opposite lies his pit 4
    assert board(after) == ([0, 0, 0, 0, 0, 1], [3, 3, 3, 3, 0, 3], (8, 0))
    assert GAME.mover(after) == 1


def test_no_capture_when_opposite_is_empty() -> None:
    state = position([1, 0, 0, 0, 0, 1], [3, 3, 3, 3, 0, 3])
    assert board(GAME.after(state, 0)) == ([0, 1, 0, 0, 0, 1], [3, 3, 3, 3, 0, 3], (0, 0))


def test_no_capture_on_the_other_side() -> None:
    state = position([1, 0, 0, 0, 0, 3], [3, 0, 3, 3, 3, 3])
    assert board(GAME.after(state, 5)) == ([1, 0, 0, 0, 0, 0], [4, 1, 3, 3, 3, 3], (1, 0))


def test_thirteen_stones_come_home_and_capture() -> None:
    state = position([0, 1, 13, 0, 0, 0], [0, 0, 0, 2, 0, 0])
    after = GAME.after(state, 2)  # one stone everywhere; the last in the origin, opposite 2 + 1
    assert board(after) == ([1, 2, 0, 1, 1, 1], [1, 1, 1, 0, 1, 1], (1 + 1 + 3, 0))


def test_more_than_a_lap_captures_nothing() -> None:
    state = position([0, 0, 15, 0, 0, 0], [0, 0, 0, 2, 0, 0])
    after = GAME.after(state, 2)
    assert board(after) == ([1, 1, 1, 2, 2, 1], [1, 1, 1, 3, 1, 1], (1, 0))


def test_the_rest_is_swept_to_its_owner() -> None:
    state = position([0, 0, 0, 0, 0, 1], [1, 2, 3, 0, 0, 0], stores=(30, 35))
    after = GAME.after(state, 5)
    assert board(after) == ([0] * 6, [0] * 6, (31, 41))
    assert GAME.result(after) == -10 and GAME.legal(after) == []


def test_the_mover_sweeps_too_when_the_other_side_is_empty() -> None:
    state = position([5, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, 0], stores=(30, 35))
    after = GAME.after(state, 4)  # captures the last stone of the other: his side is empty
    assert GAME.result(state) == ONGOING
    assert board(after) == ([5, 0, 0, 0, 0, 1], [0, 1, 0, 0, 0, 0], (30, 35))
    after = GAME.after(position([5, 0, 0, 1, 0, 0], [0, 1, 0, 0, 0, 0], (30, 35)), 3)
    assert board(after) == ([0] * 6, [0] * 6, (30 + 2 + 5, 35))


def random_game(game: Game, choices: list[int]) -> list[State]:
    states = [game.new()]
    for choice in choices:
        legal = game.legal(states[-1])
        if not legal:
            break
        states.append(game.after(states[-1], legal[choice % len(legal)]))
    return states


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(GAMES)), st.lists(st.integers(0, 59), min_size=20, max_size=120))
def test_no_stone_is_lost_or_made(stones: int, choices: list[int]) -> None:
    for state in random_game(GAMES[stones], choices):
        assert sum(GAMES[stones].cells(state)) == stones
        assert int(state[0]) >> 56 <= 1 and int(state[1]) >> 56 == 0


def sown_by_hand(state: State, action: int) -> State:
    """The naive twin: one stone at a time, on a list."""
    mover = GAME.mover(state)
    mine, theirs, stores = board(state)
    own, other = (mine, theirs) if mover == 0 else (theirs, mine)
    cycle = [*own, stores[mover], *other]
    hand, cycle[action] = cycle[action], 0
    place = action
    while hand:
        place = (place + 1) % 13
        cycle[place] += 1
        hand -= 1
    if place < 6 and cycle[place] == 1 and cycle[12 - place] > 0:
        cycle[6] += 1 + cycle[12 - place]
        cycle[place] = cycle[12 - place] = 0
    own, store, other, rest = cycle[:6], cycle[6], cycle[7:], stores[1 - mover]
    if not any(own) or not any(other):
        store, rest = store + sum(own), rest + sum(other)
        own, other = [0] * 6, [0] * 6
    following = mover if place == 6 else 1 - mover
    if mover == 0:
        return position(own, other, (store, rest), following)
    return position(other, own, (rest, store), following)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(GAMES)), st.lists(st.integers(0, 59), min_size=20, max_size=120))
def test_sowing_stone_by_stone_is_the_same(stones: int, choices: list[int]) -> None:
    for state in random_game(GAMES[stones], choices):
        for action in GAMES[stones].legal(state):
            after = GAMES[stones].after(state, action)
            assert np.array_equal(after, sown_by_hand(state, action)), GAME.text(state)


def test_swapping_the_sides_swaps_the_halves() -> None:
    """Law 5 for pits: row 0 is the mover's, row 1 the other's, each from its owner's left."""
    for state in laws.random_states(GAME, seed=6, games=5):
        mine, theirs, stores = board(state)
        mover = GAME.mover(state)
        swapped = position(theirs, mine, (stores[1], stores[0]), 1 - mover)
        assert np.array_equal(GAME.observe(state), GAME.observe(swapped))
        other = state.copy()
        other[0] ^= np.uint64(1 << 56)
        assert np.array_equal(GAME.observe(state)[:, ::-1], GAME.observe(other))
        rows = [[*mine, stores[0]], [*theirs, stores[1]]]
        assert np.array_equal(GAME.observe(state)[0] * 32, rows if mover == 0 else rows[::-1])


def test_planes_count_the_stones() -> None:
    planes = GAME.observe(position([0, 1, 13, 20, 5, 0], [1] * 6, stores=(20, 7)))
    assert planes[1:, 0].sum(axis=0).tolist() == [0, 1, 13, 13, 5, 0, 13]
    assert planes[5, 0].tolist() == [0, 0, 1, 1, 1, 0, 1]  # at least five
