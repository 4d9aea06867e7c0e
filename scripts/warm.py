"""Compiles the search of every game into Numba's cache, so that no first move waits for it."""

from __future__ import annotations

from actor.selfplay import SelfPlay
from engine.evaluator.uniform import UniformEvaluator
from engine.games import all_games
from engine.search.live import Live
from engine.sources import load

if __name__ == "__main__":
    for game in all_games().values():
        evaluator = UniformEvaluator(game)
        settings = load({"run": {"game": game.name}, "selfplay": {"games": 2}})
        SelfPlay(game, settings).step(evaluator)
        mind, state = Live(game, evaluator, 100), game.new()
        for _ in range(2):  # the second position is found in the tree of the first
            state = game.after(state, int(mind.think(state, 50).best[0]))
