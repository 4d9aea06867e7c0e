"""The time machine: what every snapshot says is what a search of play begins with."""

from __future__ import annotations

import numpy as np
import pytest
from starlette.testclient import TestClient

from engine.config import SearchSettings, Settings
from engine.evaluator.onnx import OnnxEvaluator
from engine.game import Game
from engine.search import search
from storage.layout import RunPaths
from storage.models.filesystem import FilesystemModels
from tests.models import linear_model
from tests.web.answers import check_sentence
from web.history import Chosen
from web.opinions import Networks, opinions, thinned


def publish(paths: RunPaths, game: Game, *steps: int) -> None:
    for step in steps:
        FilesystemModels(paths).publish(linear_model(game, step), step)


def test_thinning_is_even_and_keeps_both_ends() -> None:
    assert thinned([1, 2, 3], 3) == thinned([1, 2, 3], 9) == [1, 2, 3]
    assert thinned(list(range(101)), 2) == [0, 100]
    assert thinned(list(range(101)), 5) == [0, 25, 50, 75, 100]
    for most in range(2, 40):
        found = thinned(list(range(57)), most)
        assert len(found) == len(set(found)) == min(most, 57)
        assert found[0] == 0 and found[-1] == 56 and np.ptp(np.diff(found)) <= 1


def test_every_snapshot_says_what_play_would_begin_with(
    client: TestClient, settings: Settings, game: Game, paths: RunPaths
) -> None:
    publish(paths, game, 100, 200, 300)
    moves = [3, 3, 2]
    answer = client.get("/v1/opinions", params={"game": game.name, "moves": "3,3,2"}).json()
    assert (answer["run"], answer["snapshots"], answer["skipped"]) == ("lesson", 3, [])
    assert answer["position"]["moves"] == moves and answer["position"]["game"] == game.name
    assert [one["step"] for one in answer["opinions"]] == [100, 200, 300]
    state = game.replay(moves)
    for opinion in answer["opinions"]:
        step = opinion["step"]
        network = OnnxEvaluator(game, linear_model(game, step))
        found = search(game, state[None], 1, network, settings.search)
        legal = [action["action"] for action in answer["position"]["legal"]]
        assert opinion["policy"] == pytest.approx(found.prior[0, legal].tolist())
        assert opinion["wdl"] == pytest.approx(found.wdl[0].tolist())
        assert opinion["value"] == pytest.approx(float(found.wdl[0, 0] - found.wdl[0, 2]))
        assert (opinion["model"], opinion["published_at"]) == (f"step_{step:06d}", 1000.0 + step)
        assert sum(opinion["policy"]) == pytest.approx(1, abs=1e-5)
    assert len({one["value"] for one in answer["opinions"]}) == 3


def test_the_search_of_the_game_is_used(game: Game, paths: RunPaths) -> None:
    """A position and its mirror image are one to a network that sees the canonical one only."""
    publish(paths, game, 100)
    values = {}
    for symmetry in ("canonical", "as_is"):
        run = Chosen("lesson", game, paths, SearchSettings.model_validate({"symmetry": symmetry}))
        values[symmetry] = [
            opinions(Networks(), run, [column], 2).opinions[0].value for column in (0, 6)
        ]
    assert values["canonical"][0] == pytest.approx(values["canonical"][1])
    assert values["as_is"][0] != pytest.approx(values["as_is"][1])


def test_what_cannot_be_asked_is_skipped_with_the_reason(
    client: TestClient, game: Game, other: Game, paths: RunPaths
) -> None:
    publish(paths, game, 100, 500)
    paths.snapshot(200).write_bytes(b"half a model")
    paths.snapshot(300).write_bytes(linear_model(other, 300))
    paths.snapshot(400).write_bytes(linear_model(game, 400, win=float("nan")))
    answer = client.get("/v1/opinions", params={"game": game.name}).json()
    assert [one["step"] for one in answer["opinions"]] == [100, 500]
    reasons = {skipped["step"]: skipped["reason"] for skipped in answer["skipped"]}
    assert set(reasons) == {200, 300, 400}
    assert "not a complete ONNX model" in reasons[200]
    assert f"the model plays {other.name}, this run plays {game.name}" in reasons[300]
    assert "not finite" in reasons[400] or "nan" in reasons[400].lower()


def test_a_model_that_was_published_anew_is_asked_anew(
    client: TestClient, game: Game, paths: RunPaths
) -> None:
    def value() -> float:
        (opinion,) = client.get("/v1/opinions", params={"game": game.name}).json()["opinions"]
        found: float = opinion["value"]
        return found

    models = FilesystemModels(paths)
    models.publish(linear_model(game, 100, win=0.75), 100)
    assert value() == value() == pytest.approx(0.5)
    models.publish(linear_model(game, 100, win=0.25), 100)
    assert value() == pytest.approx(-0.5)


def test_so_many_are_asked_as_are_wanted(client: TestClient, game: Game, paths: RunPaths) -> None:
    publish(paths, game, *range(10, 120, 10))
    answer = client.get("/v1/opinions", params={"game": game.name, "most": 3}).json()
    assert [one["step"] for one in answer["opinions"]] == [10, 60, 110]
    assert answer["snapshots"] == 11
    for most in (1, 65):
        refused = client.get("/v1/opinions", params={"game": game.name, "most": most})
        assert refused.status_code == 422
        check_sentence(refused.json())


def test_networks_in_memory_are_bounded(game: Game, paths: RunPaths) -> None:
    publish(paths, game, 1, 2, 3, 4)
    models, size = FilesystemModels(paths), paths.snapshot(1).stat().st_size
    by_number, by_size = Networks(most=2), Networks(most_bytes=int(2.5 * size))
    for networks in (by_number, by_size):
        for step in (1, 2, 1, 3):
            networks.of(game, models, step)
        assert networks.paths == [paths.snapshot(1), paths.snapshot(3)]
    assert Networks(most_bytes=1).of(game, models, 4).card.step == 4


def test_no_opinion_of_a_finished_game_or_without_a_snapshot(
    client: TestClient, game: Game, paths: RunPaths
) -> None:
    empty = client.get("/v1/opinions", params={"game": game.name}).json()
    assert empty["opinions"] == [] and empty["snapshots"] == 0
    publish(paths, game, 100)
    over = client.get("/v1/opinions", params={"game": game.name, "moves": "0,1,0,1,0,1,0"}).json()
    assert over["position"]["over"] and over["opinions"] == [] and over["snapshots"] == 1


def test_which_run_is_asked(
    client: TestClient, settings: Settings, game: Game, other: Game, paths: RunPaths
) -> None:
    publish(paths, game, 100)
    elsewhere = RunPaths(settings.storage.data_dir / "older")
    elsewhere.models.mkdir(parents=True)
    publish(elsewhere, game, 7)
    ask = {"game": game.name, "run": "older"}
    answer = client.get("/v1/opinions", params=ask).json()
    assert answer["run"] == "older" and [one["step"] for one in answer["opinions"]] == [7]
    assert client.get("/v1/opinions", params={"game": other.name}).json()["run"] == other.name
    for run, game_name, status, reason in (
        ("none", game.name, 404, "run = 'none' is refused: the runs are lesson, older"),
        ("../lesson", game.name, 404, "run = '../lesson' is refused"),
        ("..", game.name, 404, "run = '..' is refused"),
        ("lesson", other.name, 422, f"it plays {game.name}, not {other.name}"),
        (None, "chess", 404, "chess"),
    ):
        asked = {"game": game_name, **({} if run is None else {"run": run})}
        refused = client.get("/v1/opinions", params=asked)
        assert refused.status_code == status, asked
        assert reason in refused.json()["detail"]
        check_sentence(refused.json())


@pytest.mark.parametrize(("moves", "status"), [("9", 422), ("x", 422), ("0,1,0,1,0,1,0,2", 409)])
def test_moves_against_the_rules_are_refused(
    client: TestClient, game: Game, moves: str, status: int
) -> None:
    refused = client.get("/v1/opinions", params={"game": game.name, "moves": moves})
    assert refused.status_code == status
    check_sentence(refused.json())
