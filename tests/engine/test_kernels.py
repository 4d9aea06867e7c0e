"""Kernels are compiled once per machine: the second process finds them on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.games import all_games, find
from engine.kernels import bind
from engine.search.descent import advance

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys
from actor.selfplay import SelfPlay
from engine.evaluator.uniform import UniformEvaluator
from engine.games import find
from engine.kernels import compilations
from engine.search.live import Live
from engine.sources import load
game = find(sys.argv[1])
judge = UniformEvaluator(game)
selfplay = SelfPlay(game, load({"run": {"game": game.name}, "selfplay": {"games": 2}}))
while selfplay.counters.games < 2:
    selfplay.step(judge)
mind, state = Live(game, judge, 50), game.new()
for _ in range(3):
    state = game.after(state, int(mind.think(state, 50).best[0]))
print(compilations())
"""
KERNELS = 6
"""play_on, begin_games and reroot for self-play; begin, advance and report for a search."""


OTHERS = [name for name in all_games() if name != "tictactoe"]


@pytest.mark.parametrize(
    "name", ["tictactoe", *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)]
)
def test_a_second_process_compiles_nothing(tmp_path: Path, name: str) -> None:
    """In play, in a live game and with a tree that is kept."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", SCRIPT, name]
    counts = [
        int(subprocess.check_output(command, env=environment, cwd=tmp_path)) for _ in range(2)
    ]
    assert counts == [KERNELS, 0]


def test_one_kernel_per_game() -> None:
    tictactoe, connect4 = find("tictactoe"), find("connect4")
    assert bind(advance, tictactoe) is bind(advance, tictactoe)
    assert bind(advance, tictactoe) is not bind(advance, connect4)


def test_the_name_changes_with_the_rules() -> None:
    names = {bind(advance, game).__qualname__ for game in all_games().values()}
    assert len(names) == len(all_games())
    for game in all_games().values():
        assert game.fingerprint in bind(advance, game).__qualname__
