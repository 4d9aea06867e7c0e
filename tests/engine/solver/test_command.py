"""`python -m engine solve`, and solvers loaded from Numba's cache by another process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.games import find
from engine.solver import solver_for

ROOT = Path(__file__).resolve().parents[3]


def _run(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    where = ["--data-dir", str(folder)] if folder else []
    return subprocess.run(
        [sys.executable, *arguments, *where],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_one_position() -> None:
    done = _run(
        "-m", "engine", "solve", "--game", "connect4", "--moves", "3,3,3,3,3,2,3,2,2,2,1,1,1,1"
    )
    assert done.returncode == 0, done.stderr
    assert " positions in " in done.stdout.splitlines()[-1]


def test_values_as_json() -> None:
    done = _run("-m", "engine", "solve", "--game", "tictactoe", "--moves", "0,1", "--json")
    found = json.loads(done.stdout)
    assert found["outcome"] == "win"
    assert found["values"] == {"2": 0, "3": 1, "4": 1, "5": 0, "6": 1, "7": 0, "8": 0}


def test_a_file_that_agrees_and_one_that_does_not(tmp_path: Path) -> None:
    lines = (ROOT / "tests/reference/othello_late.jsonl").read_text().splitlines()[:5]
    other = '{"game": "tictactoe", "moves": [], "values": {}}'
    file = tmp_path / "some.jsonl"
    file.write_text("\n".join([*lines, other]))
    command = ("-m", "engine", "solve", "--game", "othello", "--positions", str(file), "--json")
    done = _run(*command)
    found = json.loads(done.stdout)
    assert (found["positions"], found["solved"], found["agree"]) == (5, 5, 5)
    assert done.returncode == 0
    wrong = json.loads(lines[0])
    wrong["values"] = {action: value + 2 for action, value in wrong["values"].items()}
    file.write_text("\n".join([json.dumps(wrong), *lines[1:]]))
    done = _run(*command)
    assert json.loads(done.stdout)["agree"] == 4 and done.returncode == 1
    done = _run(*command, "--nodes", "1")
    assert json.loads(done.stdout)["solved"] == 0 and done.returncode == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--moves", "3,x"], "--moves '3,x' is no list of actions"),
        (["--moves", "9"], "ply 1: action 9 is illegal in this Connect 4 position"),
        (["--moves", "0,1,0,1,0,1,0"], "Connect 4 is over"),
        (["--nodes", "50"], "Connect 4: not solved within 50 positions"),
        (["--positions", "missing.jsonl"], "cannot read the positions missing.jsonl"),
    ],
)
def test_wrong_use(options: list[str], message: str) -> None:
    done = _run("-m", "engine", "solve", "--game", "connect4", *options)
    assert done.returncode in (1, 2) and "Traceback" not in done.stderr
    assert f"error: {message}" in done.stderr


@pytest.mark.parametrize("name", ["connect4", "kalaha4", "othello"])
def test_another_process_finds_the_same(name: str) -> None:
    """Compiled here, loaded from the cache there; recursion once crashed on that way."""
    game, files = find(name), {"connect4": "connect4_value", "kalaha4": "kalah_late"}
    file = ROOT / f"tests/reference/{files.get(name, 'othello_late')}.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    moves = next(line["moves"] for line in reversed(lines) if line["game"] == name)
    script = (
        "from engine.games import find; from engine.solver import solver_for;"
        f" game = find({name!r}); print(solver_for(game).solve(game.replay({moves})).values)"
    )
    done = _run("-c", script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(solver_for(game).solve(game.replay(moves)).values)


@pytest.mark.slow
def test_the_table_on_first_use(tmp_path: Path) -> None:
    file = ROOT / "tests/reference/kalah_late.jsonl"
    command = ("-m", "engine", "solve", "--game", "kalaha", "--positions", str(file), "--json")
    done = _run(*command, folder=tmp_path)
    assert "building the endgame table of 16 stones" in done.stderr
    assert json.loads(done.stdout)["agree"] == 74
    assert (tmp_path / "tables" / "kalaha-16.bin").stat().st_size > 30_000_000
    done = _run(*command, folder=tmp_path)
    assert done.stderr == "" and json.loads(done.stdout)["agree"] == 74
