"""Levels over HTTP, and the zoo's model that plays them and stands in for a run without one."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from engine.config import Settings
from engine.evaluator.onnx import OnnxEvaluator
from engine.game import Game
from storage.layout import RunPaths, zoo_folder
from storage.levels import LEVELS
from storage.models.filesystem import FilesystemModels
from storage.zoo import Exhibit, Zoo
from tests.exhibits import exhibit
from tests.models import linear_model
from tests.web.conftest import Configure
from web.app import create_app


@pytest.fixture
def zoo(settings: Settings) -> Zoo:
    """The server's zoo, empty."""
    folder = zoo_folder(settings)
    folder.mkdir()
    return Zoo(folder)


def opening(client: TestClient, game: Game, **body: object) -> dict[str, Any]:
    """The bot's first thought, and the model that the answer names."""
    asked = {"game": game.name, "human": 1, **body}
    response = client.post("/game/new", json=asked)
    assert response.status_code == 200, response.text
    played = response.json()
    assert played["thoughts"][0]["model"] == played["model"]
    thought: dict[str, Any] = played["thoughts"][0]
    return thought


def levels(client: TestClient, game: Game) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/games/{game.name}/levels").json()
    return found


def test_without_a_zoo_the_levels_are_unrated(client: TestClient, game: Game) -> None:
    found = levels(client, game)
    assert found["game"] == game.name and found["model"]["name"] == "uniform"
    assert [level["name"] for level in found["levels"]] == [level.name for level in LEVELS]
    assert {level["rating"] for level in found["levels"]} == {None}
    assert opening(client, game, level="advanced")["simulations"] == 50


def test_the_zoo_plays_until_the_run_has_a_model(
    client: TestClient, game: Game, zoo: Zoo, paths: RunPaths
) -> None:
    zoo.add(exhibit(game, step=4000, win=0.75))
    thought = opening(client, game)
    assert thought["model"] | {"sha256": None} == {
        "name": "zoo",
        "kind": None,
        "run": None,
        "step": 4000,
        "published_at": 5000.0,
        "sha256": None,
    }
    assert thought["wdl"] == pytest.approx([0.75, 0, 0.25])
    assert client.get("/health").json()["model"]["name"] == "zoo"
    stats = client.get("/stats").json()
    assert stats["model"]["name"] == "zoo" and stats["step"] == 0  # the run has learnt nothing yet
    FilesystemModels(paths).publish(linear_model(game, 400, win=0.5), 400)
    assert opening(client, game)["model"]["name"] == "step_000400"
    # The rated levels are the zoo's, so both can be chosen.
    assert opening(client, game, level="expert")["model"]["name"] == "zoo"
    assert levels(client, game)["model"]["name"] == "zoo"


def test_the_ratings_of_the_card_are_shown(client: TestClient, game: Game, zoo: Zoo) -> None:
    zoo.add(exhibit(game))
    shown = levels(client, game)["levels"]
    assert [level["rating"] for level in shown] == [100.0 * k for k in range(len(LEVELS))]
    assert shown[2]["interval"] == [190, 210]
    assert (shown[0]["simulations"], shown[0]["temperature"]) == (0, 4)


@pytest.mark.parametrize("what", ["rules", "shapes", "sum", "numbers"])
def test_a_zoo_that_does_not_fit_is_refused_and_the_server_goes_on(
    what: str,
    client: TestClient,
    game: Game,
    other: Game,
    zoo: Zoo,
    caplog: pytest.LogCaptureFixture,
) -> None:
    shown = exhibit(game, win=0.5)
    named = [f"rules version {game.version + 1}", f"version {game.version};"]
    if what == "rules":
        shown = exhibit(game, rules_version=game.version + 1)
    elif what == "shapes":
        foreign = exhibit(other, game=game.name, rules_version=game.version)
        card = foreign.card.model_copy(update={"game": game.name})
        shown = Exhibit(foreign.data, card)
        named = [str(list(other.planes)), str(list(game.planes))]
    elif what == "numbers":
        shown, named = exhibit(game, win=float("nan")), ["NaN or infinity"]
    zoo.add(shown)
    if what == "sum":
        zoo.model_path(game.name).write_bytes(linear_model(game, step=99))
        named = ["sha256", shown.card.sha256]
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert opening(client, game)["model"]["name"] == "uniform"
    (record,) = caplog.records
    assert f"{game.name} goes without the zoo's model" in record.message
    assert all(value in record.message for value in named), record.message
    assert levels(client, game)["levels"][0]["rating"] is None


def test_a_level_without_search_is_the_networks_policy(
    client: TestClient, game: Game, zoo: Zoo
) -> None:
    """Drawn from policy ** (1 / temperature): as often as that says, and not always alike."""
    shown = exhibit(game, scale=1.5)
    zoo.add(shown)
    evaluator = OnnxEvaluator(game, shown.data)
    novice = next(level for level in LEVELS if level.name == "novice")
    thoughts = [opening(client, game, level="novice") for _ in range(300)]
    played = np.array([thought["action"] for thought in thoughts])
    prior = np.array([move["prior"] for move in thoughts[0]["moves"]])
    actions = np.array([move["action"] for move in thoughts[0]["moves"]])
    expected = prior ** (1 / novice.temperature)
    expected /= expected.sum()
    seen = np.array([(played == action).mean() for action in actions])
    assert np.abs(seen - expected).max() < 4 * np.sqrt(0.25 / len(played))
    assert thoughts[0]["simulations"] == 1 and evaluator.card.step == 7


def test_a_level_at_temperature_0_plays_the_best(client: TestClient, game: Game, zoo: Zoo) -> None:
    zoo.add(exhibit(game))
    thoughts = [opening(client, game, level="expert") for _ in range(3)]
    assert len({thought["action"] for thought in thoughts}) == 1
    assert thoughts[0]["simulations"] <= 200


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"level": "wizard"}, "level = 'wizard' is refused: tictactoe has the levels beginner, "),
        (
            {"level": "expert", "simulations": 3},
            "level = 'expert' and simulations = 3 exclude each other: send one of them",
        ),
        ({"level": 3}, "level = 3 is refused: input should be a valid string"),
    ],
)
def test_wrong_levels(client: TestClient, body: dict[str, object], reason: str) -> None:
    for path, more in (("/game/new", {}), ("/move", {"moves": [], "action": 0})):
        response = client.post(path, json={"game": "tictactoe", **more, **body})
        assert response.status_code == 422
        assert response.json()["detail"].startswith(reason)


def test_an_unknown_game_has_no_levels(client: TestClient) -> None:
    response = client.get("/games/chess/levels")
    assert response.status_code == 404
    assert response.json()["detail"].startswith("there is no game 'chess'")


def test_no_level_needs_more_than_the_server_allows(configure: Configure, game: Game) -> None:
    with TestClient(create_app(configure(web__max_simulations=100))) as client:
        names = [level["name"] for level in levels(client, game)["levels"]]
        assert names == [level.name for level in LEVELS if level.simulations <= 100]
        answer = client.post("/game/new", json={"game": game.name, "level": "master"})
        assert answer.status_code == 422 and "'master' is refused" in answer.json()["detail"]
