"""Move sequences of exact length against published counts."""

from __future__ import annotations

from functools import cache

import pytest

from engine.game import Game
from engine.games import find
from engine.perft import perft, reachable

CONNECT4 = [7, 49, 343, 2401, 16807, 117649, 823536, 5673234]
TICTACTOE = [9, 72, 504, 3024, 15120, 54720, 148176, 200448, 127872]


@pytest.mark.parametrize(("depth", "count"), list(enumerate(CONNECT4, 1)))
def test_connect4(depth: int, count: int) -> None:
    assert perft(find("connect4"), depth) == count


@pytest.mark.parametrize(("depth", "count"), list(enumerate(TICTACTOE, 1)))
def test_tictactoe(depth: int, count: int) -> None:
    assert perft(find("tictactoe"), depth) == count


def test_depth_zero_is_one_empty_sequence() -> None:
    assert perft(find("tictactoe"), 0) == 1


def test_tictactoe_has_5478_positions_and_255168_games() -> None:
    game = find("tictactoe")
    assert reachable(game) == 5478
    assert _games(game, ()) == 255168


def _games(game: Game, moves: tuple[int, ...]) -> int:
    @cache
    def below(key: bytes) -> int:
        state = states[key]
        if game.is_over(state):
            return 1
        total = 0
        for action in game.legal(state):
            following = game.after(state, action)
            states[following.tobytes()] = following
            total += below(following.tobytes())
        return total

    start = game.replay(moves)
    states = {start.tobytes(): start}
    return below(start.tobytes())
