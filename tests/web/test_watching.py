"""Boards of self-play over HTTP: what actors show, and finished games as they were recorded."""

from __future__ import annotations

import numpy as np
import pytest
from starlette.testclient import TestClient

from actor.selfplay import SelfPlay
from engine.config import Settings
from engine.game import Game
from engine.games import all_games, find
from engine.sources import load
from storage.layout import RunPaths, create
from storage.live import LiveGame, Showcase
from storage.replay.record import GameRecord
from storage.replay.sqlite import SqliteReplay
from tests.toys import HashEvaluator


def played(game: Game, count: int) -> list[GameRecord]:
    """Games of real self-play."""
    left = iter(range(count))
    settings = load(
        {
            "run": {"game": game.name},
            "search": {"simulations": 12, "cache_megabytes": 0},
            "selfplay": {"games": 4, "full_share": 0.5, "first_simulations": 0},
        }
    )
    selfplay = SelfPlay(game, settings, may_begin=lambda: next(left, None) is not None)
    records: list[GameRecord] = []
    while not selfplay.is_done:
        records += selfplay.step(HashEvaluator(game), 40)
    return records


def test_nobody_plays_yet(client: TestClient, settings: Settings) -> None:
    own = {"run": settings.run_name, "game": settings.run.game}
    assert client.get("/v1/live").json() == {**own, "actors": []}
    assert client.get("/v1/selfplay/games").json() == {**own, "games": []}
    assert client.get("/v1/selfplay/games/1").status_code == 404


def test_live_boards_are_drawn_from_their_moves(
    client: TestClient, paths: RunPaths, game: Game
) -> None:
    first, second = game.legal(game.new())[:2]
    searched = LiveGame(
        moves=(first,), simulations=8, budget=20, visits={second: 6, first: 0}, value=-0.25
    )
    fresh = LiveGame(moves=(), simulations=0, budget=0, visits={}, value=None)
    Showcase(paths, "actor-0").show([searched, fresh], model_step=-1)
    (actor,) = client.get("/v1/live").json()["actors"]
    assert (actor["actor"], actor["model_step"]) == ("actor-0", None)
    assert actor["age_seconds"] >= 0
    shown, empty = actor["games"]
    state = game.replay([first])
    assert shown["cells"] == list(game.cells(state)) and shown["plies"] == 1
    assert shown["mover"] == game.mover(state)
    assert shown["last"]["label"] == game.label(first) and shown["last"]["player"] == 0
    assert [shown[key] for key in ("simulations", "budget", "value")] == [8, 20, -0.25]
    assert [(it["action"], it["share"]) for it in shown["options"]] == [(second, 1.0)]
    assert not shown["over"] and shown["winner"] is None
    assert empty["last"] is None and empty["options"] == [] and empty["value"] is None


@pytest.mark.parametrize("game", all_games().values(), ids=lambda game: game.name)
def test_a_finished_game_is_told_ply_by_ply(
    game: Game, client: TestClient, settings: Settings
) -> None:
    paths = RunPaths(settings.storage.data_dir / "other")
    create(paths)
    records = played(game, 3)
    with SqliteReplay(paths.replay, game) as replay:
        ids = [replay.append(record) for record in records]
    listed = client.get("/v1/selfplay/games", params={"run": "other", "limit": 2}).json()
    assert listed["game"] == game.name and [it["id"] for it in listed["games"]] == ids[:0:-1]
    older = client.get(f"/v1/selfplay/games?run=other&before={ids[1]}").json()["games"]
    assert [it["id"] for it in older] == ids[:1]
    record = records[-1]
    shown = client.get(f"/v1/selfplay/games/{ids[-1]}?run=other").json()
    assert shown["head"] == listed["games"][0]
    assert shown["head"]["result"] == record.result and shown["head"]["model_step"] == 40
    assert shown["start"] == list(game.cells(game.new()))
    assert [it["move"]["action"] for it in shown["plies"]] == record.moves.tolist()
    assert shown["plies"][-1]["cells"] == list(game.cells(game.replay(record.moves.tolist())))
    searched = {ply: it["searched"] for ply, it in enumerate(shown["plies"]) if it["searched"]}
    assert list(searched) == record.plies.tolist()
    for sample, (ply, found) in enumerate(searched.items()):
        assert found["value"] == pytest.approx(record.root_values[sample], abs=1e-4)
        assert found["exact"] == bool(record.exact[sample])
        policy = np.zeros(game.actions)
        for option in found["options"]:
            policy[option["action"]] = option["share"]
        assert np.abs(policy - record.policies[sample]).max() < 1e-3
        assert shown["plies"][ply]["move"]["player"] == record.movers[sample]


def test_a_game_that_was_pruned_is_gone(client: TestClient, paths: RunPaths, game: Game) -> None:
    with SqliteReplay(paths.replay, game) as replay:
        first, last = (replay.append(record) for record in played(game, 2))
        replay.prune(1)
    assert client.get(f"/v1/selfplay/games/{first}").status_code == 404
    assert client.get(f"/v1/selfplay/games/{last}").status_code == 200


@pytest.mark.parametrize("path", ["live", "selfplay/games", "selfplay/games/1", "settings"])
@pytest.mark.parametrize("run", ["nobody", "..", "../lesson", ""])
def test_a_run_that_there_is_not(path: str, run: str, client: TestClient, paths: RunPaths) -> None:
    assert paths.root.is_dir()
    assert client.get(f"/v1/{path}", params={"run": run}).status_code == 404


def test_looking_changes_nothing_on_the_disk(
    client: TestClient, paths: RunPaths, game: Game
) -> None:
    client.get("/v1/selfplay/games")
    assert not paths.replay.exists()
    other = next(it for it in all_games().values() if it.name != game.name)
    SqliteReplay(paths.replay, other).close()
    refused = client.get("/v1/selfplay/games")
    assert refused.status_code == 500 and other.name in refused.json()["detail"]
    assert find(other.name) is other
