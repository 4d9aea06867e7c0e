"""Compiles the search of every game into Numba's cache, so that no first move waits for it."""

from __future__ import annotations

from engine.evaluator.uniform import UniformEvaluator
from engine.games import all_games
from engine.search.search import search

if __name__ == "__main__":
    for game in all_games().values():
        search(game, game.new()[None], 2, UniformEvaluator(game))
