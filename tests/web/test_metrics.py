from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from engine.config import Settings
from engine.game import Game
from storage.layout import RunPaths, create
from storage.stats import Heart, write_stats
from tests.web.test_stats import METRICS, written


def samples(client: TestClient) -> dict[tuple[str, ...], float]:
    """Every number by its name and its labels in the order of their names."""
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=1.0.0")
    found: dict[tuple[str, ...], float] = {}
    for family in text_string_to_metric_families(response.text):
        assert family.documentation
        for sample in family.samples:
            labels = [value for _, value in sorted(sample.labels.items())]
            key = (sample.name.removeprefix("cartridge_"), *labels)
            assert key not in found
            found[key] = sample.value
    return found


def test_requests_and_searches_are_counted(client: TestClient, game: Game) -> None:
    question = {"game": game.name, "moves": [], "simulations": 5}
    for path in ("/v1/health", "/health", "/health"):
        client.get(path)
    for _ in range(2):
        client.post("/v1/think", json=question)
    client.post("/v1/think", json={"game": "chess", "moves": []})
    client.get("/no/such/page")
    client.request("FOLD", "/elsewhere")
    found = samples(client)
    assert found["http_requests_total", "GET", "/health", "200"] == 3
    assert found["http_requests_total", "POST", "/think", "200"] == 2
    assert found["http_requests_total", "POST", "/think", "404"] == 1
    assert found["http_requests_total", "GET", "page", "404"] == 1
    assert sum(value for key, value in found.items() if key[1:3] == ("other", "page")) > 0
    assert not any("FOLD" in key for key in found)
    assert found["http_seconds_count", "POST", "/think"] == 3
    assert found["http_seconds_sum", "POST", "/think"] >= found[("searches_seconds_total",)] > 0
    assert found[("searches_begun_total",)] == 3
    assert found[("searches_computing",)] == found[("searches_waiting",)] == 0
    assert found["searches_refused_total", "queue"] == 0


def test_every_run_is_told(client: TestClient, settings: Settings, paths: RunPaths) -> None:
    write_stats(paths, {**written(settings), "history": [{**METRICS, "loss": 1.25}]})
    Heart(paths, "actor-0").beat("playing", {"games_per_second": 2.5})
    other = RunPaths(settings.storage.data_dir / "second")
    create(other)
    Heart(other, "trainer").beat("training", {})
    found = samples(client)
    assert found["run_games", "lesson"] == 3100 and found["run_step", "lesson"] == 455
    assert found["learning", "loss", "lesson"] == 1.25
    assert found["process_alive", "actor-0", "lesson"] == 1
    assert found["process_rate", "games_per_second", "actor-0", "lesson"] == 2.5
    assert found["process_alive", "trainer", "second"] == 1
    assert found["run_readable", "lesson"] == found["run_readable", "second"] == 1


@pytest.mark.parametrize("damage", ["{", "[]"])
def test_a_damaged_run_does_not_hide_the_others(
    damage: str, client: TestClient, settings: Settings, paths: RunPaths
) -> None:
    write_stats(paths, written(settings))
    other = RunPaths(settings.storage.data_dir / "second")
    create(other)
    other.stats.write_text(damage)
    found: dict[tuple[str, ...], Any] = samples(client)
    assert found["run_readable", "second"] == 0 and found["run_games", "lesson"] == 3100
