import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from engine.errors import EvaluationError
from engine.game import Game
from storage.layout import RunPaths
from storage.models.filesystem import FilesystemModels
from tests.models import linear_model
from tests.web.conftest import GAMES
from tests.web.servers import Server, serving
from tests.web.streams import Event, events
from web import thoughts
from web.app import openapi_document

every_game = pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)


def asked(client: TestClient, game: Game, **body: object) -> list[Event]:
    question = {"game": game.name, "moves": [], **body}
    response = client.post("/v1/think", json=question)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-cache"
    return list(events(response.text.splitlines()))


@every_game
def test_a_search_is_told_as_it_grows(client: TestClient, game: Game) -> None:
    asked(client, game, simulations=1)  # compiling takes time where it was never done
    told = asked(client, game, simulations=40)
    assert [name for name, _ in told[-2:]] == ["thought", "done"]
    assert {name for name, _ in told[:-1]} == {"thought"}
    done = told[-1][1]
    thought, position = done["thought"], done["position"]
    assert position["moves"] == [thought["action"]] and position["game"] == game.name
    assert thought["simulations"] == 40 == sum(m["visits"] for m in thought["moves"])
    grown = [shown["simulations"] for _, shown in told[:-1]]
    assert grown == sorted(grown) and grown[0] < 40


@every_game
def test_the_line_can_be_played(client: TestClient, game: Game) -> None:
    moves = [game.legal(game.new())[0]]
    thought = asked(client, game, moves=moves, simulations=60)[-1][1]["thought"]
    line = thought["line"]
    assert line[0]["action"] == thought["action"] and len(line) > 1
    state = game.replay(moves)
    for ply, move in enumerate(line, start=2):
        assert move["ply"] == ply and move["player"] == game.mover(state)
        assert move["label"] == game.label(move["action"])
        state = game.after(state, move["action"])


def test_without_simulations_it_is_the_policy(
    client: TestClient, game: Game, paths: RunPaths
) -> None:
    FilesystemModels(paths).publish(linear_model(game, 400), 400)
    thought = asked(client, game, simulations=0)[-1][1]["thought"]
    best = max(thought["moves"], key=lambda move: move["prior"])
    assert thought["action"] == best["action"] and thought["simulations"] == 1
    assert thought["model"]["run"] == "lesson" and thought["model"]["step"] == 400


def test_thoughts_are_few(client: TestClient) -> None:
    with client.stream(
        "POST", "/v1/think", json={"game": "connect4", "moves": [], "milliseconds": 1000}
    ) as answer:
        told = [name for name, _ in events(answer.iter_lines())]
    assert told[-1] == "done" and len(told) <= 12  # 200 simulations may be over earlier


@pytest.mark.parametrize(
    ("body", "status", "start"),
    [
        ({"game": "chess"}, 404, "there is no game 'chess'"),
        ({"moves": [99]}, 422, "ply 1: action 99 is illegal"),
        ({"moves": [0, 3, 1, 4, 2]}, 409, "nothing to search, the game is over"),
        ({"simulations": -1}, 422, "simulations = -1 is refused"),
        ({"simulations": 10**9}, 422, "simulations = 1000000000 is refused: web.max_simulations"),
        ({"milliseconds": 90_000}, 422, "milliseconds = 90000 is refused: web.max_milliseconds"),
        ({"level": "wizard"}, 422, "level = 'wizard' is refused"),
        ({"run": "../x"}, 404, "run = '../x' is refused: the runs are lesson"),
        ({"model": "best"}, 404, "model = 'best' is refused: the models of tictactoe, run"),
        ({"human": 1}, 422, "there is no field human"),
    ],
)
def test_what_is_refused_before_the_stream(
    body: dict[str, object], status: int, start: str, client: TestClient
) -> None:
    for _ in range(40):  # more than the queue: a refusal gives its place back
        response = client.post("/v1/think", json={"game": "tictactoe", "moves": [], **body})
        assert response.status_code == status, response.text
        assert response.json()["detail"].startswith(start)


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (EvaluationError("NaN for all"), "NaN for all"),
        (RuntimeError("secret"), "the server failed with RuntimeError; its log says more"),
    ],
)
def test_a_failure_in_the_middle_is_an_event(
    error: Exception,
    detail: str,
    client: TestClient,
    game: Game,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(thoughts, "think", fail)
    assert asked(client, game) == [("failed", {"detail": detail})]
    assert "a search failed" in caplog.text


def test_the_document_tells_the_events() -> None:
    document = openapi_document()
    answer = document["paths"]["/v1/think"]["post"]["responses"]["200"]["content"]
    (kind,) = answer
    assert kind == "text/event-stream"
    named = {
        item["properties"]["event"]["const"]: item["properties"]["data"]["contentSchema"]["$ref"]
        for item in answer[kind]["itemSchema"]["oneOf"]
    }
    assert named == {
        "thought": "#/components/schemas/Thought",
        "done": "#/components/schemas/ThoughtDone",
        "failed": "#/components/schemas/ErrorOut",
    }
    for reference in named.values():
        assert reference.rpartition("/")[2] in document["components"]["schemas"]


# -- a real server: many searches, one that goes away, an end in the middle

HEAVY = {"game": "connect4", "moves": [], "simulations": 3_000_000, "milliseconds": 30_000}
OPTIONS = (
    *("--set", "web.max_simulations=3000000", "--set", "web.searches=2"),
    *("--set", "web.queue=4", "--set", "web.rate=0"),
)


class Hearing(threading.Thread):
    """Listens to a search until it is over or told to hang up."""

    def __init__(self, server: Server, body: dict[str, object]) -> None:
        super().__init__()
        self.told: list[Event] = []
        self.first = threading.Event()
        self._hung_up = threading.Event()
        self._url, self._body = server.client.base_url, body
        self.start()

    def run(self) -> None:
        with (
            httpx2.Client(base_url=self._url, timeout=60) as client,
            client.stream("POST", "/v1/think", json=self._body) as answer,
        ):
            assert answer.status_code == 200
            for told in events(answer.iter_lines()):
                self.told.append(told)
                self.first.set()
                if self._hung_up.is_set():
                    return

    def hang_up(self) -> None:
        self._hung_up.set()
        self.join(20)
        assert not self.is_alive()


def compile_first(server: Server) -> None:
    """A search of each game that is asked about: where none was ever compiled it takes long."""
    for name in ("connect4", "tictactoe"):
        question = {"game": name, "moves": [], "simulations": 1}
        assert server.client.post("/v1/think", json=question, timeout=120).status_code == 200


def test_heavy_searches_block_nobody(tmp_path: Path) -> None:
    with serving(tmp_path, *OPTIONS) as server:
        compile_first(server)
        heavy = [Hearing(server, HEAVY) for _ in range(5)]
        for each in heavy:
            assert each.first.wait(30)
        before = [each.told[-1][1]["simulations"] for each in heavy]
        for path in ("/v1/health", "/v1/games", "/v1/stats") * 3:
            assert server.client.get(path).status_code == 200
        other = {"game": "tictactoe", "moves": [], "simulations": 50}
        (name, done) = list(events(server.client.post("/v1/think", json=other).text.splitlines()))[
            -1
        ]
        assert name == "done" and done["thought"]["simulations"] > 0
        assert all(each.told[-1][0] != "done" for each in heavy)  # nobody waited for them

        last = Hearing(server, HEAVY)
        assert last.first.wait(30)
        refused = server.client.post("/v1/think", json=other)
        assert refused.status_code == 429 and int(refused.headers["retry-after"]) >= 1
        assert refused.json()["detail"].startswith(
            "6 searches are under way, web.searches and web.queue allow 2 + 4: ask again in"
        )
        # All of them went on, each in its turn.
        after = [each.told[-1][1]["simulations"] for each in heavy]
        assert all(b < a for b, a in zip(before, after, strict=True)), (before, after)
        for each in [*heavy, last]:
            each.hang_up()
        # Whoever hung up leaves its place as soon as the server hears of it: six fit in again.
        deadline, told = time.monotonic() + 20, {429}
        with ThreadPoolExecutor(6) as pool:
            while told != {200} and time.monotonic() < deadline:
                asking = [
                    pool.submit(server.client.post, "/v1/think", json=other) for _ in "123456"
                ]
                told = {each.result().status_code for each in asking}
        assert told == {200}


def test_the_end_of_the_server_ends_a_stream(tmp_path: Path) -> None:
    """With the zoo's network, whose search of that length takes minutes."""
    with serving(tmp_path, *OPTIONS) as server:
        compile_first(server)
        heard = [Hearing(server, HEAVY) for _ in range(3)]
        for each in heard:
            assert each.first.wait(30)
        assert server.end(15, 20) == 0
        for each in heard:
            each.join(10)
            assert each.told[-1] == (
                "failed",
                {"detail": "the server is ending; ask again when it is back"},
            )
        assert len(server.lines) == 1, server.output
