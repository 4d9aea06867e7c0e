"""Move sequences of exact length against published counts."""

from __future__ import annotations

from functools import cache
from math import prod

import pytest

from engine.game import Game
from engine.games import find
from engine.perft import perft, reachable

CONNECT4 = [7, 49, 343, 2401, 16807, 117649, 823536, 5673234]
TICTACTOE = [9, 72, 504, 3024, 15120, 54720, 148176, 200448, 127872]
# A pass is a ply, and a game that ended earlier counts once, as in the published tables.
OTHELLO = [4, 12, 56, 244, 1396, 8200, 55092, 390216, 3005288, 24571284]
# No published counts are known: recomputed for us by an independent program (no empty capture).
KALAHA = [6, 35, 190, 1056, 5882, 32243, 177827, 962153, 5197521]
KALAHA4 = [6, 35, 185, 942, 4690, 23233, 114430, 563055, 2763490]


@pytest.mark.parametrize(("depth", "count"), list(enumerate(CONNECT4, 1)))
def test_connect4(depth: int, count: int) -> None:
    assert perft(find("connect4"), depth) == count


@pytest.mark.parametrize(("depth", "count"), list(enumerate(TICTACTOE, 1)))
def test_tictactoe(depth: int, count: int) -> None:
    assert perft(find("tictactoe"), depth) == count


@pytest.mark.parametrize(("depth", "count"), list(enumerate(OTHELLO, 1)))
def test_othello(depth: int, count: int) -> None:
    assert perft(find("othello"), depth, count_finished=True) == count


def test_othello_sequences_that_go_on() -> None:
    assert perft(find("othello"), 9) == OTHELLO[8]
    assert perft(find("othello"), 10) == 24571056  # 228 games are over after 9 plies


@pytest.mark.parametrize(("depth", "count"), list(enumerate(KALAHA, 1)))
def test_kalaha(depth: int, count: int) -> None:
    assert perft(find("kalaha"), depth) == count


@pytest.mark.parametrize(("depth", "count"), list(enumerate(KALAHA4, 1)))
def test_kalaha4(depth: int, count: int) -> None:
    assert perft(find("kalaha4"), depth) == count


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_hex_fills_any_free_cell(depth: int) -> None:
    assert perft(find("hex7"), depth) == prod(range(49, 49 - depth, -1))


def test_a_finished_game_counts_once() -> None:
    game = find("tictactoe")
    assert perft(game, 9, count_finished=True) == 255168  # every game
    assert perft(game, 5, count_finished=True) == perft(game, 5)  # nobody has won before ply 5


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
