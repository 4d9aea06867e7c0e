import dataclasses
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from starlette.testclient import TestClient

from engine.config import Settings
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.search.live import Live, Minds
from storage.layout import RunPaths, create, run_paths
from storage.models.filesystem import FilesystemModels
from tests.models import linear_model
from web.lines import Line
from web.loaded import UNIFORM, Loaded
from web.runs import Runs
from web.shelf import Shelf
from web.think import Limits, think


def opening(client: TestClient, game: Game) -> dict[str, object]:
    """The model that makes the first move of a game."""
    played = client.post("/game/new", json={"game": game.name, "human": 1}).json()
    model: dict[str, object] = played["thoughts"][0]["model"]
    return model


def publish(paths: RunPaths, game: Game, step: int, value: float = 0.5) -> None:
    FilesystemModels(paths).publish(linear_model(game, step, win=value), step)


def test_without_a_run_the_search_plays_alone(client: TestClient, game: Game) -> None:
    assert opening(client, game) == UNIFORM.model_dump()
    assert client.get("/health").json()["model"]["name"] == "uniform"
    assert client.get("/models").json() == {
        "run": "lesson",
        "game": game.name,
        "served": UNIFORM.model_dump(),
        **{"best": None, "latest": None, "zoo": None, "snapshots": []},
    }


def test_a_new_model_moves_next(client: TestClient, game: Game, paths: RunPaths) -> None:
    assert opening(client, game)["step"] is None
    for step in (400, 800):
        publish(paths, game, step)
        described = {
            "name": f"step_{step:06d}",
            "step": step,
            "published_at": 1000.0 + step,
            "sha256": f"{step:064x}",
            "kind": "latest",
            "run": "lesson",
        }
        assert opening(client, game) == described
        assert client.get("/health").json()["model"] == described
        assert client.get("/stats").json()["model"] == described


def test_the_best_model_is_offered_while_there_is_one(
    client: TestClient, game: Game, paths: RunPaths
) -> None:
    models = FilesystemModels(paths)
    publish(paths, game, 400)
    assert (opening(client, game)["step"], opening(client, game)["kind"]) == (400, "latest")
    models.promote(linear_model(game, 400, win=0.5))
    publish(paths, game, 800)
    assert (opening(client, game)["step"], opening(client, game)["kind"]) == (400, "best")
    models.promote(linear_model(game, 800, win=0.5))
    assert (opening(client, game)["step"], opening(client, game)["kind"]) == (800, "best")
    publish(paths, game, 900)
    listed = client.get("/models").json()
    assert (listed["served"]["step"], listed["snapshots"][0]["step"]) == (800, 900)
    paths.best.unlink()
    assert (opening(client, game)["step"], opening(client, game)["kind"]) == (900, "latest")


def test_a_publication_does_not_disturb_the_best(
    settings: Settings, game: Game, paths: RunPaths
) -> None:
    served = Shelf(settings, Runs(settings)).of(game.name)
    FilesystemModels(paths).promote(linear_model(game, 400, win=0.5))
    before = served.current()
    publish(paths, game, 800)
    assert served.current() is before  # its trees are kept


def test_a_best_model_that_is_damaged_leaves_the_old_one(
    client: TestClient, game: Game, paths: RunPaths, caplog: pytest.LogCaptureFixture
) -> None:
    FilesystemModels(paths).promote(linear_model(game, 400, win=0.5))
    assert opening(client, game)["step"] == 400
    paths.best.write_bytes(b"half")
    assert opening(client, game)["step"] == 400
    assert "lesson stays with step_000400: not a complete ONNX model" in caplog.text


def test_the_model_really_judges(client: TestClient, game: Game, paths: RunPaths) -> None:
    publish(paths, game, 1, value=0.75)
    played = client.post("/game/new", json={"game": game.name, "human": 1}).json()
    assert played["thoughts"][0]["wdl"] == pytest.approx([0.75, 0, 0.25])


@pytest.mark.parametrize("keep", [0, 10, 200])
def test_a_truncated_model_is_refused(
    keep: int, client: TestClient, game: Game, paths: RunPaths, caplog: pytest.LogCaptureFixture
) -> None:
    publish(paths, game, 400)
    assert opening(client, game)["step"] == 400
    paths.latest.write_bytes(linear_model(game, 800, win=0.5)[:keep])
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert opening(client, game)["step"] == 400
    (record,) = caplog.records
    assert "lesson stays with step_000400: not a complete ONNX model" in record.message
    publish(paths, game, 900)
    assert opening(client, game)["step"] == 900


def test_a_model_of_another_game_is_refused(
    client: TestClient,
    game: Game,
    other: Game,
    paths: RunPaths,
    caplog: pytest.LogCaptureFixture,
) -> None:
    publish(paths, game, 400)
    assert opening(client, game)["step"] == 400
    publish(paths, other, 500)
    with caplog.at_level(logging.WARNING):
        assert opening(client, game)["step"] == 400
    assert f"plays {other.name}" in caplog.text and f"plays {game.name}" in caplog.text


def test_a_model_of_other_rules_is_refused(client: TestClient, game: Game, paths: RunPaths) -> None:
    newer = linear_model(game, 5, win=0.5, rules_version=game.version + 1)
    FilesystemModels(paths).publish(newer, 5)
    assert opening(client, game)["name"] == "uniform"


def test_a_model_that_diverged_is_refused(
    client: TestClient, game: Game, paths: RunPaths, caplog: pytest.LogCaptureFixture
) -> None:
    publish(paths, game, 400)
    assert opening(client, game)["step"] == 400
    publish(paths, game, 500, value=float("nan"))
    assert opening(client, game)["step"] == 400
    assert "the evaluator answered NaN or infinity" in caplog.text


def test_a_removed_model_stays_in_service(client: TestClient, game: Game, paths: RunPaths) -> None:
    publish(paths, game, 400)
    assert opening(client, game)["step"] == 400
    paths.latest.unlink()
    assert opening(client, game)["step"] == 400


def test_an_unreadable_model_is_tried_again(
    client: TestClient, game: Game, paths: RunPaths, caplog: pytest.LogCaptureFixture
) -> None:
    paths.latest.mkdir()  # reading it fails for root as well
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert opening(client, game)["name"] == "uniform"
    assert len(caplog.records) == 1 and "cannot read" in caplog.text
    paths.latest.rmdir()
    publish(paths, game, 100)
    assert opening(client, game)["step"] == 100


def test_another_game_has_the_run_of_its_name(
    client: TestClient, game: Game, other: Game, settings: Settings, paths: RunPaths
) -> None:
    publish(paths, game, 400)
    assert opening(client, other)["name"] == "uniform"
    theirs = dataclasses.replace(paths, root=settings.storage.data_dir / other.name)
    create(theirs)
    publish(theirs, other, 70)
    assert opening(client, other) | {"sha256": None} == {
        "name": "step_000070",
        "step": 70,
        "published_at": 1070.0,
        "sha256": None,
        "kind": "latest",
        "run": other.name,
    }
    assert opening(client, game)["step"] == 400


def test_another_game_is_searched_with_its_own_preset(
    settings: Settings, game: Game, other: Game
) -> None:
    changed = settings.search.model_copy(update={"c_init": 3.0})
    altered = settings.model_copy(update={"search": changed})
    shelf = Shelf(altered, Runs(altered))
    preset = type(changed).model_validate(dict(other.preset.get("search", {})))
    for name, search in ((game.name, changed), (other.name, preset)):
        served = shelf.of(name)
        played, state = served.game, served.game.new()
        thought = think(served.current(), Line(played, state), Limits(60))
        alone = Live(played, UniformEvaluator(played), 60, search).think(state, 60)
        assert [m.visits for m in thought.moves] == alone.visits[0, played.legal(state)].tolist()


def test_models_are_listed_newest_first(
    client: TestClient, game: Game, paths: RunPaths, caplog: pytest.LogCaptureFixture
) -> None:
    for step in (200, 1000, 400):
        publish(paths, game, step)
    paths.snapshot(200).write_bytes(b"half")
    listed = client.get("/models").json()
    assert listed["run"] == "lesson" and listed["served"]["step"] == 400
    assert [m["step"] for m in listed["snapshots"]] == [1000, 400, 200]
    names = ["step_001000", "step_000400", "step_000200 (unreadable)"]
    assert [m["name"] for m in listed["snapshots"]] == names
    assert listed["snapshots"][2]["published_at"] is None
    assert "snapshot 200 of lesson: not a complete" in caplog.text


class Watched(UniformEvaluator):
    """Fails when two threads use it at once."""

    def __init__(self, game: Game) -> None:
        super().__init__(game)
        self.busy = threading.Lock()

    def evaluate(self, observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert self.busy.acquire(blocking=False), "two threads in one evaluator"
        try:
            threading.Event().wait(0.0005)
            return super().evaluate(observations)
        finally:
            self.busy.release()


def test_each_search_has_an_evaluator_of_its_own(settings: Settings, game: Game) -> None:
    minds = Minds(lambda: Live(game, Watched(game), 30, settings.search))
    loaded, line = Loaded(UNIFORM, minds), Line(game, game.new())
    with ThreadPoolExecutor(4) as pool:
        thoughts = [pool.submit(think, loaded, line, Limits(30)) for _ in range(8)]
    assert len({t.result().action for t in thoughts}) == 1


def test_reloading_while_others_play(client: TestClient, game: Game, paths: RunPaths) -> None:
    publish(paths, game, 0)
    done = threading.Event()

    def play() -> list[int]:
        seen = []
        while not done.is_set():
            step = opening(client, game)["step"]
            assert isinstance(step, int)
            seen.append(step)
        return seen

    with ThreadPoolExecutor(3) as pool:
        players = [pool.submit(play) for _ in range(3)]
        for step in range(1, 15):
            publish(paths, game, step)
        done.set()
    for player in players:
        assert player.result() == sorted(player.result())
    assert opening(client, game)["step"] == 14


def test_the_run_of_the_settings(settings: Settings, game: Game) -> None:
    shelf = Shelf(settings, Runs(settings))
    assert shelf.run.game is game and shelf.run.run == settings.run_name
    assert run_paths(settings).root.name == "lesson"
