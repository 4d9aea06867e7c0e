"""What a move lost: against exact play, against a search, for players who need not alternate."""

import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from engine.config import SearchSettings, Settings
from engine.errors import OutOfReach
from engine.game import Game, State, value_for
from engine.games import find
from engine.solver import Limits, Solution
from storage.layout import RunPaths
from tests.toys import HEAP
from tests.web.answers import check_sentence
from web.app import create_app
from web.judgements import Judge, odds
from web.review import accuracy, grade, review
from web.schemas import GradedOut, ReviewOut
from web.served import Loaded, Served
from web.solve import Oracle, sign

REFERENCE = Path(__file__).parents[1] / "reference"


def never() -> bool:
    return False


def untrained(game: Game) -> Loaded:
    settings = SearchSettings.model_validate({})
    return Served(game, settings, 2000, game.name, RunPaths(Path("nowhere"))).current()


def looked_back(
    game: Game, moves: list[int], oracle: Oracle, simulations: int = 30
) -> tuple[list[GradedOut], ReviewOut]:
    """The plies in the order of the game, and the sum."""
    answers = list(review(game, untrained(game), oracle, moves, simulations))
    plies = [it for it in answers if isinstance(it, GradedOut)]
    assert [it.ply for it in plies] == list(range(len(moves), 0, -1))
    (last,) = (it for it in answers if isinstance(it, ReviewOut))
    assert last is answers[-1]
    return plies[::-1], last


def random_game(game: Game, seed: int) -> list[int]:
    choice, state, moves = random.Random(seed), game.new(), []
    while not game.is_over(state):
        moves.append(choice.choice(game.legal(state)))
        state = game.after(state, moves[-1])
    return moves


def result(game: Game, state: State, player: int) -> int:
    """What best play reaches for `player`: by looking at everything, for small games."""
    if game.is_over(state):
        return int(value_for(game.result(state), player))
    mover = game.mover(state)
    found = [result(game, game.after(state, a), player) for a in game.legal(state)]
    return max(found) if mover == player else min(found)


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle(Limits(seconds=20))


def nothing_solved() -> Oracle:
    return Oracle(Limits(nodes=1))


def test_grades() -> None:
    found = [grade(loss) for loss in (0.0, 0.09, 0.1, 0.19, 0.2, 0.29, 0.3, 2.0)]
    assert found == ["good"] * 2 + ["inaccuracy"] * 2 + ["mistake"] * 2 + ["blunder"] * 2


def test_accuracy_is_the_published_formula() -> None:
    # 103.1668 * exp(-0.04354 * w) - 3.1669 for w = 0, 5, 10, 50 percent of win chance
    assert [accuracy(loss) for loss in (0.0, 0.1, 0.2, 1.0)] == pytest.approx(
        [99.9999, 79.8170, 63.5826, 8.5303], abs=1e-3
    )
    assert accuracy(2.0) == 0.0


def test_odds_add_up_to_the_value() -> None:
    for value, draw, exact in ((0.3, 0.5, False), (-0.9, 0.6, False), (0.0, 0.2, True)):
        found = odds(value, draw, exact)
        assert found.win + found.draw + found.loss == pytest.approx(1)
        assert found.win - found.loss == pytest.approx(value) == found.value
    assert odds(-0.9, 0.6, False).draw == pytest.approx(0.1)
    assert odds(0.0, 0.2, True).draw == 1.0


def test_every_move_of_a_solved_game_is_graded_by_the_truth(oracle: Oracle) -> None:
    game = find("tictactoe")
    rows = map(json.loads, (REFERENCE / "tictactoe_all.jsonl").read_text().splitlines())
    known = {tuple(game.replay(row["moves"])): row["values"] for row in rows}
    blunders = 0
    for seed in range(25):
        moves = random_game(game, seed)
        plies, _ = looked_back(game, moves, oracle)
        for ply in plies:
            values = known.get(tuple(game.replay(moves[: ply.ply - 1])))
            if values is None:  # decided, or a single empty cell: not in the file
                continue
            wdl = {int(action): sign(value) for action, value in values.items()}
            best = max(wdl.values())
            assert ply.exact and ply.loss == best - wdl[ply.action]
            assert ply.before.value == best and ply.after.value == wdl[ply.action]
            kept = "forced" if len(wdl) == 1 else "best"
            assert ply.grade == ("blunder" if ply.loss else kept)
            assert wdl[ply.best.action] == best
            assert ply.accepted == [action for action, value in wdl.items() if value == best]
            assert ply.line[0].action == ply.best.action and ply.line[0].ply == ply.ply
            game.replay([*moves[: ply.ply - 1], *(move.action for move in ply.line)])
            blunders += ply.grade == "blunder"
    assert blunders > 20


def test_a_blunder_is_graded_one_where_only_the_solver_knows(oracle: Oracle) -> None:
    """Positions that a search without a model misjudges: the move that gives the win away."""
    game = find("connect4")
    rows = map(json.loads, (REFERENCE / "connect4_main.jsonl").read_text().splitlines())
    found = 0
    for row in rows:
        values = {int(action): value for action, value in row["values"].items()}
        worst = min(values, key=lambda action: values[action])
        if len(row["moves"]) < 16 or max(values.values()) <= 0 or values[worst] >= 0:
            continue
        moves = [*row["moves"], worst]
        last = next(
            it
            for it in review(game, untrained(game), oracle, moves, 1)
            if isinstance(it, GradedOut) and it.ply == len(moves)
        )
        assert (last.grade, last.loss, last.exact) == ("blunder", 2.0, True)
        assert values[last.best.action] == max(values.values())
        assert last.before.win == 1.0 and last.after.loss == 1.0
        found += 1
        if found == 10:
            return
    raise AssertionError(f"only {found} such positions in the file")


def test_values_are_for_the_mover_where_players_do_not_alternate(oracle: Oracle) -> None:
    again = 0
    for seed in range(30):
        moves = random_game(HEAP, seed)
        plies, end = looked_back(HEAP, moves, oracle)
        for ply in plies:
            state = HEAP.replay(moves[: ply.ply - 1])
            player = HEAP.mover(state)
            assert ply.player == player
            assert ply.before.value == result(HEAP, state, player)
            assert ply.after.value == result(HEAP, HEAP.after(state, ply.action), player)
            forced = len(HEAP.legal(state)) == 1
            assert (ply.grade == "forced") == forced
            again += ply.ply < len(plies) and plies[ply.ply].player == player
        for side in end.sides:
            own = [p for p in plies if p.player == side.player and p.grade != "forced"]
            assert side.moves == len(own)
            assert side.blunders == sum(ply.grade == "blunder" for ply in own)
            if own:
                assert side.accuracy == pytest.approx(sum(p.accuracy for p in own) / len(own))
            else:
                assert side.accuracy is None
    assert again > 10


def test_a_search_proves_what_no_solver_reaches() -> None:
    """The second player leaves the top row open, and the first completes it."""
    game = find("tictactoe")
    plies, end = looked_back(game, [0, 4, 1, 8, 2], nothing_solved(), 400)
    assert plies[3].grade == "blunder" and plies[3].after.exact
    assert plies[3].best.action == 2 and 2 in plies[3].accepted
    assert plies[4].grade == "best" and plies[4].after.win == 1.0
    assert end.sides[1].blunders >= 1 and end.simulations == 400
    assert end.model.name == "uniform"


def test_an_estimate_is_not_held_against_the_truth() -> None:
    """Where the solver reaches the position after a move only, it is asked about the best as well.

    The estimate before it says nothing: without a model every value is 0.
    """
    game = find("connect4")
    moves = [0, 0, 0, 0, 0, 0, 6, 6, 6, 6, 6, 6, 3, 2, 3, 2, 3]

    class After(Oracle):
        def solution(self, game: Game, state: State, seconds=None):  # type: ignore[no-untyped-def]
            far = sum(map(bool, game.cells(state))) < 17
            return None if far else super().solution(game, state)

    answers = review(game, untrained(game), After(Limits(seconds=20)), [*moves], 1)
    last = next(it for it in answers if isinstance(it, GradedOut))
    assert last.ply == 17 and last.after.exact and not last.before.exact
    best = Oracle(Limits(seconds=20)).solution(game, game.replay([*moves[:16], last.best.action]))
    assert best is not None and last.before.value == -sign(best.value)


def test_where_the_best_move_cannot_be_solved_two_estimates_are_compared() -> None:
    """Without a model every value is 0: nothing is lost, though the solver knows the move loses."""
    game = find("connect4")
    rows = map(json.loads, (REFERENCE / "connect4_main.jsonl").read_text().splitlines())
    row = next(
        row
        for row in rows
        if len(row["moves"]) > 13
        and max(row["values"].values()) == 0 > row["values"].get("6", 0) > -6
    )
    moves = [*row["moves"], 6]
    made = game.replay(moves).tobytes()

    class OneOnly(Oracle):
        def solution(self, game: Game, state: State, seconds=None):  # type: ignore[no-untyped-def]
            return super().solution(game, state) if state.tobytes() == made else None

    answers = review(game, untrained(game), OneOnly(Limits(seconds=20)), moves, 1)
    last = next(it for it in answers if isinstance(it, GradedOut))
    assert (last.loss, last.exact, last.after.exact) == (0.0, False, False)


def test_it_ends_when_nobody_waits() -> None:
    game, left = find("tictactoe"), iter([False, False, True, True, True])
    moves = random_game(game, 1)
    answers = review(game, untrained(game), nothing_solved(), moves, 5, lambda: next(left, True))
    assert len(list(answers)) < len(moves)


def test_it_searches_with_a_tree_of_its_own() -> None:
    """Whoever plays meanwhile keeps what was searched for the next move."""
    game = find("tictactoe")
    loaded = untrained(game)
    state = game.new()
    kept = loaded.minds.take(state)
    kept.think(state, 40)
    loaded.minds.give_back(kept)
    list(review(game, loaded, nothing_solved(), random_game(game, 2), 20))
    assert loaded.minds.take(state) is kept


def test_the_solver_is_not_asked_beyond_its_first_refusal() -> None:
    game, asked = find("connect4"), []

    class Counting(Oracle):
        def solution(self, game: Game, state: State, seconds=None):  # type: ignore[no-untyped-def]
            asked.append(state)

    judge = Judge(game, untrained(game), Counting(), 1)
    for ply in (2, 1, 0):
        judge.of(game.replay([3, 3][:ply]), never)
    assert len(asked) == 1


def heard(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of a stream: name and data."""
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_a_review_over_http(client: TestClient) -> None:
    body = {"game": "tictactoe", "moves": [0, 4, 1, 8, 2]}
    response = client.post("/v1/review", json=body)
    assert response.headers["content-type"].startswith("text/event-stream")
    *plies, (name, end) = heard(response.text)
    assert [it[0] for it in plies] == ["ply"] * 5 and name == "done"
    assert [it[1]["ply"] for it in plies] == [5, 4, 3, 2, 1]
    assert plies[1][1]["grade"] == "blunder" and plies[1][1]["best"]["label"] == "c3"
    assert end["simulations"] == 12 and end["sides"][1]["blunders"] == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"game": "chess"}, 404),
        ({"moves": []}, 422),
        ({"moves": [0, 0]}, 422),
        ({"moves": [0, 3, 1, 4, 2, 5]}, 409),
        ({"simulations": 500_001}, 422),
        ({"simulations": 0}, 422),
        ({"depth": 3}, 422),
    ],
)
def test_refusals_come_before_the_stream(
    client: TestClient, change: dict[str, object], status: int
) -> None:
    body = {"game": "tictactoe", "moves": [0, 4]} | change
    response = client.post("/v1/review", json=body)
    assert response.status_code == status
    check_sentence(response.json())


class Slow(Oracle):
    """Calls every position a draw, after a while; counts how often it is asked."""

    asked = 0

    def solution(self, game: Game, state: State, seconds: float | None = None) -> Solution | None:
        self.asked += 1
        time.sleep(0.02)
        return None if game.is_over(state) else Solution(dict.fromkeys(game.legal(state), 0))


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """The address of a server in a thread: one that notices who leaves."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{place.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


def test_who_leaves_ends_the_review(settings: Settings) -> None:
    app, oracle, game = create_app(settings), Slow(), find("hex7")
    app.state.services = replace(app.state.services, oracle=oracle)
    body = {"game": game.name, "moves": random_game(game, 0)}
    with listening(app) as url, httpx2.Client(base_url=url, timeout=20) as client:
        with client.stream("POST", "/v1/review", json=body) as response:
            assert next(response.iter_lines()) == "event: ply"
        time.sleep(0.5)  # the position under way is finished
        asked = oracle.asked
        time.sleep(0.5)
        assert oracle.asked == asked < 8 * len(body["moves"])
        assert client.get("/v1/health").status_code == 200


def test_a_failure_on_the_way_is_an_event(settings: Settings) -> None:
    class Broken(Slow):
        def solution(
            self, game: Game, state: State, seconds: float | None = None
        ) -> Solution | None:
            if self.asked > 20:
                raise OutOfReach("the tables are gone; put them back")
            return super().solution(game, state)

    app, game = create_app(settings), find("tictactoe")
    app.state.services = replace(app.state.services, oracle=Broken())
    body = {"game": game.name, "moves": random_game(game, 1)}
    with TestClient(app) as client:
        name, data = heard(client.post("/v1/review", json=body).text)[-1]
    assert (name, data) == ("failed", {"detail": "the tables are gone; put them back"})
