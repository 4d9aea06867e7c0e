"""Kalaha by the solver, by the reference file, by looking at everything, and its table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ImpossibleState, StorageError
from engine.game import Game, State
from engine.games import find
from engine.solver import ExhaustiveSolver, Limits, solver_for
from engine.solver.kalaha import KalahaSolver, endgame_table
from engine.solver.pits import UNSET, build, entries, rank, weights
from engine.solver.tables import read_table, write_table
from tests.engine.solver.reference import assert_exact, sample

GAMES = [find("kalaha"), find("kalaha4")]
SOLVERS = {game.name: solver_for(game) for game in GAMES}


def _in_play(state: State) -> int:
    return sum(int(word) >> 8 * pit & 255 for word in state for pit in range(6))


def _late(game: Game, seed: int, stones: int) -> State:
    """A position of a random game with at most so many stones in the pits, the game not over."""
    rng = np.random.default_rng(seed)
    while True:
        state = game.new()
        while not game.is_over(state):
            if _in_play(state) <= stones:
                return state
            state = game.after(state, int(rng.choice(game.legal(state))))


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), stones=st.integers(3, 8))
def test_late_positions_by_trying_everything(game: Game, seed: int, stones: int) -> None:
    state = _late(game, seed, stones)
    exact = ExhaustiveSolver(game, Limits(nodes=100_000)).solve(state)
    assert SOLVERS[game.name].solve(state).values == exact.values


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), stones=st.integers(10, 20))
def test_the_table_changes_no_answer(seed: int, stones: int) -> None:
    """A solver whose table ends at 3 stones has to search for what the other looks up."""
    searching = KalahaSolver(GAMES[0])
    searching._table = TINY
    state = _late(GAMES[0], seed, stones)
    assert searching.solve(state).values == SOLVERS["kalaha"].solve(state).values


TINY = build(3)


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_the_reference(game: Game) -> None:
    assert_exact(SOLVERS[game.name], sample("kalah_late", game.name))


def test_every_board_has_its_own_entry() -> None:
    boards = np.array([b for b in np.ndindex(*[4] * 12) if sum(b) <= 3], np.int64)
    weight = weights(3)
    indices = [rank(board, weight) for board in boards]
    assert sorted(indices) == list(range(entries(3))) == list(range(455))
    assert UNSET not in TINY
    assert all(abs(TINY[i]) <= b.sum() for i, b in zip(indices, boards, strict=True))
    assert all((TINY[i] - b.sum()) % 2 == 0 for i, b in zip(indices, boards, strict=True))


def test_a_table_is_built_once_and_kept(tmp_path: Path) -> None:
    built = endgame_table(tmp_path / "tables", stones=5)
    file = tmp_path / "tables" / "kalaha-5.bin"
    before = file.stat().st_mtime_ns
    assert (endgame_table(tmp_path / "tables", stones=5) == built).all()
    assert file.stat().st_mtime_ns == before
    assert [path.name for path in file.parent.iterdir()] == ["kalaha-5.bin"]


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "foreign", "other name"])
def test_a_damaged_table_is_refused(tmp_path: Path, damage: str) -> None:
    endgame_table(tmp_path, stones=4)
    file = tmp_path / "kalaha-4.bin"
    data = file.read_bytes()
    flipped = data[:-7] + bytes([data[-7] ^ 1]) + data[-6:]
    renamed = data.replace(b"kalaha-4", b"kalaha-9", 1)
    changed = {"flip": flipped, "cut": data[:-1], "empty": b"", "foreign": b"\xff\n\n"}
    file.write_bytes(changed.get(damage, renamed))
    with pytest.raises(StorageError, match=r"kalaha-4\.bin is damaged.*delete it"):
        endgame_table(tmp_path, stones=4)


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot write the endgame table"):
        write_table(tmp_path / "file" / "x.bin", "x", TINY)
    with pytest.raises(StorageError, match="cannot read the endgame table"):
        read_table(tmp_path, "x", 3)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ((0x060606060606, 0x060606060607), "73 stones instead of 72"),
        ((0x060606060606 | 2 << 56, 0x060606060606), "a mover that is neither 0 nor 1"),
        ((0x060606060606, 0x060606060606 | 1 << 56), "a mover that is neither 0 nor 1"),
        ((0x240606060606060, 0), "stones instead of 72"),
        ((0x30000000000024, 0), None),
        ((0x24 | 0x24 << 48, 0), "one side is empty and the other was not swept"),
    ],
)
def test_impossible_boards(words: tuple[int, int], fault: str | None) -> None:
    with pytest.raises(ImpossibleState, match=fault or "stones instead of 72"):
        SOLVERS["kalaha"].solve(np.array(words, np.uint64))
