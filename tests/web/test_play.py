import random
from pathlib import Path
from typing import Any

import pytest
from fastapi import HTTPException
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from engine.config import SearchSettings, Settings
from engine.game import Game
from storage.layout import RunPaths
from tests.toys import HEAP
from tests.web.answers import check_sentence, without_clock
from tests.web.conftest import GAMES
from web.lines import Line, describe, parse_moves
from web.play import Play
from web.pool import Pool
from web.runs import Runs
from web.schemas import MAX_MOVES, MoveIn, NewGameIn
from web.served import Served
from web.shelf import Shelf

every_game = pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)


def show(client: TestClient, game: Game, moves: list[int]) -> dict[str, Any]:
    query = {"game": game.name, "moves": ",".join(map(str, moves))}
    response = client.get("/game/state", params=query)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def check_thoughts(game: Game, moves: list[int], played: dict[str, Any], person: int) -> None:
    """The bot moved as long as it was its turn, and each thought is about its own position."""
    position = played["position"]
    assert position["moves"][: len(moves)] == moves
    replies = position["moves"][len(moves) :]
    assert [t["action"] for t in played["thoughts"]] == replies
    state = game.replay(moves)
    for thought in played["thoughts"]:
        assert thought["player"] == game.mover(state) == 1 - person
        assert [m["action"] for m in thought["moves"]] == game.legal(state)
        clicks = [list(game.clicks(action, 1 - person)) for action in game.legal(state)]
        assert [m["clicks"] for m in thought["moves"]] == clicks
        assert sum(m["visits"] for m in thought["moves"]) == thought["simulations"] <= 12
        assert sum(m["share"] for m in thought["moves"]) == pytest.approx(1)
        assert sum(m["prior"] for m in thought["moves"]) == pytest.approx(1)
        assert all((m["q"] is None) == (m["visits"] == 0) for m in thought["moves"])
        chosen = next(m for m in thought["moves"] if m["action"] == thought["action"])
        not_lost = [m for m in thought["moves"] if m["q"] != -1] or thought["moves"]
        if thought["value"] > -1:  # a lost position is played for length
            assert chosen["visits"] == max(m["visits"] for m in not_lost)
        assert thought["label"] == chosen["label"] == game.label(thought["action"])
        assert -1 <= thought["value"] <= 1 and sum(thought["wdl"]) == pytest.approx(1)
        assert thought["milliseconds"] > 0 and thought["model"]["name"] == "uniform"
        state = game.after(state, thought["action"])
    assert game.is_over(state) or game.mover(state) == person


@every_game
@pytest.mark.parametrize("person", [0, 1])
def test_a_whole_game(client: TestClient, game: Game, person: int) -> None:
    choice = random.Random(game.name)
    played = client.post("/game/new", json={"game": game.name, "human": person}).json()
    check_thoughts(game, [], played, person)
    position = played["position"]
    while not position["over"]:
        assert position["mover"] == person
        action = choice.choice(position["legal"])["action"]
        body = {"game": game.name, "moves": position["moves"], "action": action}
        response = client.post("/move", json=body)
        assert response.status_code == 200, response.text
        check_thoughts(game, [*position["moves"], action], response.json(), person)
        position = response.json()["position"]
        assert position == show(client, game, position["moves"])
    state = game.replay(position["moves"])
    result = game.result(state)
    assert position["result"] == result
    assert position["winner"] == (None if result == 0 else int(result < 0))
    assert position["legal"] == []


class HeapOnly(Shelf):
    """A shelf with a game that lets a player move again."""

    def of(self, game: str | None, run: str | None = None) -> Served:
        assert game is not None
        return Served(HEAP, SearchSettings.model_validate({}), 100, game, RunPaths(Path("nowhere")))


def test_players_need_not_alternate(settings: Settings) -> None:
    play = Play(HeapOnly(settings, Runs(settings)), settings.web)
    turn, longest = Pool(1, 0).admit(), 0
    turn.begin()
    for seed in range(20):
        choice, person = random.Random(seed), seed % 2
        played = play.new_game(NewGameIn.model_validate({"game": "heap", "human": person}), turn)
        check_thoughts(HEAP, [], played.model_dump(), person)
        while not played.position.over:
            assert played.position.mover == person
            moves = played.position.moves
            action = choice.choice(played.position.legal).action
            played = play.move(MoveIn(game="heap", moves=moves, action=action), turn)
            check_thoughts(HEAP, [*moves, action], played.model_dump(), person)
            longest = max(longest, len(played.thoughts))
    assert longest > 1


@every_game
def test_a_position_tells_all_that_a_page_draws(client: TestClient, game: Game) -> None:
    choice, state = random.Random(7), game.new()
    moves: list[int] = []
    players: list[int] = []
    while not game.is_over(state):
        position = show(client, game, moves)
        assert position["cells"] == list(game.cells(state))
        assert position["mover"] == game.mover(state) and position["highlight"] == []
        assert position["result"] is position["winner"] is None
        for action in position["legal"]:
            assert action["label"] == game.label(action["action"])
            assert action["clicks"] == list(game.clicks(action["action"], position["mover"]))
        assert [m["player"] for m in position["history"]] == players
        assert [m["action"] for m in position["history"]] == moves
        assert [m["ply"] for m in position["history"]] == list(range(1, len(moves) + 1))
        players.append(game.mover(state))
        moves.append(choice.choice(game.legal(state)))
        state = game.after(state, moves[-1])
    assert show(client, game, moves)["highlight"] == list(game.highlight(state))


def test_without_reply_only_the_person_moves(client: TestClient, game: Game) -> None:
    action = game.legal(game.new())[0]
    body = {"game": game.name, "moves": [], "action": action, "reply": False}
    played = client.post("/move", json=body).json()
    assert played["position"]["moves"] == [action] and played["thoughts"] == []
    assert played["model"]["name"] == "uniform"


@every_game
def test_the_same_request_has_the_same_answer(client: TestClient, game: Game) -> None:
    body = {"game": game.name, "moves": [], "action": game.legal(game.new())[-1]}
    first = without_clock(client.post("/move", json=body).json())
    client.post("/game/new", json={"game": game.name, "human": 1})
    assert without_clock(client.post("/move", json=body).json()) == first


def test_the_asked_simulations_are_searched(client: TestClient, game: Game) -> None:
    body = {"game": game.name, "human": 1, "simulations": 77}
    (thought,) = client.post("/game/new", json=body).json()["thoughts"][:1]
    assert thought["simulations"] == 77 == sum(m["visits"] for m in thought["moves"])


@pytest.mark.parametrize("path", ["/game/new", "/move"])
def test_too_many_simulations(path: str, client: TestClient, settings: Settings) -> None:
    most = settings.web.max_simulations
    body: dict[str, object] = {"game": settings.run.game, "simulations": most + 1}
    response = client.post(
        path, json=body | ({} if path == "/game/new" else {"moves": [], "action": 0})
    )
    assert response.status_code == 422
    assert response.json() == {
        "detail": f"simulations = {most + 1} is refused: web.max_simulations allows {most}"
    }


@every_game
def test_moves_after_the_end(client: TestClient, game: Game) -> None:
    choice, moves, state = random.Random(3), [], game.new()
    while not game.is_over(state):
        moves.append(choice.choice(game.legal(state)))
        state = game.after(state, moves[-1])
    response = client.post("/move", json={"game": game.name, "moves": moves, "action": 0})
    assert response.status_code == 409
    assert "is over" in response.json()["detail"]
    query = {"game": game.name, "moves": ",".join(map(str, [*moves, 0]))}
    response = client.get("/game/state", params=query)
    assert response.status_code == 409
    assert response.json()["detail"].startswith(f"ply {len(moves) + 1}: ")


@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_list_of_moves_breaks_the_server(client: TestClient, data: st.DataObject) -> None:
    game = data.draw(st.sampled_from(GAMES), label="game")
    state, moves = game.new(), []
    for _ in range(data.draw(st.integers(0, game.max_plies), label="plies")):
        if game.is_over(state):
            break
        moves.append(data.draw(st.sampled_from(game.legal(state))))
        state = game.after(state, moves[-1])
    position = show(client, game, moves)
    assert position["over"] == game.is_over(state)
    garbage = data.draw(
        st.one_of(st.text(max_size=30), st.lists(st.integers(), max_size=20).map(str)), label="tail"
    )
    text = ",".join([*map(str, moves), garbage])
    response = client.get("/game/state", params={"game": game.name, "moves": text})
    if response.status_code != 200:
        assert response.status_code in (409, 422)
        check_sentence(response.json())


def test_games_are_listed_with_their_views(client: TestClient) -> None:
    listed = client.get("/games").json()
    assert listed == [describe(game).model_dump() for game in GAMES]
    for shown, game in zip(listed, GAMES, strict=True):
        assert shown["title"] == game.title and shown["max_plies"] == game.max_plies
        assert len(shown["view"]["pieces"]) == len(game.view.pieces)


def test_parse_moves() -> None:
    assert parse_moves("") == []
    assert parse_moves("3,0,12") == [3, 0, 12]
    assert len(parse_moves(",".join(["1"] * MAX_MOVES))) == MAX_MOVES
    with pytest.raises(HTTPException):
        parse_moves(",".join(["1"] * (MAX_MOVES + 1)))


def test_a_line_remembers_who_moved(game: Game) -> None:
    first = game.legal(game.new())[0]
    line = Line.from_moves(game, [first])
    assert line.players == (game.mover(game.new()),) and line.moves == (first,)
