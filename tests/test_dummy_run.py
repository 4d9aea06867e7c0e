"""The real pipeline with every knob small: real processes, real files, killed and started again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from actor.accuracy import read_positions
from actor.players import SearchPlayer
from engine.config import SearchSettings
from engine.evaluator.onnx import OnnxEvaluator, read_card
from engine.game import Game, State, value_for
from engine.games import find
from storage.evaluations import read_evaluations
from storage.layout import RunPaths
from storage.replay.sqlite import SqliteReplay

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "tests" / "reference" / "tictactoe_all.jsonl"
DEADLINE = 120.0
TINY = [
    "--set=search.simulations=10",
    "--set=selfplay.games=16",
    "--set=selfplay.workers=1",
    "--set=network.width=16",
    "--set=network.depth=1",
    "--set=learner.batch_size=64",
    "--set=learner.min_positions=300",
    "--set=learner.publish_every=20",
    "--set=learner.horizon_steps=2000",
]


def _environment() -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CARTRIDGE_")}
    return {**clean, "PYTHONPATH": str(ROOT)}


@contextmanager
def _started(role: str, data_dir: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", *role.split(), "--data-dir", str(data_dir), *TINY, *options]
    process = subprocess.Popen(command, env=_environment(), cwd=data_dir.parent)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _run(*command: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        env=_environment(),
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _until(condition: Callable[[], Any]) -> Any:
    """The first true value of `condition`; fails after a generous deadline."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"nothing happened within {DEADLINE:.0f} s")


def _stats(paths: RunPaths) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(paths.stats.read_bytes()) if paths.stats.exists() else {}
    return found


def _step(paths: RunPaths) -> int:
    data = paths.latest.read_bytes() if paths.latest.exists() else None
    return read_card(data).step if data else 0


def _games(paths: RunPaths) -> int:
    with SqliteReplay(paths.replay, find("tictactoe")) as replay:
        return replay.totals().games


def test_games_become_a_model_and_the_model_a_move(tmp_path: Path) -> None:
    """Self-play, SQLite, learner, latest.onnx, a move over HTTP; then a clean stop of all."""
    data, paths = tmp_path / "data", RunPaths(tmp_path / "data" / "tictactoe")
    with ExitStack() as stack:
        actor = stack.enter_context(_started("actor", data))
        trainer = stack.enter_context(_started("trainer", data))
        port = _free_port()
        web = stack.enter_context(_started("web", data, "--port", str(port)))
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            _until(lambda: _answers(client))
            first = client.post("/game/new", json={"game": "tictactoe", "human": 1}).json()
            assert first["model"]["name"] in ("zoo", f"step_{_step(paths):06d}")
            _until(lambda: _step(paths) >= 40)
            reply = client.post("/move", json={"game": "tictactoe", "moves": [4], "action": 0})
            assert reply.json()["thoughts"][0]["model"]["step"] >= 40
            shown = _until(lambda: _two_alive(client))
            assert shown["training"] == "running" and shown["games"] > 0
            client.post("/selfplay", json={"command": "stop"})
            paused = _until(lambda: _paused(client))
            assert paused["training"] == "paused"
            client.post("/selfplay", json={"command": "start"})
            before = _step(paths)
            _until(lambda: _step(paths) > before)
        for process in (actor, trainer, web):
            process.terminate()
        assert [process.wait(30) for process in (actor, trainer, web)] == [0, 0, 0]
    assert not list(paths.heartbeats.iterdir())
    assert _stats(paths)["message"] == "stopped"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _answers(client: httpx2.Client) -> bool:
    try:
        return client.get("/health").status_code == 200
    except httpx2.ConnectError:
        return False


def _two_alive(client: httpx2.Client) -> dict[str, Any] | None:
    shown: dict[str, Any] = client.get("/stats").json()
    alive = [process for process in shown["processes"] if process["alive"]]
    return shown if len(alive) == 2 and shown["games"] else None


def _paused(client: httpx2.Client) -> dict[str, Any] | None:
    shown: dict[str, Any] = client.get("/stats").json()
    states = {process["state"] for process in shown["processes"]}
    return shown if states == {"paused"} else None


def test_killed_at_any_instant_nothing_is_lost_or_counted_twice(tmp_path: Path) -> None:
    data, paths = tmp_path / "data", RunPaths(tmp_path / "data" / "tictactoe")
    games, step = 0, 0
    for round_ in range(3):
        with ExitStack() as stack:
            actor = stack.enter_context(_started("actor", data))
            trainer = stack.enter_context(_started("trainer", data))
            target = step + 20
            _until(lambda: _step(paths) >= target)  # noqa: B023
            time.sleep(0.05 * round_)
            os.kill(trainer.pid, signal.SIGKILL)
            os.kill(actor.pid, signal.SIGKILL)
            trainer.wait()
            actor.wait()
        # Workers notice within a second or two that their crew is gone.
        _until(lambda: _games(paths) == _wait(lambda: _games(paths)))
        assert _games(paths) >= games and _step(paths) >= step
        games, step = _games(paths), _step(paths)
    _run("trainer", "--data-dir", str(data), *TINY, "--max-steps", str(step + 40), cwd=tmp_path)
    with SqliteReplay(paths.replay, find("tictactoe")) as replay:
        totals, stored = replay.totals(), replay.tail(0, 10**9)
    assert totals.games == len(stored) == len({identity for identity, _ in stored})
    assert totals.positions == sum(len(record.plies) for _, record in stored)
    stats = _stats(paths)
    assert stats["games"] == totals.games and stats["positions"] == totals.positions
    assert stats["step"] == step + 40
    assert stats["samples_used"] == stats["step"] * 64


def _wait(look: Callable[[], int]) -> int:
    time.sleep(2.5)
    return look()


def test_a_dead_worker_is_replaced(tmp_path: Path) -> None:
    data, paths = tmp_path / "data", RunPaths(tmp_path / "data" / "tictactoe")

    def pid() -> int | None:
        beat = paths.heartbeat("actor-0")
        return int(json.loads(beat.read_bytes())["pid"]) if beat.exists() else None

    with _started("actor", data) as actor:
        first = _until(pid)
        os.kill(first, signal.SIGKILL)
        second = _until(lambda: (now := pid()) and now != first and now)
        games = _games(paths)
        _until(lambda: _games(paths) > games)
        assert second != first and actor.poll() is None


def test_a_limited_run_plays_exactly_its_games(tmp_path: Path) -> None:
    data, paths = tmp_path / "data", RunPaths(tmp_path / "data" / "tictactoe")
    options = ["--data-dir", str(data), *TINY, "--workers", "2", "--max-episodes", "77"]
    _run("actor", *options, cwd=tmp_path)
    assert _games(paths) == 77


def test_one_worker_and_one_seed_give_the_same_games(tmp_path: Path) -> None:
    moves = []
    for name in ("a", "b"):
        options = ["--data-dir", str(tmp_path), "--run-name", name, *TINY, "--seed", "5"]
        _run("actor", *options, "--workers", "1", "--max-episodes", "30", cwd=tmp_path)
        with SqliteReplay(RunPaths(tmp_path / name).replay, find("tictactoe")) as replay:
            moves.append([record.moves.tolist() for _, record in replay.tail(0, 100)])
    assert len(moves[0]) == 30 and moves[0] == moves[1]


@pytest.mark.slow
def test_the_loop_learns_tictactoe(tmp_path: Path) -> None:
    """Three short iterations: nearly every position is played right, and no game can be lost."""
    game, paths = find("tictactoe"), RunPaths(tmp_path / "data" / "tictactoe")
    options = ["--data-dir", str(tmp_path / "data"), "--iterations", "3"]
    sizes = ["--episodes", "2500", "--steps", "700", "--set", "learner.horizon_steps=2100"]
    _run("trainer", "loop", *options, *sizes, cwd=tmp_path)
    stats = _stats(paths)
    assert stats["step"] == 2100 and stats["games"] == 7500 and stats["message"] == "finished"
    met = json.loads(paths.evaluations.read_bytes())["evaluations"]
    assert [row["opponent"] for row in met] == ["random"] + ["random", "best"] * 2
    assert met[-2]["score"] > 0.75  # a perfect player has 0.83 to 0.93 after two random plies
    options = ["--data-dir", str(tmp_path / "data"), "--positions", str(REFERENCE), "--json"]
    found = json.loads(_run("actor", "accuracy", "--player", "latest@50", *options, cwd=tmp_path))
    assert found["positions"] == len(read_positions(REFERENCE, game)) == 4520
    assert found["wdl_optimal"] >= 0.99
    evaluator = OnnxEvaluator(game, paths.latest.read_bytes())
    player = SearchPlayer(game, evaluator, 50, SearchSettings())
    for side in (0, 1):
        assert _losses(game, player, side) == 0


def _losses(game: Game, player: SearchPlayer, side: int) -> int:
    """How many games the player loses as `side` against every possible line of its opponent."""
    lost = 0
    frontier: list[State] = [game.new()]
    while frontier:
        over = [s for s in frontier if game.is_over(s)]
        lost += sum(value_for(game.result(s), side) < 0 for s in over)
        live = [s for s in frontier if not game.is_over(s)]
        own = [s for s in live if game.mover(s) == side]
        theirs = [s for s in live if game.mover(s) != side]
        frontier = [game.after(s, a) for s in theirs for a in game.legal(s)]
        if own:
            chosen = player.choose(np.stack(own), np.random.default_rng(0))
            frontier += [game.after(s, int(a)) for s, a in zip(own, chosen, strict=True)]
    return lost


def test_a_run_whose_time_is_over_ends_with_a_verdict_on_its_last_model(tmp_path: Path) -> None:
    """The learner waits for the referee, the workers play no more games that nobody would learn."""
    data, paths = tmp_path / "data", RunPaths(tmp_path / "data" / "tictactoe")
    budget = (
        "--set=learner.minutes=0.15",
        "--set=referee.niceness=0",
        "--set=referee.most_games=40",
    )
    with ExitStack() as stack:
        stack.enter_context(_started("actor", data, *budget))
        stack.enter_context(_started("actor referee", data, *budget))
        _until(lambda: paths.heartbeat("referee").exists())
        trainer = stack.enter_context(_started("trainer", data, *budget))
        assert trainer.wait(DEADLINE) == 0
        assert _stats(paths)["message"] == "finished"
        last = read_card(paths.latest.read_bytes())
        assert last.step > 0 and last.progress == 1.0
        assert read_evaluations(paths).knows(last.sha256)
