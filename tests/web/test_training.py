import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.config import Settings
from storage.control import is_paused
from storage.layout import RunPaths
from storage.stats import Heart
from tests.web.conftest import Configure
from web import training
from web.app import create_app
from web.training import Training

STUB = """\
import json, os, pathlib, signal, sys, time
out, role = pathlib.Path(os.environ["STUB_FOLDER"]), "{module}"
if sys.argv[1:2] == ["referee"]:
    role = sys.argv.pop(1)
if {stubborn}:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
aside = out / f"{{os.getpid()}}.tmp"
aside.write_text(json.dumps({{"role": role, "argv": sys.argv[1:]}}))
aside.rename(out / f"{{os.getpid()}}.json")
time.sleep({seconds})
"""


def write_stubs(folder: Path, seconds: float = 60, stubborn: bool = False) -> None:
    for role in ("actor", "trainer"):
        text = STUB.format(module=role, seconds=seconds, stubborn=stubborn)
        (folder / f"{role}.py").write_text(text)


@pytest.fixture
def stubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replaces actor, referee and trainer by processes that say who they are and wait."""
    folder = tmp_path / "stubs"
    folder.mkdir()
    write_stubs(folder)
    monkeypatch.setenv("STUB_FOLDER", str(folder))
    monkeypatch.chdir(folder)  # `python -m` looks there first
    return folder


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that the server did not start."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    assert process.poll() is None, "the server ended a process of somebody else"
    process.kill()
    process.wait()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def started(folder: Path, count: int) -> dict[int, dict[str, object]]:
    until(lambda: len(list(folder.glob("*.json"))) >= count)
    found = {int(path.stem): json.loads(path.read_text()) for path in folder.glob("*.json")}
    assert len(found) == count
    return found


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def post(client: TestClient, command: str) -> dict[str, str]:
    response = client.post("/selfplay", json={"command": command})
    assert response.status_code == 200, response.text
    answer: dict[str, str] = response.json()
    assert answer.pop("run") == "lesson"
    return answer


def test_start_and_stop(
    stubs: Path,
    settings: Settings,
    paths: RunPaths,
    bystander: subprocess.Popen[bytes],
) -> None:
    argv = ["--game", settings.run.game, "--set", "learner.batch_size=64"]
    with TestClient(create_app(settings, argv)) as client:
        assert post(client, "start") == {
            "training": "running",
            "message": "started actor, trainer and referee",
        }
        found = started(stubs, 3)
        assert {str(p["role"]) for p in found.values()} == {"actor", "trainer", "referee"}
        assert all(p["argv"] == argv for p in found.values())
        assert client.get("/stats").json()["training"] == "running"
        assert post(client, "start")["message"] == "training goes on"
        assert len(started(stubs, 3)) == 3
        assert post(client, "stop") == {
            "training": "stopped",
            "message": "paused, actor, trainer and referee will end",
        }
        assert is_paused(paths)
        # The server buries its dead whenever it is asked how the training does.
        until(lambda: client.get("/stats").is_success and not any(alive(pid) for pid in found))
        assert client.get("/stats").json()["training"] == "stopped"
        assert post(client, "stop")["message"] == "paused"


def test_start_after_stop_waits_for_the_old_ones(stubs: Path, settings: Settings) -> None:
    with TestClient(create_app(settings)) as client:
        post(client, "start")
        first = set(started(stubs, 3))
        post(client, "stop")
        assert post(client, "start")["training"] == "running"
        assert not any(alive(pid) for pid in first)
        assert len(started(stubs, 6)) == 6


def test_stats_answer_while_a_command_waits(
    stubs: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "GRACE_SECONDS", 1.5)
    write_stubs(stubs, stubborn=True)
    with TestClient(create_app(settings)) as client, ThreadPoolExecutor(1) as pool:
        post(client, "start")
        started(stubs, 3)
        post(client, "stop")
        again = pool.submit(post, client, "start")
        answers = 0
        while not again.done():
            assert client.get("/stats").status_code == 200
            answers += 1
        assert answers > 5 and again.result()["message"] == "started actor, trainer and referee"


def test_the_end_of_the_server_ends_its_children(
    stubs: Path, settings: Settings, bystander: subprocess.Popen[bytes]
) -> None:
    with TestClient(create_app(settings)) as client:
        post(client, "start")
        pids = list(started(stubs, 3))
        assert all(alive(pid) for pid in pids)
    assert not any(alive(pid) for pid in pids)


def test_a_child_that_does_not_end_is_killed(
    stubs: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "GRACE_SECONDS", 0.3)
    write_stubs(stubs, stubborn=True)
    with TestClient(create_app(settings)) as client:
        post(client, "start")
        pids = list(started(stubs, 3))
    assert not any(alive(pid) for pid in pids)


def test_a_child_that_died_is_started_again(
    stubs: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with TestClient(create_app(settings)) as client:
        post(client, "start")
        found = started(stubs, 3)
        trainer = next(pid for pid, p in found.items() if p["role"] == "trainer")
        os.kill(trainer, signal.SIGKILL)
        until(lambda: "trainer" in post(client, "start")["message"])
        assert f"trainer (pid {trainer}) ended with -9" in caplog.text
        assert len(started(stubs, 4)) == 4


def test_when_the_learner_is_finished_the_others_end(stubs: Path, settings: Settings) -> None:
    (stubs / "trainer.py").write_text(STUB.format(module="trainer", seconds=0, stubborn=False))
    with TestClient(create_app(settings)) as client:
        post(client, "start")
        pids = list(started(stubs, 3))
        until(lambda: client.get("/stats").json()["training"] == "stopped")
        until(lambda: client.get("/stats").is_success and not any(alive(pid) for pid in pids))


def test_whoever_beats_is_only_paused(stubs: Path, settings: Settings, paths: RunPaths) -> None:
    for name in ("actor-0", "trainer", "referee"):
        Heart(paths, name).beat("working", {})
    with TestClient(create_app(settings)) as client:
        assert post(client, "stop") == {"training": "paused", "message": "paused"}
        assert is_paused(paths)
        assert post(client, "start") == {"training": "running", "message": "training goes on"}
        assert not is_paused(paths)
        assert list(stubs.glob("*.json")) == []


def test_only_what_is_missing_is_started(stubs: Path, settings: Settings, paths: RunPaths) -> None:
    for name in ("actor-0", "referee"):
        Heart(paths, name).beat("at work", {})
    with TestClient(create_app(settings)) as client:
        assert post(client, "start")["message"] == "started trainer"
        (process,) = started(stubs, 1).values()
        assert process["role"] == "trainer"


def test_the_run_is_named_to_the_children(settings: Settings) -> None:
    given = Training(settings).options
    assert given[given.index("--run-name") + 1] == "lesson"
    assert given[given.index("--game") + 1] == settings.run.game
    assert given[given.index("--data-dir") + 1] == str(settings.storage.data_dir)


@pytest.mark.parametrize("command", ["start", "stop"])
def test_forbidden(command: str, stubs: Path, configure: Configure) -> None:
    with TestClient(create_app(configure(web__allow_training=False))) as client:
        response = client.post("/selfplay", json={"command": command})
        assert response.status_code == 403
        assert "web.allow_training" in response.json()["detail"]
    assert list(stubs.glob("*.json")) == []


@pytest.mark.parametrize(
    ("body", "start"),
    [
        ({"command": "pause"}, "command = 'pause' is refused: input should be 'start' or 'stop'"),
        ({}, "the field command is missing"),
        ({"command": "stop", "force": True}, "there is no field force"),
    ],
)
def test_wrong_commands(body: dict[str, object], start: str, client: TestClient) -> None:
    response = client.post("/selfplay", json=body)
    assert response.status_code == 422 and response.json()["detail"].startswith(start)


def test_a_folder_that_cannot_be_made(client: TestClient, settings: Settings) -> None:
    settings.storage.data_dir.write_text("a file where the folder should be")
    response = client.post("/selfplay", json={"command": "start"})
    assert response.status_code == 500
    assert str(settings.storage.data_dir) in response.json()["detail"]
