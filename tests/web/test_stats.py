import json
import time
from dataclasses import asdict
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.config import Settings
from engine.evaluator.report import Agreement, Candidate, Report
from engine.game import Game
from storage.control import set_paused
from storage.evaluations import Evaluations, write_evaluations
from storage.layout import RunPaths
from storage.stats import Heart, write_stats
from tests.models import linear_model
from tests.web.conftest import Configure
from web.app import create_app
from web.schemas import (
    AccuracyRow,
    EvaluationRow,
    IncidentRow,
    MetricsRow,
    QualityOut,
    StatsOut,
)
from web.stats import ADDED, matches

METRICS: dict[str, Any] = {
    name: float(value) if field.annotation is float else value
    for value, (name, field) in enumerate(MetricsRow.model_fields.items(), start=1)
}
ACCURACY: dict[str, Any] = {
    "step": 400,
    "set": "hard",
    "simulations": 100,
    "positions": 300,
    "wdl_optimal": 0.875,
    "wdl_interval": [0.83, 0.91],
    "exact_optimal": 0.75,
    "random_wdl_optimal": 0.5,
}
EVALUATION: dict[str, Any] = {
    "step": 400,
    "opponent": "random",
    "against": None,
    "games": 40,
    "score": 0.75,
    "interval": [0.6, 0.86],
    "finding": None,
}
INCIDENT: dict[str, Any] = {
    "at": 6.5,
    "step": 450,
    "kind": "exploded",
    "message": "the loss exploded",
    "restored_step": 400,
}
QUALITY: dict[str, Any] = {
    "games": 900,
    "positions": 21_000,
    "figures": [
        {
            "name": "duplicates",
            "title": "Duplicate positions",
            "unit": "share",
            "limit": "most",
            "value": 0.95,
            "threshold": 0.9,
            "alarm": "Duplicate positions: 95.0%, at most 90.0% is wanted",
        },
        {
            "name": "surprise",
            "title": "Surprise of the search",
            "unit": "nats",
            "limit": "most",
            "value": None,
            "threshold": None,
            "alarm": None,
        },
    ],
    "calibration": [
        {"low": -0.2, "high": 0.0, "positions": 70, "predicted": -0.125, "result": 0.25}
    ],
    "lengths": {"mean": 24.5, "p05": 12.5, "median": 23.5, "p95": 40.5},
    "first_moves": [{"action": 3, "label": "d", "share": 0.75}],
    "history": [{"step": 400, "seconds": 9.5, "values": {"duplicates": 0.5, "surprise": None}}],
}


def written(settings: Settings) -> dict[str, Any]:
    """A stats.json with every field that the page knows, each with a value of its own."""
    return {
        "run": settings.run_name,
        "game": settings.run.game,
        "model": {
            "name": "lesson",
            "step": 400,
            "published_at": 5.5,
            "sha256": "ab" * 32,
            "kind": None,
            "run": "lesson",
        },
        "step": 455,
        "horizon_steps": 20_000,
        "games": 3100,
        "positions": 41_000,
        "window_positions": 40_500,
        "samples_used": 160_000,
        "seconds": 1234.5,
        "budget_seconds": 3600.0,
        "message": "training",
        "history": [METRICS, {**METRICS, "step": 400}],
        "evaluations": [EVALUATION],
        "accuracy": [ACCURACY],
        "incidents": [INCIDENT],
        "quality": QUALITY,
    }


def test_every_field_of_the_file_is_shown(
    client: TestClient, settings: Settings, paths: RunPaths
) -> None:
    write_stats(paths, written(settings))
    in_file = json.loads(paths.stats.read_bytes())
    assert set(in_file) == set(StatsOut.model_fields) - set(ADDED)
    assert set(METRICS) == set(MetricsRow.model_fields)
    assert set(EVALUATION) == set(EvaluationRow.model_fields)
    assert set(ACCURACY) == set(AccuracyRow.model_fields)
    assert set(INCIDENT) == set(IncidentRow.model_fields)
    assert set(QUALITY) == set(QualityOut.model_fields)
    shown = client.get("/stats").json()
    added = {name: shown.pop(name) for name in ADDED}
    assert shown.pop("message") == "nobody is at work; the learner's last word was: training"
    assert in_file.pop("message") == "training"
    assert shown == in_file
    assert added == {
        "training": "stopped",
        "can_control": True,
        "processes": [],
        "promotions": [],
    }


def test_what_the_referee_found_is_shown_with_the_rest(
    client: TestClient, settings: Settings, paths: RunPaths
) -> None:
    match = {**EVALUATION, "step": 300, "opponent": "best", "against": 200, "finding": "stronger"}
    promotion = {"step": 300, "sha256": "ab", "against": 200, "at": 5.5}
    found = Evaluations.model_validate(
        {
            "evaluations": [match],
            "accuracy": [{**ACCURACY, "step": 300}],
            "promotions": [promotion],
        }
    )
    write_evaluations(paths, found)
    shown = client.get("/stats").json()
    assert (shown["evaluations"], shown["promotions"]) == ([match], [promotion])
    write_stats(paths, written(settings))
    shown = client.get("/stats").json()
    assert shown["evaluations"] == [match, EVALUATION]
    assert shown["accuracy"] == [{**ACCURACY, "step": 300}, ACCURACY]
    write_evaluations(paths, Evaluations(accuracy=[{"step": 1}]))
    response = client.get("/stats")
    assert response.status_code == 500 and str(paths.evaluations) in response.json()["detail"]
    paths.evaluations.write_text("{")
    assert client.get("/stats").status_code == 500


def test_a_referee_alone_trains_nothing(client: TestClient, paths: RunPaths) -> None:
    Heart(paths, "referee").beat("waiting for a model", {})
    shown = client.get("/stats").json()
    assert shown["training"] == "stopped" and shown["processes"][0]["alive"]


def test_before_the_first_file(client: TestClient, settings: Settings) -> None:
    shown = client.get("/stats").json()
    assert shown["message"] == "waiting for the first games"
    assert shown["run"] == "lesson" and shown["game"] == settings.run.game
    assert shown["horizon_steps"] == settings.learner.horizon_steps
    assert shown["model"]["name"] == "uniform" and shown["updated_at"] is None
    assert shown["training"] == "stopped" and shown["history"] == []
    numbers = ("step", "games", "positions", "window_positions", "samples_used")
    assert [shown[name] for name in numbers] == [0] * 5


def test_before_the_first_file_the_processes_tell(client: TestClient, paths: RunPaths) -> None:
    Heart(paths, "actor-0").beat("playing", {"games_per_second": 2.5})
    Heart(paths, "actor-1").beat("playing", {})
    Heart(paths, "trainer").beat("waiting for data: 312/500", {})
    shown = client.get("/stats").json()
    assert shown["message"] == "playing, waiting for data: 312/500"
    assert shown["training"] == "running"
    assert shown["processes"][0].pop("age_seconds") >= 0
    assert shown["processes"][0] == {
        "name": "actor-0",
        "state": "playing",
        "alive": True,
        "rates": {"games_per_second": 2.5},
        "evaluator": None,
    }
    assert [p["name"] for p in shown["processes"]] == ["actor-0", "actor-1", "trainer"]


def test_the_evaluator_of_a_process_is_told(client: TestClient, paths: RunPaths) -> None:
    agreement = Agreement(positions=512, policy_kl=1e-4, value_error=0.005, top1=0.99)
    candidates = (
        Candidate("openvino-int8", "refused", "top-1 90.0% < 95.0%", 9e4, agreement),
        Candidate("openvino-bf16", "in use", "", 6e4, agreement),
        Candidate("cuda", "unavailable", "this onnxruntime has no CUDA"),
    )
    report = Report("openvino-bf16", 400, candidates)
    Heart(paths, "actor-0").beat("playing", {}, evaluator=report)
    shown = client.get("/stats").json()["processes"][0]["evaluator"]
    assert shown == json.loads(json.dumps(asdict(report)))
    assert shown["candidates"][0]["agreement"]["top1"] == 0.99


def test_an_evaluator_that_nobody_knows_is_damage(client: TestClient, paths: RunPaths) -> None:
    Heart(paths, "actor-0").beat("playing", {})
    beat = json.loads(paths.heartbeat("actor-0").read_bytes())
    paths.heartbeat("actor-0").write_text(json.dumps({**beat, "evaluator": {"backend": "abacus"}}))
    (shown,) = client.get("/stats").json()["processes"]
    assert not shown["alive"] and shown["state"].startswith("unreadable: evaluator.step")


def test_paused_and_gone(
    client: TestClient, paths: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    heart = Heart(paths, "actor-0")
    heart.beat("playing", {})
    set_paused(paths, True)
    assert client.get("/stats").json()["training"] == "paused"
    set_paused(paths, False)
    assert client.get("/stats").json()["training"] == "running"
    clock = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + 60)
    shown = client.get("/stats").json()
    assert shown["training"] == "stopped"
    (process,) = shown["processes"]
    assert process["age_seconds"] >= 60 and not process["alive"]
    assert shown["message"] == "waiting for the first games"


DAMAGE: list[tuple[dict[str, Any], str]] = [
    ({"surprise": 1}, "there is no field surprise"),
    ({"step": "many"}, "step = 'many' is refused: input should be a valid integer"),
    ({"history": [{**METRICS, "elo": 3}]}, "there is no field history.0.elo"),
    ({"history": [{"step": 1}]}, "the field history.0.seconds is missing (and 11 more)"),
    ({"model": {"name": "x"}}, "the field model.step is missing (and 1 more)"),
    ({"evaluations": [{**EVALUATION, "elo": 3}]}, "there is no field evaluations.0.elo"),
    ({"quality": {**QUALITY, "mood": 1}}, "there is no field quality.mood"),
    ({"quality": {**QUALITY, "lengths": {}}}, "the field quality.lengths.mean is missing"),
    ({"training": "running"}, "has training, which only the server knows"),
    ({"game": "snakes"}, "tells of 'snakes', this run plays "),
    ({"message": None}, "message = None is refused"),
    ({"step": float("nan")}, "NaN is no JSON"),
]


@pytest.mark.parametrize(("change", "reason"), DAMAGE)
def test_a_file_that_does_not_fit(
    change: dict[str, Any],
    reason: str,
    client: TestClient,
    settings: Settings,
    paths: RunPaths,
) -> None:
    content = {**written(settings), "updated_at": 1.0, **change}
    paths.stats.write_text(json.dumps(content))
    response = client.get("/stats")
    assert response.status_code == 500
    assert reason in response.json()["detail"] and str(paths.stats) in response.json()["detail"]
    assert client.get("/health").status_code == 200


@pytest.mark.parametrize("missing", ["step", "games", "message", "updated_at", "game"])
def test_a_file_that_misses_a_field(
    missing: str, client: TestClient, settings: Settings, paths: RunPaths
) -> None:
    content = {**written(settings), "updated_at": 1.0}
    del content[missing]
    paths.stats.write_text(json.dumps(content))
    response = client.get("/stats")
    assert response.status_code == 500 and str(paths.stats) in response.json()["detail"]


@pytest.mark.parametrize("content", ["", "[]", '{"step": 1'])
def test_a_damaged_file(content: str, client: TestClient, paths: RunPaths) -> None:
    paths.stats.write_text(content)
    response = client.get("/stats")
    assert response.status_code == 500 and "damaged" in response.json()["detail"]


def test_damaged_control_and_heartbeats(client: TestClient, paths: RunPaths) -> None:
    paths.heartbeat("actor-0").write_text("{")
    (beat,) = client.get("/stats").json()["processes"]
    assert not beat["alive"] and beat["state"].startswith("unreadable")
    Heart(paths, "actor-1").beat("playing", {})
    paths.control.write_text("{}")
    response = client.get("/stats")
    assert response.status_code == 500 and str(paths.control) in response.json()["detail"]


def test_unchanged_stats_are_not_sent_again(
    client: TestClient, settings: Settings, paths: RunPaths
) -> None:
    write_stats(paths, written(settings))
    first = client.get("/stats")
    tag = first.headers["etag"]
    for header in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = client.get("/stats", headers={"If-None-Match": header})
        assert again.status_code == 304 and again.content == b"" and again.headers["etag"] == tag
    other = client.get("/stats", headers={"If-None-Match": '"x"'})
    assert other.status_code == 200 and other.content == first.content
    write_stats(paths, {**written(settings), "step": 456})
    fresh = client.get("/stats", headers={"If-None-Match": tag})
    assert fresh.status_code == 200 and fresh.json()["step"] == 456
    assert fresh.headers["etag"] != tag


def test_no_header_matches_nothing() -> None:
    assert not matches('"a"', "")


def test_a_model_without_stats_is_told(client: TestClient, game: Game, paths: RunPaths) -> None:
    paths.latest.write_bytes(linear_model(game, 600, win=0.5))
    shown = client.get("/stats").json()
    assert shown["model"]["step"] == shown["step"] == 600


def test_control_can_be_forbidden(configure: Configure) -> None:
    with TestClient(create_app(configure(web__allow_training=False))) as client:
        assert client.get("/stats").json()["can_control"] is False
