"""Hex: six neighbours, two pairs of edges, and never a draw."""

from __future__ import annotations

import numpy as np

from engine.game import ONGOING
from engine.games import find
from tests import laws

GAME = find("hex7")


def cell(name: str) -> int:
    return "abcdefg".index(name[0]) + 7 * (int(name[1]) - 1)


def played(first: str, second: str) -> int:
    """The result after both have placed their stones in turn."""
    mine, theirs = ([cell(name) for name in names.split()] for names in (first, second))
    moves = [a for pair in zip(mine, theirs, strict=False) for a in pair] + mine[len(theirs) :]
    return GAME.result(GAME.replay(moves))


def test_a_straight_column_joins_top_and_bottom() -> None:
    assert played("d1 d2 d3 d4 d5 d6 d7", "a1 a2 a3 a4 a5 a6") == 1


def test_a_straight_row_joins_left_and_right() -> None:
    assert played("a1 b1 c1 d1 e1 f1 g1", "a4 b4 c4 d4 e4 f4 g4") == -1


def test_a_row_of_player_0_wins_nothing() -> None:
    assert played("a1 b1 c1 d1 e1 f1 g1", "a4 b4 c4 d4 e4 f4") == ONGOING


def test_diagonals_touch_one_way_only() -> None:
    # From g1 down to the left every cell touches the next; from a1 down to the right none does.
    assert played("g1 f2 e3 d4 c5 b6 a7", "a1 a2 a3 a4 a5 b1") == 1
    assert played("a1 b2 c3 d4 e5 f6 g7", "g1 g2 g3 g4 g5 f1") == ONGOING


def test_the_winning_group_is_highlighted() -> None:
    down = [cell(f"d{row}") for row in range(1, 8)]
    aside = [cell(f"a{row}") for row in range(1, 7)]
    moves = [action for pair in zip(down, aside, strict=False) for action in pair]
    state = GAME.replay([*moves, cell("g1"), cell("b1"), down[-1]])  # g1 is not of the chain
    assert [GAME.label(a) for a in GAME.highlight(state)] == [f"d{row}" for row in range(1, 8)]
    assert GAME.highlight(GAME.new()) == []


def test_a_full_board_has_exactly_one_winner() -> None:
    rng = np.random.default_rng(4)
    wins = []
    for _ in range(300):
        state = GAME.new()
        for action in rng.permutation(49):
            GAME.rules.play(state, int(action))
            if GAME.is_over(state):
                break
        assert GAME.is_over(state) and GAME.highlight(state)
        wins.append(GAME.result(state))
    assert set(wins) == {1, -1} and 0.4 < np.mean(np.array(wins) == 1) < 0.7


def test_the_sides_do_not_share_keys() -> None:
    """Transposed, with the players exchanged, a position is as good; but its planes are others."""
    stone = 1 << cell("b1")
    state = np.array([stone, 0, 1], np.uint64)
    turned = np.array([1 << cell("f7"), 0, 1], np.uint64)
    exchanged = np.array([0, 1 << cell("a2"), 0], np.uint64)
    assert laws.key_of(GAME, state)[0] == laws.key_of(GAME, turned)[0] == (stone, 0, 1)
    assert laws.key_of(GAME, exchanged)[0] == (0, 1 << cell("a2"), 0)
    assert laws.least_view(GAME, state) != laws.least_view(GAME, exchanged)
