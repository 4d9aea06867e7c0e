"""Compiles search and exact play of every game into Numba's cache: no first move waits for it."""

from __future__ import annotations

import multiprocessing as mp
import os

from actor.selfplay import SelfPlay
from engine.evaluator.uniform import UniformEvaluator
from engine.games import all_games, find
from engine.search.live import Live
from engine.solver import solver_for
from engine.sources import load


def warm(name: str) -> None:
    """Play a wave of self-play and two moves of a live game, and make its solver."""
    game = find(name)
    solver_for(game)  # its kernels have declared types: importing them compiles them
    evaluator = UniformEvaluator(game)
    settings = load({"run": {"game": name}, "selfplay": {"games": 2}})
    SelfPlay(game, settings).step(evaluator)
    mind, state = Live(game, evaluator, 100), game.new()
    for _ in range(2):  # the second position is found in the tree of the first
        state = game.after(state, int(mind.think(state, 50).best[0]))


if __name__ == "__main__":
    with mp.get_context("spawn").Pool(os.cpu_count()) as pool:
        pool.map(warm, all_games(), chunksize=1)
