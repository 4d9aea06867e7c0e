import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from engine.game import Game
from tests.web.answers import check_sentence
from web.errors import MAX_BODY, sentence

MOVE = {"moves": [], "action": 0}
WRONG: list[tuple[str, dict[str, object], int, str]] = [
    ("/game/new", {"game": "tic tac"}, 404, "there is no game 'tic tac', known are: "),
    ("/move", {"game": "nothing", **MOVE}, 404, "there is no game 'nothing'"),
    ("/move", {"action": -1}, 422, "action -1 is illegal"),
    ("/move", {"action": 10**6}, 422, "action 1000000 is illegal"),
    ("/move", {"action": 10**60}, 422, f"action {10**60} is illegal"),
    ("/move", {"moves": [-1]}, 422, "ply 1: action -1 is illegal"),
    ("/move", {"moves": [10**30]}, 422, "ply 1: action 1"),
    ("/move", {"moves": [0.5]}, 422, "moves.0 = 0.5 is refused: input should be a valid integer"),
    ("/move", {"moves": ["1"]}, 422, "moves.0 = '1' is refused"),
    ("/move", {"moves": [True]}, 422, "moves.0 = True is refused"),
    ("/move", {"moves": "1,2"}, 422, "moves = '1,2' is refused"),
    ("/move", {"moves": [0] * 10_000}, 422, "moves = [0, 0, 0, 0, 0, 0, ...] is refused: list"),
    ("/move", {"moves": None, "action": None}, 422, "moves = None is refused"),
    ("/move", {"action": "0"}, 422, "action = '0' is refused"),
    ("/move", {"move": 3}, 422, "there is no field move"),
    ("/move", {"simulations": 0}, 422, "simulations = 0 is refused"),
    ("/move", {"reply": "yes"}, 422, "reply = 'yes' is refused"),
    ("/game/new", {"human": 2}, 422, "human = 2 is refused: input should be 0 or 1"),
    ("/game/new", {"game": 3}, 422, "game = 3 is refused"),
]


@pytest.mark.parametrize(("path", "body", "status", "start"), WRONG)
def test_wrong_requests(
    path: str, body: dict[str, object], status: int, start: str, client: TestClient, game: Game
) -> None:
    full = {"game": game.name, **({} if path == "/game/new" else MOVE), **body}
    response = client.post(path, json=full)
    assert response.status_code == status, response.text
    check_sentence(response.json())
    assert response.json()["detail"].startswith(start)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"game": ', 400),
        (b"", 422),
        (b"[]", 422),
        (b"3", 422),
        (b"\xff\xfe\x00", 400),
        (b"[" * 100_000, 400),
        (b'{"game": NaN, "moves": [], "action": 1}', 422),
        (b"9" * 5000, 400),
        (b'{"\\ud800": 3}', 422),
        (b'{"game": "\\ud800", "moves": [], "action": 1}', 404),
        (b" " * (2 << 20), 413),
    ],
)
def test_malformed_bodies(content: bytes, status: int, client: TestClient) -> None:
    headers = {"content-type": "application/json"}
    response = client.post("/move", content=content, headers=headers)
    assert response.status_code == status, response.text
    check_sentence(response.json())


def test_a_body_without_its_type_is_refused(client: TestClient, game: Game) -> None:
    # A form of another site can send this to a server on the person's own computer.
    content = f'{{"game": "{game.name}"}}'
    response = client.post("/game/new", content=content, headers={"content-type": "text/plain"})
    assert response.status_code == 422
    assert "application/json" in response.json()["detail"]


@pytest.mark.parametrize(
    ("query", "status", "start"),
    [
        ("game=chess960", 404, "there is no game 'chess960'"),
        ("moves=", 422, "the field game is missing"),
        ("game={0}&moves=x", 422, "moves: entry 1 is 'x', not an action id"),
        ("game={0}&moves=0,,1", 422, "moves: entry 2 is '', not an action id"),
        ("game={0}&moves=0.5", 422, "moves: entry 1 is '0.5', not an action id"),
        ("game={0}&moves=%D9%A1", 422, "moves: entry 1 is '١', not an action id"),
        ("game={0}&moves=" + "9" * 5000, 422, "moves: entry 1 is '9999"),
        ("game={0}&moves=-1", 422, "ply 1: action -1 is illegal"),
        (
            "game={0}&moves=" + ",".join(["0"] * 10_000),
            422,
            "moves has 10000 entries, at most 1000",
        ),
    ],
)
def test_wrong_addresses(
    query: str, status: int, start: str, client: TestClient, game: Game
) -> None:
    response = client.get(f"/game/state?{query.format(game.name)}")
    assert response.status_code == status, response.text
    check_sentence(response.json())
    assert response.json()["detail"].startswith(start)


@hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["game", "moves", "action", "human", "simulations", "x"]), inner
            )
        ),
        max_leaves=8,
    )
)
def test_no_json_breaks_the_server(client: TestClient, body: object) -> None:
    headers = {"content-type": "application/json"}
    for path in ("/game/new", "/move", "/selfplay"):
        response = client.post(path, content=json.dumps(body), headers=headers)
        assert 400 <= response.status_code < 500, response.text
        check_sentence(response.json())


def test_a_body_in_chunks_is_limited_as_well(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(MAX_BODY // 1000 + 2):
            yield b" " * 1000

    response = client.post("/move", content=chunks(), headers={"content-type": "application/json"})
    assert response.status_code == 413
    assert response.json() == {"detail": f"the body has more than {MAX_BODY} bytes"}


def test_one_sentence_for_many_errors() -> None:
    missing = {"type": "missing", "loc": ("body", "game"), "msg": "Field required", "input": {}}
    assert sentence([missing]) == "the field game is missing"
    assert sentence([missing, missing, missing]) == "the field game is missing (and 2 more)"
