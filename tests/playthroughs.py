"""Golden playthroughs: one random game per game as a text file, compared to the letter.

After a wanted change of rules, `python -m tests.playthroughs` writes the files anew; read the diff.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.game import Game
from engine.games import all_games

FOLDER = Path(__file__).parent / "reference" / "playthroughs"
SEED = 2026


def playthrough(game: Game) -> str:
    """A random game: board, mover, legal actions and the one played at every ply; the result."""
    rng = np.random.default_rng(SEED)
    state, ply = game.new(), 0
    lines = [f"{game.title}, rules version {game.version}"]
    while True:
        lines += ["", f"ply {ply}", *board(game, game.cells(state))]
        legal = game.legal(state)
        if not legal:
            return "\n".join([*lines, f"result {game.result(state)}", ""])
        action = int(rng.choice(legal))
        lines += [
            f"mover  {game.mover(state)}",
            f"legal  {' '.join(f'{a}={game.label(a)}' for a in legal)}",
            f"action {action}",
        ]
        game.rules.play(state, action)
        ply += 1


def board(game: Game, cells: object) -> list[str]:
    """The cells, row by row."""
    grid = np.array(cells).reshape(game.view.rows, game.view.columns)
    return [" ".join(f"{cell or '.':>2}" for cell in row) for row in grid]


if __name__ == "__main__":
    for name, game in all_games().items():
        (FOLDER / f"{name}.txt").write_text(playthrough(game), encoding="utf-8")
