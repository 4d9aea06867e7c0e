"""The ladder as the page shows it is the one of the file, and its games are those played."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
from starlette.testclient import TestClient

from actor.tournament import Plan, Tournament
from engine.config import SearchSettings
from engine.game import Game, value_for
from engine.games import find
from storage.ladder import Ladder, read_ladder
from storage.layout import RunPaths
from storage.matches import MatchGame, Meeting, append_meeting
from storage.models.filesystem import FilesystemModels
from tests.models import linear_model
from tests.web.answers import check_sentence


@pytest.fixture
def game() -> Game:
    return find("tictactoe")


@pytest.fixture
def ladder(paths: RunPaths, game: Game) -> Ladder:
    """A real one, of a model and of players that never change."""
    models = FilesystemModels(paths)
    models.publish(linear_model(game, 400, sha256="a1" * 32), 400)
    tournament = Tournament(
        *(game, SearchSettings(), models, paths.ratings, Plan(6, 1, 2, 0)),
        keep=partial(append_meeting, paths, "tournament"),
    )
    tournament.enter(["greedy", "latest@4", "mcts:8"])
    return tournament.run()


def test_without_a_ladder_the_command_is_told(client: TestClient, game: Game) -> None:
    empty = client.get("/v1/ladder").json()
    assert empty["players"] == empty["duels"] == empty["pairs"] == []
    assert (empty["run"], empty["updated_at"]) == ("lesson", None)
    assert empty["command"].startswith("python -m actor tournament ")
    assert empty["command"].endswith(f"--game {game.name} --run-name lesson")
    none = client.get("/v1/ladder/games", params={"a": "greedy", "b": "random"}).json()
    assert (none["games"], none["shown"]) == (0, [])


def test_the_ladder_is_that_of_the_file(
    client: TestClient, ladder: Ladder, paths: RunPaths
) -> None:
    shown = client.get("/v1/ladder").json()
    assert shown["updated_at"] == paths.ratings.stat().st_mtime
    ratings = [player["rating"] for player in shown["players"]]
    assert ratings == sorted(ratings, reverse=True) and len(ratings) == 4
    for player in shown["players"]:
        entry = ladder.entry(player["player"])
        assert player["rating"] == pytest.approx(entry.rating)
        assert player["interval"] == pytest.approx([entry.low, entry.high])
        assert (player["games"], player["sha256"]) == (entry.games, entry.sha256)
        assert player["fixed"] == (player["kind"] != "model")
    (model,) = (player for player in shown["players"] if not player["fixed"])
    assert (model["player"], model["step"]) == ("step_000400@4", 400)
    assert model["sha256"] == "a1" * 32
    assert len(shown["duels"]) == len(ladder.results)
    for duel, result in zip(shown["duels"], ladder.results, strict=True):
        assert (duel["first"], duel["second"]) == (result.first, result.second)
        counted = (result.wins, result.draws, result.losses)
        assert (duel["wins"], duel["draws"], duel["losses"]) == counted
        assert duel["score"] == pytest.approx((result.wins + result.draws / 2) / sum(counted))
        assert duel["interval"][0] <= duel["score"] <= duel["interval"][1]
    assert {(p["first"], p["second"], p["games"]) for p in shown["pairs"]} == {
        (d["first"], d["second"], d["games"]) for d in shown["duels"]
    }


def test_the_games_of_two_are_those_of_their_score(
    client: TestClient, ladder: Ladder, game: Game
) -> None:
    for result in ladder.results:
        asked = {"a": result.second, "b": result.first}
        answer = client.get("/v1/ladder/games", params=asked).json()
        assert answer["games"] == len(answer["shown"]) == 6 * result.meetings
        values = []
        for played in answer["shown"]:
            state = game.replay(played["moves"])
            assert game.result(state) == played["result"]
            assert set(played["players"]) == set(asked.values())
            won = value_for(played["result"], 0)
            assert played["winner"] == {1.0: 0, 0.0: None, -1.0: 1}[won]
            values.append(value_for(played["result"], played["players"].index(result.first)))
        counts = Counter(values)
        assert [counts[1.0], counts[0.0], counts[-1.0]] == [
            *(result.wins, result.draws, result.losses),
        ]
    few = client.get("/v1/ladder/games", params={**asked, "limit": 2}).json()
    assert len(few["shown"]) == 2 < few["games"]


def test_the_referees_games_stand_beside_them_and_new_ones_appear(
    client: TestClient, ladder: Ladder, paths: RunPaths
) -> None:
    one, other = "step_000400@100", "step_000200@100"
    asked = {"a": one, "b": other}
    assert client.get("/v1/ladder/games", params=asked).json()["games"] == 0
    game = MatchGame(moves=[0, 3, 1, 4, 2], opening=1, side=1, result=1)
    for number in (0, 1):
        meeting = Meeting(first=one, second=other, number=number, at=5e9 + number, games=[game])
        append_meeting(paths, "referee", meeting)
        answer = client.get("/v1/ladder/games", params=asked).json()
        assert [shown["number"] for shown in answer["shown"]] == list(range(number, -1, -1))
    assert answer["shown"][0] == {
        "occasion": "referee",
        "at": 5e9 + 1,
        "number": 1,
        "players": [other, one],
        "opening": 1,
        "moves": [0, 3, 1, 4, 2],
        "result": 1,
        "winner": 0,
    }
    pairs = client.get("/v1/ladder").json()["pairs"]
    assert (pairs[0]["occasion"], pairs[0]["games"], pairs[0]["latest_at"]) == (
        *("referee", 2, 5e9 + 1),
    )
    assert read_ladder(paths.ratings) == ladder  # they are no part of it


def test_damage_is_named(client: TestClient, ladder: Ladder, paths: RunPaths) -> None:
    paths.matches("tournament").write_bytes(b"{}\n")
    refused = client.get("/v1/ladder")
    assert refused.status_code == 500 and "line 1 is damaged" in refused.json()["detail"]
    check_sentence(refused.json())
    paths.matches("tournament").unlink()
    paths.ratings.write_bytes(b"[]")
    refused = client.get("/v1/ladder")
    assert refused.status_code == 500 and "ratings.json is damaged" in refused.json()["detail"]
