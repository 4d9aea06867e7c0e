"""How often the network's policy agrees with exact play, on positions that the run makes itself.

The positions come from uniformly random games, are labelled once by the game's solver and kept in
the run's folder, so that every model of a run is measured on the same ones.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from actor.accuracy import Solved, accuracy, read_positions
from actor.players import SearchPlayer
from engine.config import SearchSettings
from engine.errors import OutOfReach
from engine.evaluator.onnx import OnnxEvaluator
from engine.game import Game, State
from engine.solver import Limits, solver_for
from storage.atomic import write_atomically
from storage.layout import RunPaths

LOG = logging.getLogger(__name__)

POSITIONS = 300
MOST_TRIES = 20 * POSITIONS
REACH = Limits(nodes=200_000, seconds=1.0)
"""What labelling one position may cost: a run must not wait minutes for its yardstick."""
MOST_SECONDS = 60.0
"""What making all of them may cost."""

Solve = Callable[[State], dict[int, int] | None]
"""The exact value of every legal action for the mover, or None beyond the solver's reach."""


class Yardstick:
    """The solved positions of one run; empty until they are made and where no solver reaches."""

    def __init__(self, game: Game, paths: RunPaths, solve: Solve) -> None:
        self.positions: list[Solved] = []
        self._game = game
        self._paths = paths
        self._solve = solve
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self.prepare, name="yardstick", daemon=True)

    def start(self) -> None:
        """Prepare beside the learner, which need not wait a minute for it."""
        self._thread.start()

    def stop(self) -> None:
        """Give up preparing; what is not finished is made anew by the next start."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def prepare(self) -> None:
        """Read the positions of the run, or make and keep them."""
        path = self._paths.yardstick
        if not path.exists():
            made = make_positions(self._game, self._solve, self._stopped.is_set)
            if self._stopped.is_set():
                return
            write_atomically(path, _lines(self._game, made))
        # An empty file is the honest record of a solver that reaches nothing.
        if path.stat().st_size > 0:
            self.positions = read_positions(path, self._game)

    def measure(self, data: bytes, step: int) -> dict[str, Any] | None:
        """A row of stats.json for a published model: its policy alone, without any search."""
        if not self.positions:
            return None
        player = SearchPlayer(self._game, OnnxEvaluator(self._game, data), 0, SearchSettings())
        found = accuracy(player, self.positions, np.random.default_rng(0))
        kept = ("positions", "wdl_optimal", "wdl_interval", "exact_optimal", "random_wdl_optimal")
        return {"step": step, **{name: found[name] for name in kept}}


def never() -> bool:
    """Nobody interrupts."""
    return False


def make_positions(
    game: Game, solve: Solve, stopped: Callable[[], bool] = never
) -> list[tuple[list[int], dict[int, int]]]:
    """Up to POSITIONS positions of random games in which a move can be wrong, with their values.

    A game is cut at a random ply; a position that the solver does not reach is passed over.
    """
    rng = np.random.default_rng(0)
    deadline = time.monotonic() + MOST_SECONDS
    found: dict[bytes, tuple[list[int], dict[int, int]]] = {}
    for _ in range(MOST_TRIES):
        if len(found) == POSITIONS or time.monotonic() > deadline or stopped():
            break
        moves = _random_moves(game, rng)
        moves = moves[: int(rng.integers(0, len(moves)))]
        state = game.replay(moves)
        values = None if state.tobytes() in found else solve(state)
        if values is not None and len(set(np.sign(list(values.values())))) > 1:
            found[state.tobytes()] = (moves, values)
    if len(found) < POSITIONS:
        LOG.info("%d solved positions to measure by, %d were wanted", len(found), POSITIONS)
    return list(found.values())


def _random_moves(game: Game, rng: np.random.Generator) -> list[int]:
    state, moves = game.new(), []
    while not game.is_over(state):
        moves.append(int(rng.choice(game.legal(state))))
        game.rules.play(state, moves[-1])
    return moves


def _lines(game: Game, positions: list[tuple[list[int], dict[int, int]]]) -> bytes:
    entries = [
        {"game": game.name, "moves": moves, "values": {str(a): v for a, v in values.items()}}
        for moves, values in positions
    ]
    return "".join(json.dumps(entry) + "\n" for entry in entries).encode()


def solver_of(game: Game) -> Solve:
    """Exact values by the game's solver, None beyond its reach."""
    solver = solver_for(game, REACH)

    def solve(state: State) -> dict[int, int] | None:
        try:
            return solver.solve(state).values
        except OutOfReach:
            return None

    return solve
