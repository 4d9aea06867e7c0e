import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx2
import pytest

from engine.game import Game
from tests.web.answers import without_clock
from tests.web.servers import ROOT, serving
from web.__main__ import spelled
from web.app import openapi_document


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    full = [sys.executable, "-W", "error", "-m", "web", *arguments]
    return subprocess.run(full, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_openapi_is_written(tmp_path: Path) -> None:
    printed = python("openapi")
    assert printed.returncode == 0 and printed.stderr == ""
    document = json.loads(printed.stdout)
    assert document == openapi_document()
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert printed.stdout == text
    assert python("openapi", str(tmp_path / "openapi.json")).returncode == 0
    assert (tmp_path / "openapi.json").read_text() == text
    failed = python("openapi", str(tmp_path / "nowhere" / "openapi.json"))
    assert failed.returncode == 1 and failed.stderr.startswith("error: cannot write")
    assert failed.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        (["--game", "snakes"], 2, "there is no game 'snakes'"),
        (["--set", "web.ports=1"], 2, "unknown setting web.ports"),
        (["--set", "nonsense"], 2, "is not of the form section.key=value"),
        (["--host", "256.1.2.3"], 1, "cannot listen on 256.1.2.3 port"),
    ],
)
def test_wrong_options(options: list[str], code: int, reason: str, tmp_path: Path) -> None:
    ended = python("--data-dir", str(tmp_path), *options)
    assert ended.returncode == code
    assert reason in ended.stderr and ended.stderr.count("\n") == 1


def test_a_busy_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = python("--data-dir", str(tmp_path), "--port", str(port))
    assert ended.returncode == 1 and ended.stdout == ""
    assert ended.stderr == (
        f"error: cannot listen on 127.0.0.1 port {port}: Address already in use;"
        " choose another with --host and --port\n"
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it(number: int, code: int, tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert server.client.get("/health").json()["status"] == "ok"
        assert server.end(number, 10) == code
        assert len(server.lines) == 1 and "listening on http://127.0.0.1:" in server.output


def test_a_signal_during_a_search(tmp_path: Path, game: Game) -> None:
    """With the zoo's network, whose search of that length takes a minute."""
    with serving(tmp_path, "--set", "web.max_simulations=300000") as server:
        body = {"game": game.name, "human": 1, "simulations": 300_000}
        answers = []

        def ask() -> None:
            with httpx2.Client(base_url=server.client.base_url, timeout=60) as client:
                answers.append(client.post("/game/new", json=body))

        person = threading.Thread(target=ask)
        person.start()
        time.sleep(1)
        assert not answers
        assert server.end(signal.SIGTERM, 20) == 0
        person.join(20)
        (answer,) = answers
        assert answer.status_code == 503 and answer.headers["retry-after"] == "5"
        assert answer.json()["detail"] == "the server is ending; ask again when it is back"
        assert len(server.lines) == 1, server.output


def test_a_restart_in_the_middle_of_a_game(tmp_path: Path, game: Game) -> None:
    with serving(tmp_path, "--set", "web.simulations=50") as server:
        opened = server.client.post("/game/new", json={"game": game.name, "human": 1}).json()
        position = opened["position"]
        action = position["legal"][0]["action"]
        body = {"game": game.name, "moves": position["moves"], "action": action}
        before = without_clock(server.client.post("/move", json=body).json())
        assert server.end(signal.SIGKILL, 10) == -signal.SIGKILL
    with serving(tmp_path, "--set", "web.simulations=50") as server:
        assert without_clock(server.client.post("/move", json=body).json()) == before


def test_children_get_the_options_and_end_with_the_server(tmp_path: Path, game: Game) -> None:
    for role in ("actor", "trainer"):
        said = f"import sys, time; print('{role}', sys.argv[1:], file=sys.stderr, flush=True)"
        # A package of the same name that has the real modules and another __main__.
        package = tmp_path / role
        package.mkdir()
        (package / "__init__.py").write_text(f"__path__.append({str(ROOT / role)!r})\n")
        (package / "__main__.py").write_text(f"{said}\ntime.sleep(60)\n")
    options = ["--game", game.name, "--run-name", "lesson", "--set", "learner.batch_size=64"]
    path = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    with serving(tmp_path / "data", *options, cwd=tmp_path, **path) as server:
        answer = server.client.post("/selfplay", json={"command": "start"}).json()
        assert answer["training"] == "running"
        deadline = time.monotonic() + 20
        while server.output.count(str(options)[1:-1].split(", '--set'")[0]) < 2:
            assert time.monotonic() < deadline, server.output
            time.sleep(0.05)
        # The children hold the same stderr: that the pipe ends shows that they are gone.
        assert server.end(signal.SIGTERM, 10) == 0
    assert "'--set', 'learner.batch_size=64'" in server.output


def test_spelled() -> None:
    options = {"--game": "g", "--seed": None, "--data-dir": Path("d")}
    assert spelled(options, ["a.b=1", "c.d=2"]) == [
        *("--game", "g", "--data-dir", "d"),
        *("--set", "a.b=1", "--set", "c.d=2"),
    ]


def test_a_search_ends_when_nobody_waits_for_it(tmp_path: Path) -> None:
    """The tree is kept: had the first search gone on to its end, the second would find it whole."""
    most = 2_000_000
    question = {"game": "connect4", "human": 1, "simulations": most}
    with serving(tmp_path, "--set", f"web.max_simulations={most}") as server:
        with pytest.raises(httpx2.TimeoutException):
            server.client.post("/game/new", json=question, timeout=1.0)
        answer = server.client.post("/game/new", json={**question, "milliseconds": 1}, timeout=60)
        thought = answer.json()["thoughts"][0]
        assert 0 < thought["simulations"] < most
        refused = server.client.post("/game/new", json={**question, "milliseconds": 0})
        assert refused.status_code == 422
