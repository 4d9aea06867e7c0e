"""Verdicts over HTTP: exact where a second is enough, and a plain no where it is not."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.games import find
from engine.solver import Limits
from tests.web.answers import check_sentence
from web.lines import Line
from web.solve import Oracle, sign

REFERENCE = Path(__file__).parents[1] / "reference"
IN_REACH = [("tictactoe_all", "tictactoe", 300, 0), ("connect4_main", "connect4", 40, 16)]
IN_REACH += [("othello_late", "othello", 30, 52), ("kalah_late", "kalaha4", 30, 0)]
IN_REACH += [("kalah_late", "kalaha", 30, 0)]


def sample(file: str, game: str, every: int, first_ply: int) -> list[tuple[Line, dict[int, int]]]:
    """Every `every`-th position of a reference file, with the value of each legal action."""
    rows = map(json.loads, (REFERENCE / f"{file}.jsonl").read_text().splitlines())
    found = [r for r in rows if r["game"] == game and len(r["moves"]) >= first_ply][::every]
    assert found
    return [
        (Line.from_moves(find(game), r["moves"]), {int(a): v for a, v in r["values"].items()})
        for r in found
    ]


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    """As the server has it, with more time, for a machine that has other work."""
    return Oracle(Limits(seconds=20))


@pytest.mark.parametrize(("file", "name", "every", "first_ply"), IN_REACH)
def test_exact_values(oracle: Oracle, file: str, name: str, every: int, first_ply: int) -> None:
    game = find(name)
    for line, values in sample(file, name, every, first_ply):
        found = oracle.verdict(line)
        assert found.reach and found.mover == game.mover(line.state)
        assert {m.action: m.value for m in found.moves} == values
        assert found.value == max(values.values())
        assert found.wdl == sign(found.value) and [m.wdl for m in found.moves] == [
            sign(m.value) for m in found.moves
        ]
        assert {m.action for m in found.moves if m.best} == {
            action for action, value in values.items() if value == found.value
        }
        clicks = [list(game.clicks(m.action, found.mover)) for m in found.moves]
        assert [m.clicks for m in found.moves] == clicks


def test_a_verdict_over_http(client: TestClient) -> None:
    query = {"game": "connect4", "moves": "0,0,0,0,0,0,6,6,6,6,6,6,3,2,3,2,3,2"}
    found = client.get("/v1/solve", params=query).json()
    assert found["reach"] and found["mover"] == 0 and found["wdl"] == 1
    assert found["words"] == "win in 1 move"
    assert [m["action"] for m in found["moves"] if m["best"]] == [3]
    other = next(m for m in found["moves"] if m["action"] == 4)
    assert other["words"] == "loss in 1 move" and other["wdl"] == -1


@pytest.mark.parametrize("name", ["connect4", "othello", "kalaha", "kalaha4", "hex7"])
def test_a_start_is_out_of_reach(client: TestClient, name: str) -> None:
    found = client.get("/v1/solve", params={"game": name}).json()
    assert found == {
        "reach": False,
        "mover": 0,
        "value": None,
        "wdl": None,
        "words": None,
        "moves": [],
    }


def test_what_its_limits_do_not_allow_is_out_of_reach() -> None:
    line = Line.from_moves(find("connect4"), [3, 3, 3, 3, 3, 0, 2, 4])
    assert not Oracle(Limits(nodes=50)).verdict(line).reach


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"game": "tictactoe", "moves": "0,3,1,4,2"}, 409),
        ({"game": "tictactoe", "moves": "0,0"}, 422),
        ({"game": "tictactoe", "moves": "x"}, 422),
        ({"game": "chess"}, 404),
        ({}, 422),
    ],
)
def test_refusals(client: TestClient, query: dict[str, str], status: int) -> None:
    response = client.get("/v1/solve", params=query)
    assert response.status_code == status
    check_sentence(response.json())
