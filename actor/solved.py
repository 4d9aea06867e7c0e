"""Where solved positions come from: lines of play, labelled by the game's own solver within limits.

A line is the list of moves from the start position. Only positions count in which a move can be
wrong: the legal ones do not all keep the same result.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np

from engine.config import SearchSettings
from engine.errors import OutOfReach
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game, State, value_for
from engine.search import search
from engine.solver import Limits, solver_for

TRIES = 20
"""Lines looked at for each position that is wanted."""
REACH = Limits(nodes=200_000, seconds=1.0)
"""What labelling one position may cost: a run must not wait minutes for its yardstick."""
MOST_SECONDS = 60.0
"""What making one set may cost, in time of the processor."""
SIMULATIONS = 100
"""Of the search that goes wrong in a hard position."""
PATIENCE = 10
"""Failures of the solver at a ply that are forgiven, and one more for each success there."""

Line = list[int]
Label = tuple[Line, dict[int, int]]
"""A line and the exact value of every legal action after it, for the mover."""

Solve = Callable[[State], dict[int, int] | None]
"""The exact value of every legal action for the mover, or None beyond the solver's reach."""

Worth = Callable[[State], bool]
"""Whether a position is worth to be solved."""
Wish = Callable[[State, dict[int, int]], bool]
"""Whether a solved position is one of those that are looked for."""


def never() -> bool:
    """Nobody interrupts."""
    return False


def all_worth(state: State) -> bool:
    """Every position is worth to be solved."""
    return True


def all_wanted(state: State, values: dict[int, int]) -> bool:
    """Every position is looked for."""
    return True


def labelled(
    game: Game,
    lines: Iterator[Line],
    solve: Solve,
    wanted: int,
    worth: Worth = all_worth,
    wish: Wish = all_wanted,
    stopped: Callable[[], bool] = never,
) -> list[Label]:
    """Up to `wanted` different positions after `lines`, with their values.

    A position that the solver does not reach is passed over, and so are the others of its ply once
    most of them were out of reach: that would take nearly all the time. The same lines give the
    same labels, unless a limit in seconds, which protects a slow machine, cuts in.
    """
    deadline = time.thread_time() + MOST_SECONDS
    found: dict[bytes, Label] = {}
    patience: dict[int, int] = defaultdict(lambda: PATIENCE)
    for _ in range(TRIES * wanted):
        if len(found) == wanted or time.thread_time() > deadline or stopped():
            break
        line = next(lines)
        state = game.replay(line)
        if patience[len(line)] == 0 or state.tobytes() in found or not worth(state):
            continue
        values = solve(state)
        patience[len(line)] += 1 if values is not None else -1
        if values is not None and _can_err(values) and wish(state, values):
            found[state.tobytes()] = (line, values)
    return list(found.values())


def _can_err(values: dict[int, int]) -> bool:
    return len(set(np.sign(list(values.values())))) > 1


def random_lines(game: Game, rng: np.random.Generator) -> Iterator[Line]:
    """Uniformly random games without end, each cut at a random ply."""
    while True:
        yield _cut(_random_moves(game, rng), rng)


def lines_of(games: list[Line], rng: np.random.Generator) -> Iterator[Line]:
    """Finished `games` drawn without end, each cut at a random ply; there must be one."""
    while True:
        yield _cut(games[int(rng.integers(0, len(games)))], rng)


def in_turn(first: Iterator[Line], second: Iterator[Line]) -> Iterator[Line]:
    """A line of each, again and again."""
    while True:
        yield next(first)
        yield next(second)


def _cut(moves: Line, rng: np.random.Generator) -> Line:
    return moves[: int(rng.integers(0, len(moves)))]


def _random_moves(game: Game, rng: np.random.Generator) -> Line:
    state, moves = game.new(), []
    while not game.is_over(state):
        moves.append(int(rng.choice(game.legal(state))))
        game.rules.play(state, moves[-1])
    return moves


def quiet(game: Game) -> Worth:
    """Whether no move wins at once, and more than one leaves the opponent no win at once.

    What remains is decided by looking further: neither a win to be taken nor one to be blocked.
    """

    def wins(state: State) -> bool:
        mover = game.mover(state)
        ends = (game.after(state, action) for action in game.legal(state))
        return any(game.is_over(end) and value_for(game.result(end), mover) > 0 for end in ends)

    def is_quiet(state: State) -> bool:
        mover = game.mover(state)
        answers = [game.after(state, action) for action in game.legal(state)]
        safe = (game.is_over(a) or game.mover(a) == mover or not wins(a) for a in answers)
        return not wins(state) and sum(safe) > 1

    return is_quiet


def hard(game: Game) -> Wish:
    """Whether SIMULATIONS simulations without a network choose a move that loses the result."""
    uniform, settings = UniformEvaluator(game), SearchSettings()

    def wish(state: State, values: dict[int, int]) -> bool:
        chosen = int(search(game, state[None], SIMULATIONS, uniform, settings).best[0])
        return bool(np.sign(values[chosen]) != np.sign(max(values.values())))

    return wish


def text_of(game: Game, labels: list[Label]) -> bytes:
    """The content of a file of solved positions, see `engine.solver.positions`."""
    entries = [
        {"game": game.name, "moves": moves, "values": {str(a): v for a, v in values.items()}}
        for moves, values in labels
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
