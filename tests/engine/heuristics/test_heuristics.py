"""Each rule of thumb against a slow twin that looks at the drawn board."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.game import Game, State
from engine.games import all_games, find
from engine.heuristics import LARGEST, blind, heuristic_for
from engine.heuristics.othello import MOVE, beside, weight
from tests import laws
from tests.toys import HEAP

CONNECT4, KALAHA, OTHELLO = find("connect4"), find("kalaha"), find("othello")


def _lines() -> list[list[int]]:
    """The 69 lines of four on 6 rows x 7 columns, cells row by row from the top left."""
    found = []
    for row in range(6):
        for column in range(7):
            for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
                cells = [(row + k * down, column + k * right) for k in range(4)]
                if all(0 <= r < 6 and 0 <= c < 7 for r, c in cells):
                    found.append([7 * r + c for r, c in cells])
    return found


LINES = _lines()


def _connect4(state: State) -> int:
    cells, total = CONNECT4.cells(state), 0
    for line in LINES:
        mine, theirs = ([cells[c] for c in line].count(piece) for piece in (1, 2))
        if not theirs:
            total += mine**2
        if not mine:
            total -= theirs**2
    return total


def _kalaha(state: State) -> int:
    cells = KALAHA.cells(state)
    return cells[-1] - cells[0]


def _moves(state: State, player: int) -> int:
    asked = state.copy()
    asked[2] = player
    return sum(action != 64 for action in OTHELLO.legal(asked))


def _othello(state: State) -> int:
    cells = OTHELLO.cells(state)
    total = MOVE * (_moves(state, 0) - _moves(state, 1))
    given_away = {s for corner in (0, 7, 56, 63) if cells[corner] for s in beside(corner)}
    for square, piece in enumerate(cells):
        if square not in given_away:
            total += weight(square) * (piece == 1) - weight(square) * (piece == 2)
    return total


TWINS = [(CONNECT4, _connect4), (KALAHA, _kalaha), (find("kalaha4"), _kalaha), (OTHELLO, _othello)]


@pytest.mark.parametrize(("game", "twin"), TWINS, ids=[game.name for game, _ in TWINS])
def test_it_says_what_its_twin_says(game: Game, twin: Callable[[State], int]) -> None:
    heuristic = heuristic_for(game)
    said = []
    for state in laws.random_states(game, games=40, seed=1):
        if not game.is_over(state):
            assert heuristic(state) == twin(state), game.text(state)
            said.append(int(heuristic(state)))
    assert min(said) < 0 < max(said) and np.abs(said).max() <= LARGEST


def test_there_are_as_many_lines_as_there_should_be() -> None:
    assert len(LINES) == 69


def test_what_lies_beside_a_corner() -> None:
    assert [sorted(beside(corner)) for corner in (0, 7, 56, 63)] == [
        *([1, 8, 9], [6, 14, 15], [48, 49, 57], [54, 55, 62]),
    ]


def test_the_start_is_even() -> None:
    for game in all_games().values():
        assert heuristic_for(game)(game.new()) == 0


def test_games_without_a_rule_of_thumb_are_judged_blindly() -> None:
    for game in (HEAP, find("tictactoe"), find("hex7")):
        assert heuristic_for(game) is blind
        assert heuristic_for(game)(game.new()) == 0
