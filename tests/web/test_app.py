import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.cli import package_version
from engine.config import Settings
from engine.game import Game
from storage.layout import run_paths
from web import app as application
from web.app import create_app, openapi_document
from web.routes import games as games_route

ROUTES = {
    ("get", "/metrics"): "metrics",
    ("get", "/v1/opinions"): "opinions",
    ("get", "/v1/book"): "book",
    ("get", "/v1/ladder"): "ladder",
    ("get", "/v1/ladder/games"): "ladder_games",
    ("get", "/v1/health"): "health",
    ("get", "/v1/games"): "games",
    ("get", "/v1/games/{game}/levels"): "levels",
    ("post", "/v1/game/new"): "new_game",
    ("get", "/v1/game/state"): "game_state",
    ("post", "/v1/move"): "move",
    ("post", "/v1/think"): "think",
    ("get", "/v1/runs"): "runs",
    ("get", "/v1/stats/stream"): "stats_stream",
    ("get", "/v1/stats"): "stats",
    ("get", "/v1/models"): "models",
    ("post", "/v1/selfplay"): "selfplay",
    ("get", "/v1/presets"): "presets",
    ("get", "/v1/settings"): "run_settings",
    ("get", "/v1/live"): "live",
    ("get", "/v1/selfplay/games"): "selfplay_games",
    ("get", "/v1/selfplay/games/{identity}"): "selfplay_game",
    ("get", "/v1/solve"): "solve",
    ("post", "/v1/review"): "review",
}


def test_health(client: TestClient) -> None:
    answer = client.get("/health").json()
    assert answer["status"] == "ok" and answer["run"] == "lesson"
    assert answer["version"] == package_version()


def test_serving_makes_no_files(client: TestClient, settings: Settings) -> None:
    for path in ("/health", "/games", "/stats", "/models", "/runs"):
        assert client.get(path).status_code == 200
    assert not run_paths(settings).root.exists()


@pytest.mark.parametrize("path", ["/health", "/games", "/stats", "/models", "/runs", "/stats.json"])
def test_every_path_has_a_version_and_callers_of_old_leave_it_out(
    path: str, client: TestClient
) -> None:
    assert client.get(f"/v1{path}").json() == client.get(path).json()
    assert f"/v1{path}" in ["/v1/stats.json", *openapi_document()["paths"]]
    assert path not in openapi_document()["paths"]


def test_health_answers_during_a_long_search(client: TestClient, game: Game) -> None:
    body = {"game": game.name, "human": 1, "simulations": 400_000}
    with ThreadPoolExecutor(1) as pool:
        search = pool.submit(client.post, "/game/new", json=body)
        answers = 0
        while not search.done():
            assert client.get("/health").status_code == 200
            answers += 1
    thought = search.result().json()["thoughts"][0]
    assert thought["simulations"] == 400_000
    assert answers > 3


def test_openapi_document() -> None:
    document = openapi_document()
    assert document["info"] == {
        "title": "Cartridge2",
        "version": package_version(),
        "description": "Play against the agent, watch it learn.",
    }
    found = {
        (method, path): operation["operationId"]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert found == ROUTES
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for (method, path), name in ROUTES.items():
        responses = document["paths"][path][method]["responses"]
        (answer,) = responses["200"]["content"].items()
        if name == "metrics":
            assert answer[0].startswith("text/plain; version=1.0.0")
        elif name in ("think", "stats_stream", "review"):
            assert answer[0] == "text/event-stream" and "itemSchema" in answer[1]
        else:
            assert answer[0] == "application/json" and "schema" in answer[1]
        refusals = {s: r for s, r in responses.items() if s >= "400"}
        assert "500" in refusals
        for response in refusals.values():
            schema = response["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/ErrorOut"}
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("GET", "/nothing", 404, "there is nothing at /nothing"),
        ("GET", "/game", 404, "there is nothing at /game"),
        ("GET", "/game/new/x", 404, "there is nothing at /game/new/x"),
        ("GET", "/../../etc/passwd", 404, "there is nothing at /etc/passwd"),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404, "there is nothing at /"),
        ("GET", "/a%00b", 404, "there is nothing at /a"),
        ("GET", "/move", 405, "/move answers POST, not GET"),
        ("DELETE", "/stats", 405, "/stats answers GET, not DELETE"),
        ("POST", "/health", 405, "/health answers GET, not POST"),
        ("PUT", "/v1/health", 405, "/v1/health answers GET, not PUT"),
        ("POST", "/games/hex7/levels", 405, "/games/hex7/levels answers GET, not POST"),
        ("GET", "/v1/nothing", 404, "there is nothing at /v1/nothing"),
    ],
)
@pytest.mark.parametrize("built", [True, False])
def test_unknown_paths_and_methods(
    method: str,
    path: str,
    status: int,
    detail: str,
    built: bool,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    static = tmp_path / "static"
    if built:
        static.mkdir()
        (static / "index.html").write_text("<p>page</p>")
    monkeypatch.setattr(application, "STATIC", static)
    with TestClient(create_app(settings)) as client:
        response = client.request(method, path)
    assert response.status_code == status, response.text
    assert list(response.json()) == ["detail"]
    assert response.json()["detail"].startswith(detail)


def test_the_page(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "STATIC", tmp_path)
    with TestClient(create_app(settings)) as client:
        assert "scripts/setup" in client.get("/").text
        assert client.get("/").headers["content-type"].startswith("text/html")
    (tmp_path / "index.html").write_text("<p>the page</p>")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "app.js").write_text("let x")
    with TestClient(create_app(settings)) as client:
        assert client.get("/").text == "<p>the page</p>"
        assert client.get("/assets/app.js").text == "let x"
        assert client.get("/health").json()["status"] == "ok"
        assert client.get("/openapi.json").json() == openapi_document()


def test_an_unexpected_failure_is_one_line_and_logged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("a secret\nof two lines")

    monkeypatch.setattr(games_route, "describe", fail)
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        response = client.get("/games")
    assert response.status_code == 500
    detail = "the server failed with RuntimeError; its log says more"
    assert response.json() == {"detail": detail}
    assert "GET /games failed: RuntimeError" in caplog.text


def test_many_play_at_once(client: TestClient, game: Game, other: Game) -> None:
    done = threading.Barrier(8)

    def play(number: int) -> list[int]:
        done.wait(20)
        name = (game, other)[number % 2].name
        moves: list[int] = client.post("/game/new", json={"game": name, "human": 1}).json()[
            "position"
        ]["moves"]
        return moves

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(play, range(8)))
    assert answers[0::2] == [answers[0]] * 4 and answers[1::2] == [answers[1]] * 4
