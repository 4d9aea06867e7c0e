"""Kernels are compiled once per machine: the second process finds them on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from engine.games import all_games, find
from engine.kernels import bind
from engine.search.wave import advance

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
from actor.selfplay import SelfPlay
from engine.sources import load
from engine.evaluator.uniform import UniformEvaluator
from engine.games import all_games
from engine.kernels import compilations
for game in all_games().values():
    settings = load({"run": {"game": game.name}, "selfplay": {"games": 2}})
    selfplay = SelfPlay(game, settings)
    while selfplay.counters.games < 2:
        selfplay.step(UniformEvaluator(game))
print(compilations())
"""


def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path)}
    counts = [
        int(subprocess.check_output([sys.executable, "-c", SCRIPT], env=environment, cwd=tmp_path))
        for _ in range(2)
    ]
    assert counts == [3 * len(all_games()), 0]  # advance, begin, conclude


def test_one_kernel_per_game() -> None:
    tictactoe, connect4 = find("tictactoe"), find("connect4")
    assert bind(advance, tictactoe) is bind(advance, tictactoe)
    assert bind(advance, tictactoe) is not bind(advance, connect4)


def test_the_name_changes_with_the_rules() -> None:
    names = {bind(advance, game).__qualname__ for game in all_games().values()}
    assert len(names) == len(all_games())
    for game in all_games().values():
        assert game.fingerprint in bind(advance, game).__qualname__
