"""Winning what is won: the exact player does, a random mover does not, and every game is shown."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from actor.conversion import Exam, convert
from actor.specs import Recipe, parse
from engine.config import SearchSettings
from engine.games import find
from engine.solver import Limits
from engine.solver.positions import Solved, read_positions

GAME = find("tictactoe")
REFERENCE = Path(__file__).resolve().parents[1] / "reference"


def _won() -> list[Solved]:
    solved = read_positions(REFERENCE / "tictactoe_all.jsonl", GAME)
    return [p for p in solved if p.ply == 3 and max(p.values.values()) > 0]


def _exam(spec: str) -> Exam:
    return Exam("tictactoe", Recipe(parse(spec)), SearchSettings(), Limits())


def test_exact_play_wins_every_won_position() -> None:
    found = convert(_exam("solver"), _won(), 0)
    assert found.wins == len(found.lines) == len(_won()) == 50
    assert found.as_dict()["share"] == 1.0 and found.as_dict()["missed"] == []


def test_processes_share_the_games_and_change_nothing() -> None:
    alone = convert(_exam("mcts:3/t1"), _won()[:8], 5)
    assert convert(_exam("mcts:3/t1"), _won()[:8], 5, workers=2) == alone
    assert convert(_exam("mcts:3/t1"), _won()[:8], 6) != alone


def test_a_random_mover_misses_wins_and_the_games_are_told() -> None:
    done: list[int] = []
    found = convert(_exam("random"), _won(), 0, report=done.append)
    told = found.as_dict()
    assert done == list(range(1, len(found.lines) + 1))
    assert told["wins"] + told["draws"] + told["losses"] == told["games"] == len(_won())
    assert 0 < told["wins"] < told["games"]
    for position, line in zip(_won(), found.lines, strict=True):
        state = position.state
        for action in line.moves:
            state = GAME.after(state, action)
        mine = GAME.mover(position.state)
        assert np.sign(line.value) == np.sign(GAME.result(state)) * (1 if mine == 0 else -1)


def test_a_position_that_is_not_won_is_refused(tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.jsonl"
    values = {str(a): 0 for a in range(9)}
    drawn.write_text(json.dumps({"game": "tictactoe", "moves": [], "values": values}) + "\n")
    command = [sys.executable, "-m", "actor", "convert", "--player", "solver"]
    done = subprocess.run(
        [*command, "--positions", str(drawn), "--data-dir", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "drawn.jsonl: not won for its mover: .../.../... mover 0" in done.stderr


def test_the_openings_that_the_first_player_wins_are_what_is_known() -> None:
    """Connect 4: 28 of them, won for the mover; the empty board by the middle column alone."""
    won = read_positions(REFERENCE / "connect4_won.jsonl", find("connect4"))
    assert len(won) == 28 and all(max(p.values.values()) > 0 for p in won)
    assert won[0].ply == 0 and [a for a, v in won[0].values.items() if v > 0] == [3]
    assert {p.ply for p in won[1:]} == {2}
