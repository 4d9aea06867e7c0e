"""Any model of any run, by name: in games, in levels, in stats."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from engine.config import Settings
from engine.game import Game
from storage.layout import RunPaths, create
from storage.levels import LEVELS
from storage.models.filesystem import FilesystemModels
from storage.stats import Heart, write_stats
from storage.zoo import Zoo
from tests.exhibits import exhibit
from tests.models import linear_model
from tests.web.servers import serving
from tests.web.streams import events
from tests.web.test_stats import written


def folder(settings: Settings, run: str) -> RunPaths:
    paths = RunPaths(settings.storage.data_dir / run)
    create(paths)
    return paths


def publish(paths: RunPaths, game: Game, *steps: int, best: int | None = None) -> None:
    models = FilesystemModels(paths)
    for step in steps:
        models.publish(linear_model(game, step), step)
    if best is not None:
        models.promote(linear_model(game, best))


@pytest.fixture
def second(settings: Settings, other: Game, paths: RunPaths) -> RunPaths:
    """A run of another game than the server's, with three models."""
    found = folder(settings, "second")
    publish(found, other, 100, 200, 300, best=200)
    return found


def played(client: TestClient, game: Game, **body: object) -> dict[str, Any]:
    question = {"game": game.name, "human": 1, "simulations": 3, **body}
    response = client.post("/v1/game/new", json=question)
    assert response.status_code == 200, response.text
    model: dict[str, Any] = response.json()["thoughts"][0]["model"]
    return model


@pytest.mark.parametrize(
    ("model", "step", "kind"),
    [
        (None, 200, "best"),
        ("best", 200, "best"),
        ("latest", 300, "latest"),
        ("step_000100", 100, None),
        ("step_000300", 300, None),
    ],
)
def test_any_model_of_any_run_plays(
    model: str | None, step: int, kind: str | None, client: TestClient, other: Game, second: Path
) -> None:
    found = played(client, other, run="second", model=model)
    assert (found["run"], found["step"], found["kind"]) == ("second", step, kind)
    answer = client.post(
        "/v1/move", json={"game": other.name, "run": "second", "model": model, "moves": [],
                          "action": other.legal(other.new())[0]},
    )  # fmt: skip
    assert answer.json()["model"] == found
    aloud = client.post(
        "/v1/think", json={"game": other.name, "run": "second", "model": model, "moves": []}
    )
    *_, (name, done) = events(aloud.text.splitlines())
    assert name == "done" and done["thought"]["model"] == found


def test_a_model_that_was_replaced_is_read_anew(
    client: TestClient, other: Game, second: RunPaths
) -> None:
    before = played(client, other, run="second", model="step_000300")
    FilesystemModels(second).forget_after(200)
    publish(second, other, 250)
    assert played(client, other, run="second", model="latest")["step"] == 250
    again = linear_model(other, 300, seed=9, sha256="ab" * 32)
    FilesystemModels(second).publish(again, 300)
    after = played(client, other, run="second", model="step_000300")
    assert after["sha256"] == "ab" * 32 != before["sha256"]


def test_the_zoo_plays_by_name(client: TestClient, game: Game, paths: RunPaths) -> None:
    publish(paths, game, 400)
    folder = paths.root.parents[1] / "zoo"
    folder.mkdir()
    Zoo(folder).add(exhibit(game))
    assert played(client, game)["name"] == "step_000400"
    for run in (None, "lesson"):
        found = played(client, game, run=run, model="zoo")
        assert (found["name"], found["run"]) == ("zoo", None)


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"run": "third"}, 404, "run = 'third' is refused: the runs are lesson, second"),
        ({"run": ".."}, 404, "run = '..' is refused: the runs are lesson, second"),
        ({"run": "../data/second"}, 404, "run = '../data/second' is refused: the runs are"),
        ({"run": ""}, 404, "run = '' is refused: the runs are lesson, second"),
        (
            {"run": "second", "model": "step_000999"},
            404,
            "model = 'step_000999' is refused: the models of tictactoe, run 'second', are best,"
            " latest, step_000300, step_000200, step_000100",
        ),
        ({"run": "second", "model": "../latest"}, 404, "model = '../latest' is refused: "),
        ({"run": "second", "model": "step_100"}, 404, "model = 'step_100' is refused: "),
        ({"run": "second", "model": "zoo"}, 404, "model = 'zoo' is refused: "),
        ({"run": "lesson"}, 422, "run = 'lesson' is refused: it plays "),
        ({"run": 3}, 422, "run = 3 is refused: input should be a valid string"),
    ],
)
def test_what_there_is_not(
    body: dict[str, object],
    status: int,
    detail: str,
    client: TestClient,
    other: Game,
    second: RunPaths,
) -> None:
    detail = detail.replace("tictactoe", other.name)
    for path, more in (("/v1/game/new", {}), ("/v1/think", {"moves": []})):
        response = client.post(path, json={"game": other.name, **more, **body})
        assert response.status_code == status, response.text
        assert response.json()["detail"].startswith(detail), response.text


def test_a_model_that_cannot_be_played_is_refused_when_it_is_named(
    client: TestClient, settings: Settings, game: Game, other: Game, second: RunPaths
) -> None:
    FilesystemModels(second).publish(linear_model(game, 400), 400)
    write_stats(second, {**written(settings), "game": other.name, "run": "second"})
    for name in ("latest", "step_000400"):
        body = {"game": other.name, "run": "second", "model": name, "human": 1}
        response = client.post("/v1/game/new", json=body)
        assert response.status_code == 422
        assert f"the model plays {game.name}" in response.json()["detail"]
    assert played(client, other, run="second")["step"] == 200


def test_models_of_a_run_and_of_a_game(client: TestClient, other: Game, second: RunPaths) -> None:
    listed = client.get("/v1/models", params={"run": "second"}).json()
    assert (listed["run"], listed["game"]) == ("second", other.name)
    assert listed["served"] == listed["best"] and listed["best"]["step"] == 200
    assert listed["latest"]["step"] == 300 and listed["zoo"] is None
    assert [model["step"] for model in listed["snapshots"]] == [300, 200, 100]
    assert {model["run"] for model in listed["snapshots"]} == {"second"}
    of_game = client.get("/v1/models", params={"game": other.name}).json()
    assert (of_game["run"], of_game["snapshots"]) == (other.name, [])
    wrong = client.get("/v1/models", params={"run": "nobody"})
    assert wrong.status_code == 404 and "the runs are" in wrong.json()["detail"]


def test_levels_are_played_with_a_model_of_ones_own(
    client: TestClient, other: Game, second: RunPaths
) -> None:
    asked = {"run": "second", "model": "step_000100"}
    shown = client.get(f"/v1/games/{other.name}/levels", params=asked).json()
    assert shown["model"]["step"] == 100
    assert [level["name"] for level in shown["levels"]] == [level.name for level in LEVELS]
    assert all(level["rating"] is None for level in shown["levels"])
    found = played(client, other, simulations=None, level="club", **asked)
    assert found == shown["model"]


def test_runs_are_listed(
    client: TestClient, settings: Settings, game: Game, other: Game, second: RunPaths
) -> None:
    write_stats(second, {**written(settings), "game": other.name, "run": "second"})
    Heart(second, "trainer").beat("training", {})
    damaged = folder(settings, "wreck")
    damaged.stats.write_text("{")
    (settings.storage.data_dir / "notes").mkdir()
    own, *others = client.get("/v1/runs").json()
    assert (own["run"], own["game"], own["games"]) == ("lesson", game.name, 0)
    assert own["training"] == "stopped" and own["updated_at"] is None and own["trouble"] is None
    first, wreck = others
    assert first == {
        "run": "second",
        "game": other.name,
        "steps": 455,
        "games": 3100,
        "positions": 41_000,
        "updated_at": first["updated_at"],
        "training": "running",
        "models": 3,
        "trouble": None,
    }
    assert first["updated_at"] > 1e9
    assert wreck["run"] == "wreck" and wreck["game"] is None and "damaged" in wreck["trouble"]


def test_stats_of_another_run(
    client: TestClient, settings: Settings, other: Game, second: RunPaths
) -> None:
    asked = {"run": "second"}
    assert client.get("/v1/stats", params=asked).json()["model"]["step"] == 200
    write_stats(second, {**written(settings), "game": other.name, "run": "second", "step": 77})
    shown = client.get("/v1/stats", params=asked)
    assert (shown.json()["run"], shown.json()["step"]) == ("second", 77)
    tag = {"If-None-Match": shown.headers["etag"]}
    assert client.get("/v1/stats", params=asked, headers=tag).status_code == 304
    assert client.get("/v1/stats", headers=tag).json()["run"] == "lesson"
    assert client.get("/v1/stats", params={"run": "../x"}).status_code == 404
    assert client.get("/v1/stats/stream", params={"run": "../x"}).status_code == 404


def test_a_run_is_followed(tmp_path: Path, configure: Any) -> None:
    """Each change is sent once, a damaged file is told, and the end of the server ends it."""
    settings: Settings = configure()
    paths = folder(settings, "lesson")
    options = ("--game", settings.run.game, "--run-name", "lesson")
    with serving(settings.storage.data_dir, *options) as server:
        with (
            httpx2.Client(base_url=server.client.base_url, timeout=30) as client,
            client.stream("GET", "/v1/stats/stream") as answer,
        ):
            assert answer.headers["content-type"].startswith("text/event-stream")
            told = events(answer.iter_lines())
            name, first = next(told)
            assert name == "stats" and first["step"] == 0
            write_stats(paths, written(settings))
            name, second = next(told)
            assert name == "stats" and second["step"] == 455
            paths.stats.write_text("{")
            name, third = next(told)
            assert name == "failed" and str(paths.stats) in third["detail"]
            write_stats(paths, {**written(settings), "step": 456})
            assert next(told)[1]["step"] == 456
            assert server.end(15, 20) == 0
            assert list(told) == []
        assert len(server.lines) == 1, json.dumps(server.lines)
