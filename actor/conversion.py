"""Does a player win what is won? From won positions, each once, against the longest defence.

The opponent plays exactly: of the moves with the best value for him, which for a lost position is
the longest way to the loss, one at random. So every game that is not won is one mistake at least.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from actor.players import Player, SolverPlayer
from actor.specs import Recipe
from actor.workshop import Workshop
from engine.config import SearchSettings
from engine.game import Game, State, value_for
from engine.games import find
from engine.intervals import wilson
from engine.solver import Limits, solver_for
from engine.solver.positions import Solved


@dataclass(frozen=True)
class Exam:
    """What every process needs: the game's name, who plays and how, what an exact move may cost."""

    game: str
    recipe: Recipe
    search: SearchSettings
    limits: Limits


@dataclass(frozen=True)
class Line:
    """One game: where it began, the moves from there, and what it gave to the player."""

    ply: int
    moves: tuple[int, ...]
    value: float


@dataclass(frozen=True)
class Conversion:
    """The games of a player from won positions; only a win counts."""

    lines: tuple[Line, ...]

    @property
    def wins(self) -> int:
        """How many were won."""
        return sum(line.value > 0 for line in self.lines)

    def as_dict(self) -> dict[str, object]:
        """For JSON: the share of wins with its 95 % Wilson interval, and the games not won."""
        count = len(self.lines)
        missed = [line for line in self.lines if line.value <= 0]
        return {
            "games": count,
            "wins": self.wins,
            "draws": sum(line.value == 0 for line in self.lines),
            "losses": sum(line.value < 0 for line in self.lines),
            "share": self.wins / count,
            "interval": list(wilson(self.wins, count)),
            "missed": [{"from_ply": line.ply, "moves": list(line.moves)} for line in missed],
        }


def convert(
    exam: Exam,
    won: Sequence[Solved],
    seed: int,
    workers: int = 1,
    report: Callable[[int], None] = lambda done: None,
) -> Conversion:
    """Let a player go on from each of the positions `won`, all won for their mover.

    `report` is told how many games are over. The games do not depend on how many processes share
    them. Raises ValueError for a position that is not won, OutOfReach where the solver cannot
    answer within its limits, and what `Recipe.player` raises.
    """
    for position in won:
        if max(position.values.values()) <= 0:
            text = find(exam.game).text(position.state)
            raise ValueError(f"not won for its mover: {text}")
    lines: list[Line] = []
    jobs = [(position, (seed, number)) for number, position in enumerate(won)]
    with Workshop(examine, exam, workers) as workshop:
        for line in workshop.answers(jobs):
            lines.append(line)
            report(len(lines))
    return Conversion(tuple(lines))


def examine(exam: Exam) -> Callable[[tuple[Solved, tuple[int, ...]]], Line]:
    """The tool of the workshop: plays one game, with the entropy of its random choices."""
    game = find(exam.game)
    player = exam.recipe.player(game, exam.search)
    exact = SolverPlayer(solver_for(game, exam.limits))

    def play(job: tuple[Solved, tuple[int, ...]]) -> Line:
        position, entropy = job
        return _play(game, player, exact, position, np.random.default_rng(entropy))

    return play


def _play(
    game: Game, player: Player, exact: Player, position: Solved, rng: np.random.Generator
) -> Line:
    mine, state = game.mover(position.state), position.state
    moves: list[int] = []
    while not game.is_over(state):
        moves.append(_choice(player if game.mover(state) == mine else exact, state, rng))
        state = game.after(state, moves[-1])
    return Line(position.ply, tuple(moves), value_for(game.result(state), mine))


def _choice(player: Player, state: State, rng: np.random.Generator) -> int:
    return int(player.choose(state[None], rng)[0])
