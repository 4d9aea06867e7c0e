"""Othello where it is easily wrong: passes, ends, edges, and the symmetries that turn the start."""

from __future__ import annotations

import numpy as np
import pytest

from engine.game import State
from engine.games import find
from engine.symmetry import Symmetry
from tests import laws

GAME = find("othello")
PASS = 64


def position(rows: str, mover: int) -> State:
    """A state from eight rows of x (black), o (white) and dots."""
    squares = "".join(rows.split())
    words = [sum(1 << s for s, disc in enumerate(squares) if disc == kind) for kind in "xo"]
    return np.array([*words, mover], np.uint64)


def square(name: str) -> int:
    return "abcdefgh".index(name[0]) + 8 * (int(name[1]) - 1)


def test_the_first_moves() -> None:
    state = GAME.new()
    assert [GAME.label(a) for a in GAME.legal(state)] == ["d3", "c4", "f5", "e6"]
    assert GAME.text(GAME.after(state, square("d3"))) == (
        "......../......../...1..../...11.../...12.../......../......../........ mover 1"
    )


def test_a_line_is_flipped_only_up_to_the_next_own_disc() -> None:
    state = position(
        """
        .ooxooox
        o.......
        o.o.....
        x..o....
        ........
        .....o..
        ......o.
        .......x
        """,
        mover=0,
    )
    after = GAME.after(state, square("a1"))
    assert GAME.text(after).startswith(
        "11112221/1......./1.2...../1..2..../......../.....2../......2./.......1"
    )


def test_lines_do_not_run_over_the_edge() -> None:
    #  h3 and a4 are neighbours in the bit order, not on the board.
    state = position(
        """
        ........
        ........
        .....xoo
        ox......
        ........
        ........
        ........
        ........
        """,
        mover=0,
    )
    assert GAME.legal(state) == [PASS]
    assert GAME.legal(GAME.after(state, PASS)) == [square("e3"), square("c4")]


def test_who_can_move_may_not_pass() -> None:
    for state in laws.random_states(GAME, seed=5, games=20):
        legal = GAME.legal(state)
        assert PASS not in legal or legal == [PASS]
        if legal == [PASS]:
            other = GAME.after(state, PASS)
            assert PASS not in GAME.legal(other) and GAME.mover(other) != GAME.mover(state)


def test_a_pass_changes_the_mover_and_nothing_else() -> None:
    forced = 0
    rng = np.random.default_rng(7)
    for _ in range(200):
        state = GAME.new()
        while not GAME.is_over(state):
            if GAME.legal(state) == [PASS]:
                forced += 1
                passed = GAME.after(state, PASS)
                assert np.array_equal(passed[:2], state[:2])
                assert GAME.mover(passed) == 1 - GAME.mover(state)
            state = GAME.after(state, int(rng.choice(GAME.legal(state))))
    assert forced > 80


def test_the_game_is_over_at_once_when_neither_side_can_move() -> None:
    # The shortest game there is: white has no disc left after nine plies (a "double pass").
    moves = [square(name) for name in ("e6", "f4", "e3", "f6", "g5", "d6", "e7", "f5", "c5")]
    state = GAME.replay(moves)
    assert GAME.legal(state) == []
    assert GAME.cells(state).count(2) == 0
    assert GAME.result(state) == 64  # 13 discs, and 51 empty squares go to the winner


def test_a_double_pass_with_discs_of_both_sides() -> None:
    state = position(
        """
        .xxxxxxx
        oooooooo
        oooooooo
        oooooooo
        oooooooo
        oooooooo
        oooooooo
        oooooo..
        """,
        mover=0,
    )
    # Almost: black still catches whole columns.
    assert [GAME.label(a) for a in GAME.legal(state)] == ["g8", "h8"]
    state = position(
        """
        xxxx....
        ........
        ........
        ........
        ........
        ........
        ........
        .....ooo
        """,
        mover=1,
    )
    assert GAME.legal(state) == []
    assert GAME.result(state) == 64 - 2 * 3  # 4 : 3, the 57 empty squares go to black


@pytest.mark.parametrize(
    ("black", "white", "margin"),
    [(33, 31, 2), (32, 32, 0), (31, 33, -2), (64, 0, 64), (0, 13, -64), (8, 8, 0), (8, 9, -48)],
)
def test_empty_squares_go_to_the_winner(black: int, white: int, margin: int) -> None:
    state = np.array([(1 << black) - 1, ((1 << white) - 1) << 64 - white, 0], np.uint64)
    assert GAME.result(state) == margin


def image(state: State, symmetry: Symmetry) -> State:
    """The state with every disc where the symmetry puts it: new[i] = old[cells[i]]."""
    cells = np.array(GAME.cells(state))[symmetry.cells]
    words = [sum(1 << int(s) for s in np.flatnonzero(cells == player)) for player in (1, 2)]
    return np.array([*words, state[2]], np.uint64)


def test_all_eight_symmetries_commute() -> None:
    rng = np.random.default_rng(8)
    for symmetry in GAME.symmetries:
        for _ in range(3):
            laws.plays_as_its_image(GAME, symmetry, GAME.new(), image(GAME.new(), symmetry), rng)
    assert len({tuple(symmetry.cells) for symmetry in GAME.symmetries}) == 8
    assert all(symmetry.actions[PASS] == PASS for symmetry in GAME.symmetries)
