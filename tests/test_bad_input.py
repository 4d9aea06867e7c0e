"""What a user can do wrong: one line that says so, the right exit code, and nothing lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.games import find
from storage.layout import RunPaths, create
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay
from tests.models import linear_model

ROOT = Path(__file__).resolve().parents[1]
QUICK = ["--set=selfplay.games=4", "--set=search.simulations=5", "--workers=1"]
PLAY = ["actor", *QUICK, "--max-episodes=2"]


def _run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CARTRIDGE_")}
    return subprocess.run(
        [sys.executable, "-m", *command],
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _refusal(done: subprocess.CompletedProcess[str], code: int) -> str:
    """The one line of an orderly refusal."""
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert lines, done.stderr
    return lines[0]


@pytest.mark.parametrize("role", ["actor", "trainer", "web"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--game", "chess"], "there is no game 'chess', known are: connect4, hex7, kalaha"),
        (["--set", "search.simulation=3"], "did you mean search.simulations?"),
        (["--set", "search.simulations=-1"], "search.simulations = '-1' is refused"),
        (["--set", "nonsense"], "not of the form section.key=value"),
        (["--config", "missing.toml"], "cannot read the configuration missing.toml"),
    ],
)
def test_wrong_settings(tmp_path: Path, role: str, options: list[str], message: str) -> None:
    assert message in _refusal(_run(tmp_path, role, *options), 2)
    assert not (tmp_path / "data").exists()


def test_a_misspelt_variable(tmp_path: Path) -> None:
    done = _run(tmp_path, "actor", CARTRIDGE_SELFPLAY_WORKER="2")
    assert "did you mean CARTRIDGE_SELFPLAY_WORKERS?" in _refusal(done, 2)


def test_an_unknown_flag_is_a_usage_error(tmp_path: Path) -> None:
    done = _run(tmp_path, "trainer", "--gmae", "x")
    assert done.returncode == 2 and "--game" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("role", ["actor", "trainer"])
def test_a_data_folder_that_cannot_be_written(tmp_path: Path, role: str) -> None:
    (tmp_path / "file").write_text("mine")
    done = _run(tmp_path, role, "--data-dir", "file/data")
    assert "file/data" in _refusal(done, 1)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    "command", [["trainer"], ["actor", "--workers=1"]], ids=["trainer", "actor"]
)
def test_a_corrupt_database_is_kept(tmp_path: Path, command: list[str]) -> None:
    paths = RunPaths(tmp_path / "data" / "tictactoe")
    create(paths)
    paths.replay.write_bytes(b"this is no database" * 100)
    message = _refusal(_run(tmp_path, *command), 1)
    assert "replay.db is damaged" in message and "nothing was deleted" in message
    assert paths.replay.read_bytes() == b"this is no database" * 100


def test_a_damaged_stored_game_is_named(tmp_path: Path) -> None:
    assert _run(tmp_path, *PLAY).returncode == 0
    paths = RunPaths(tmp_path / "data" / "tictactoe")
    with SqliteReplay(paths.replay, find("tictactoe")) as replay:
        replay._db.execute("UPDATE games SET data = zeroblob(40) WHERE id = 2")
    message = _refusal(_run(tmp_path, "trainer"), 1)
    assert "game 2 of" in message and "damaged" in message


def test_the_run_of_another_game(tmp_path: Path) -> None:
    assert _run(tmp_path, *PLAY, "--run-name", "mine").returncode == 0
    done = _run(tmp_path, *PLAY, "--run-name", "mine", "--game", "connect4")
    message = _refusal(done, 1)
    assert "'tictactoe'" in message and "'connect4'" in message


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: linear_model(find("connect4")), "the model plays connect4, this run plays tict"),
        (lambda: linear_model(find("tictactoe"))[:300], "not a complete ONNX model (300 bytes)"),
        (lambda: linear_model(find("tictactoe"), rules_version=9), "rules version 9"),
    ],
    ids=["other game", "truncated", "other rules"],
)
def test_a_model_that_does_not_fit_is_reported_and_not_used(
    tmp_path: Path, model: Callable[[], bytes], message: str
) -> None:
    paths = RunPaths(tmp_path / "data" / "tictactoe")
    create(paths)
    paths.latest.write_bytes(model())
    done = _run(tmp_path, *PLAY)
    assert done.returncode == 0 and message in done.stderr and "Traceback" not in done.stderr
    with SqliteReplay(paths.replay, find("tictactoe")) as replay:
        assert [record.model_step for _, record in replay.tail(0, 10)] == [-1, -1]
    done = _run(tmp_path, "actor", "arena", "latest@5", "random", "--games", "2")
    assert message in _refusal(done, 1)


def test_a_game_that_was_edited_during_its_run(tmp_path: Path) -> None:
    """What plays by the new rules is refused and touches nothing; by the old ones it goes on."""
    paths = RunPaths(tmp_path / "data" / "tictactoe")
    assert _run(tmp_path, *PLAY).returncode == 0
    edited = tmp_path / "edited"
    shutil.copytree(ROOT / "engine", edited / "engine")
    file = edited / "engine" / "games" / "tictactoe.py"
    text = file.read_text()
    assert text.count("version=1,") == 1
    file.write_text(text.replace("version=1,", "version=2,"))
    new = {"PYTHONPATH": f"{edited}{os.pathsep}{ROOT}"}
    with SqliteReplay(paths.replay, find("tictactoe")) as replay:
        for command in (["trainer"], PLAY, ["trainer", "loop"]):
            message = _refusal(_run(tmp_path, *command, **new), 1)
            assert "holds games by rules version 1 of 'tictactoe', this program plays v" in message
        assert replay.totals().games == 2 and not paths.latest.exists()
        assert not paths.checkpoint.exists()
    assert _run(tmp_path, *PLAY).returncode == 0
    with SqliteReplay(paths.replay, find("tictactoe")) as replay:
        assert replay.totals().games == 4


def test_a_second_learner(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "trainer"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as first:
        assert first.stderr is not None
        first.stderr.readline()  # it waits for games, and so holds the lock
        message = _refusal(_run(tmp_path, "trainer"), 1)
        first.terminate()
        first.communicate()
    assert "learner.lock" in message
    assert first.returncode == 0


@pytest.mark.parametrize(
    ("command", "message", "code"),
    [
        (["arena", "alphago", "random"], "'alphago' is no player; known forms", 2),
        (["arena", "latest@5", "random"], "no latest model yet; train it first", 1),
        (["arena", "random", "random", "--games", "3"], "even number of games, 3", 2),
        (["arena", "random", "random", "--opening-plies", "99"], "lasts 99 random plies", 2),
        (["accuracy", "--player", "random", "--positions", "no.jsonl"], "cannot read the pos", 2),
        (["bench", "--model", "no.onnx"], "no.onnx", 2),
    ],
)
def test_wrong_questions(tmp_path: Path, command: list[str], message: str, code: int) -> None:
    assert message in _refusal(_run(tmp_path, "actor", *command), code)


def test_a_checkpoint_of_another_network(tmp_path: Path) -> None:
    tiny = ["--set=learner.min_positions=1", "--set=learner.publish_every=1", "--max-steps=1"]
    assert _run(tmp_path, *PLAY, "--max-episodes=50").returncode == 0
    assert _run(tmp_path, "trainer", *tiny, "--set=learner.batch_size=8").returncode == 0
    before = {p: p.read_bytes() for p in (tmp_path / "data").rglob("*.onnx")}
    message = _refusal(_run(tmp_path, "trainer", "--set=network.width=64"), 1)
    assert "architecture mlp-128x2, the configuration says mlp-64x2" in message
    assert before == {p: p.read_bytes() for p in (tmp_path / "data").rglob("*.onnx")}
    assert FilesystemModels(RunPaths(tmp_path / "data" / "tictactoe")).steps() == [1]
