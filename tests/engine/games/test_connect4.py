"""The planes of Connect 4 beside plain loops over the board."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.game import State
from engine.games import find

GAME = find("connect4")
LINES = ((0, 1), (1, 0), (1, 1), (1, -1))


def _run(cells: NDArray[np.int64], row: int, column: int, step: tuple[int, int], who: int) -> int:
    """How many discs of `who` follow each other from a cell on, in one direction."""
    count = 0
    while True:
        row, column = row + step[0], column + step[1]
        if not (0 <= row < 6 and 0 <= column < 7) or cells[row, column] != who:
            return count
        count += 1


def _planes(state: State) -> NDArray[np.float32]:
    cells = np.array(GAME.cells(state)).reshape(6, 7)
    own = GAME.mover(state) + 1
    planes = np.zeros((5, 6, 7), np.float32)
    for plane, who in enumerate((own, 3 - own)):
        planes[plane] = cells == who
        for row, column in zip(*np.nonzero(cells == 0), strict=True):
            planes[2 + plane, row, column] = any(
                _run(cells, row, column, (r, c), who) + _run(cells, row, column, (-r, -c), who) >= 3
                for r, c in LINES
            )
    for column in range(7):
        free = np.flatnonzero(cells[:, column] == 0)
        planes[4, free[-1:], column] = 1  # row 5 is the lowest
    return planes


def test_threats_and_landing_cells_are_shown() -> None:
    rng = np.random.default_rng(0)
    threats = 0
    for _ in range(40):
        state = GAME.new()
        while not GAME.is_over(state):
            planes = GAME.observe(state)
            assert np.array_equal(planes, _planes(state)), GAME.text(state)
            threats += int(planes[2:4].sum())
            GAME.rules.play(state, int(rng.choice(GAME.legal(state))))
    assert threats > 300


def test_a_threat_of_the_mover_stands_in_plane_2() -> None:
    """Three discs of the first player in the middle column: he completes them in row 2."""
    planes = GAME.observe(GAME.replay([3, 2, 3, 2, 3, 0]))
    assert np.argwhere(planes[2]).tolist() == [[2, 3]]
    assert planes[3].sum() == 0 and planes[4, 2, 3] == 1
