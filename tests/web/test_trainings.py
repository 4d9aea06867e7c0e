"""Training of any run from the page: which run is meant, with which settings, one at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.config import Settings
from engine.game import Game
from engine.presets import PRESETS
from engine.sources import load
from storage.layout import RunPaths, create, run_paths
from storage.starts import note_start
from tests.web.conftest import Configure
from tests.web.test_training import started, stubs, until
from web.app import create_app

__all__ = ["stubs"]  # a fixture of the neighbour


def ask(client: TestClient, status: int = 200, **body: str) -> dict[str, str]:
    response = client.post("/v1/selfplay", json=body)
    assert response.status_code == status, response.text
    answer: dict[str, str] = response.json()
    return answer


def options(folder: Path) -> list[str]:
    """What the three processes were started with, which is the same for all."""
    found = [process["argv"] for process in started(folder, 3).values()]
    assert found[0] == found[1] == found[2]
    assert isinstance(found[0], list)
    return found[0]


def test_a_new_run_of_another_game_with_a_preset(
    stubs: Path, settings: Settings, other: Game
) -> None:
    data = settings.storage.data_dir
    with TestClient(create_app(settings)) as client:
        answer = ask(client, command="start", game=other.name, preset="quick")
        name = f"{other.name}-quick"
        assert (answer["run"], answer["training"]) == (name, "running")
        place = ["--run-name", name, "--data-dir", str(data)]
        assert options(stubs) == ["--game", other.name, "--preset", "quick", *place]
        # It can be looked at before any process has written a word.
        assert client.get(f"/v1/live?run={name}").json()["game"] == other.name
        assert ask(client, 409, command="start")["detail"].startswith(f"the run {name} is being")
        assert ask(client, command="stop", run=name)["message"].endswith("will end")
        again = ask(client, command="start", game=other.name, preset="quick")
        assert again["run"] == f"{name}-2"  # once those that were told to end have ended


def test_a_run_that_has_begun_goes_on_as_it_began(
    stubs: Path, settings: Settings, other: Game
) -> None:
    run = {"game": other.name, "name": "mine", "seed": 7}
    before = load(
        {
            "run": run,
            "storage": {"data_dir": settings.storage.data_dir},
            "learner": {"batch_size": 64},
        }
    )
    create(run_paths(before))
    note_start(run_paths(before), before, "continuous")
    (run_paths(before).stats).write_text(f'{{"game": "{other.name}"}}')
    with TestClient(create_app(settings)) as client:
        shown = client.get("/v1/settings?run=mine").json()
        assert shown["changes"] == {"run.seed": "7", "learner.batch_size": "64"}
        assert shown["game"] == other.name and "--seed 7" in shown["command"]
        refusal = ask(client, 422, command="start", run="mine", preset="strong")["detail"]
        assert "leave out the preset strong" in refusal
        refusal = ask(client, 422, command="start", run="mine", game=settings.run.game)["detail"]
        assert f"the run mine plays {other.name}" in refusal
        assert ask(client, command="start", run="mine")["run"] == "mine"
        place = ["--run-name", "mine", "--data-dir", str(settings.storage.data_dir)]
        given = ["--game", other.name, "--seed", "7", "--set", "learner.batch_size=64"]
        assert options(stubs) == [*given, *place]


def test_a_preset_for_the_run_of_the_server(stubs: Path, settings: Settings) -> None:
    argv = ["--game", settings.run.game, "--set", "learner.batch_size=64"]
    with TestClient(create_app(settings, argv)) as client:
        answer = ask(client, command="start", run=settings.run_name, preset="strong")
        assert answer["run"] == settings.run_name
        assert options(stubs) == [*argv, "--preset", "strong"]


REFUSED = [
    ({"preset": "hopeless"}, 422, "there is no preset 'hopeless'; known: quick"),
    ({"run": "../else"}, 422, "is no name for a run"),
    ({"run": "new", "game": "checkers"}, 404, "there is no game 'checkers'"),
]


@pytest.mark.parametrize(("wrong", "status", "reason"), REFUSED)
def test_what_does_not_fit_is_refused_and_nothing_begins(
    wrong: dict[str, str],
    status: int,
    reason: str,
    stubs: Path,
    client: TestClient,
    settings: Settings,
) -> None:
    assert reason in ask(client, status, command="start", **wrong)["detail"]
    assert list(stubs.glob("*.json")) == []
    assert not settings.storage.data_dir.exists()


def test_who_may_not_control_begins_no_run(configure: Configure) -> None:
    settings = configure(web__allow_training=False)
    with TestClient(create_app(settings)) as client:
        ask(client, 403, command="start", game=settings.run.game, preset="quick")
    assert not RunPaths(settings.storage.data_dir).root.exists()


def test_presets_are_told_and_fit_every_game(client: TestClient) -> None:
    shown = client.get("/v1/presets").json()
    assert [it["name"] for it in shown] == list(PRESETS)
    assert all(it["description"].endswith(".") for it in shown)


def test_the_end_of_the_server_ends_every_training(
    stubs: Path, settings: Settings, other: Game
) -> None:
    with TestClient(create_app(settings)) as client:
        ask(client, command="start", game=other.name, run="mine")
        pids = list(started(stubs, 3))
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
