"""Tic-tac-toe is small enough to count: every position, and every key."""

from __future__ import annotations

from engine.game import State
from engine.games import find
from tests import laws

GAME = find("tictactoe")
POSITIONS = laws.early_states(GAME, most=10_000)


def least_board(state: State) -> tuple[int, ...]:
    """The least of the eight boards, seen by the mover: square by square, without `canonical`."""
    own = GAME.mover(state) + 1
    board = [0 if cell == 0 else 1 if cell == own else 2 for cell in GAME.cells(state)]
    images = []
    for _ in range(4):
        turned = [board[3 * (2 - column) + row] for row in range(3) for column in range(3)]
        mirrored = [turned[3 * row + 2 - column] for row in range(3) for column in range(3)]
        images += [tuple(turned), tuple(mirrored)]
        board = turned
    return min(images)


def test_every_position_has_the_key_of_its_board() -> None:
    undecided = [state for state in POSITIONS if not GAME.is_over(state)]
    assert (len(POSITIONS), len(undecided)) == (5478, 4520)
    for state in undecided:
        laws.key_stands_for_the_state(GAME, state)
    laws.keys_are_exact(GAME, undecided)
    boards = {least_board(state) for state in undecided}
    keys = {laws.key_of(GAME, state)[0] for state in undecided}
    both = {(least_board(state), laws.key_of(GAME, state)[0]) for state in undecided}
    # Of the 765 essentially different positions 138 are final.
    assert len(boards) == len(keys) == len(both) == 765 - 138
