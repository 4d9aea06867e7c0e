"""The ladder: the strong stand above the weak, nothing played is lost, newcomers may enter."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from functools import partial
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actor.arena import Score
from actor.tournament import Plan, Tournament
from engine.config import SearchSettings
from engine.errors import BusyError, ConfigError, ModelError, StorageError
from engine.game import Game, value_for
from engine.games import find
from storage.ladder import ANCHOR, Entry, Ladder, read_ladder, write_ladder
from storage.layout import RunPaths, create
from storage.lock import ladder_lock
from storage.matches import Meeting, append_meeting, read_meetings
from storage.models.filesystem import FilesystemModels
from tests.models import linear_model

ROOT = Path(__file__).resolve().parents[2]
KALAHA, TICTACTOE = find("kalaha"), find("tictactoe")


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    paths = RunPaths(tmp_path / "run")
    create(paths)
    return paths


def _hold(
    paths: RunPaths,
    *specs: str,
    rounds: int = 0,
    workers: int = 1,
    game: str = "kalaha",
    **plan: int,
) -> Ladder:
    asked = {"games": 20, "opening_plies": 2, "seed": 0, **plan}
    tournament = Tournament(
        find(game),
        SearchSettings(simulations=8),
        FilesystemModels(paths),
        paths.ratings,
        Plan(rounds=rounds, workers=workers, **asked),
    )
    tournament.enter(specs)
    return tournament.run()


def _ratings(ladder: Ladder) -> dict[str, float]:
    return {player.spec: player.rating or 0.0 for player in ladder.players}


def test_everybody_meets_and_the_deeper_look_wins(paths: RunPaths) -> None:
    ladder = _hold(paths, "greedy", "alphabeta:3", rounds=2)
    ratings = _ratings(ladder)
    assert ratings[ANCHOR] == 0 < ratings["greedy"] < ratings["alphabeta:3"]
    for one, other in combinations(ratings, 2):
        assert ladder.meetings(one, other) >= 1
    assert sum(result.meetings for result in ladder.results) == 3 + 2 * 3
    assert sum(player.games for player in ladder.players) == 2 * 20 * 9
    for player in ladder.players:
        assert player.low is not None and player.rating is not None and player.high is not None
        assert player.low <= player.rating <= player.high
    assert read_ladder(paths.ratings) == ladder


def test_two_processes_make_the_same_ladder(tmp_path: Path) -> None:
    ladders = []
    for workers in (1, 2):
        paths = RunPaths(tmp_path / str(workers))
        create(paths)
        ladders.append(_hold(paths, "greedy", "alphabeta:2", rounds=1, workers=workers))
    assert ladders[0] == ladders[1]


def test_a_second_call_goes_on_and_newcomers_meet_everybody(paths: RunPaths) -> None:
    before = _hold(paths, "greedy")
    assert _hold(paths) == before  # nothing is left to play
    after = _hold(paths, "alphabeta:2", "greedy")
    assert [player.spec for player in after.players] == [ANCHOR, "greedy", "alphabeta:2"]
    assert after.results[: len(before.results)] == before.results
    assert all(after.meetings("alphabeta:2", other) == 1 for other in (ANCHOR, "greedy"))
    further = _hold(paths, rounds=1)
    assert sum(result.meetings for result in further.results) == 3 + 3


def test_what_was_interrupted_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole, broken = RunPaths(tmp_path / "whole"), RunPaths(tmp_path / "broken")
    create(whole)
    create(broken)
    expected = _hold(whole, "greedy", "alphabeta:2", "alphabeta:3")

    class Interrupted(Exception):
        pass

    def interrupt(ladder: Ladder) -> None:
        if len(ladder.results) == 3:
            raise Interrupted

    plan = Plan(games=20, rounds=0, opening_plies=2, seed=0)
    settings, models = SearchSettings(simulations=8), FilesystemModels(broken)
    stopped = Tournament(KALAHA, settings, models, broken.ratings, plan, interrupt)
    stopped.enter(["greedy", "alphabeta:2", "alphabeta:3"])
    with pytest.raises(Interrupted):
        stopped.run()
    kept = read_ladder(broken.ratings)
    assert kept is not None and len(kept.results) == 3
    assert _hold(broken) == expected


def test_a_model_enters_under_its_step(paths: RunPaths) -> None:
    models = FilesystemModels(paths)
    models.publish(linear_model(TICTACTOE, step=400), 400)
    _hold(paths, "latest@4", game="tictactoe", games=4)
    models.publish(linear_model(TICTACTOE, step=600), 600)
    ladder = _hold(paths, "latest@4", "model:step_000400@4", game="tictactoe", games=4)
    assert [player.spec for player in ladder.players] == [
        *(ANCHOR, "step_000400@4", "step_000600@4"),
    ]


def _keeping(paths: RunPaths, *specs: str, models: FilesystemModels, game: Game = KALAHA) -> Ladder:
    """A tournament as the command holds it: with its games written down."""
    tournament = Tournament(
        *(game, SearchSettings(simulations=8), models, paths.ratings, Plan(4, 1, 2, 0)),
        keep=partial(append_meeting, paths, "tournament"),
    )
    tournament.enter(specs)
    return tournament.run()


def test_every_result_has_its_games_and_each_can_be_replayed(paths: RunPaths) -> None:
    ladder = _keeping(paths, "greedy", "alphabeta:2", models=FilesystemModels(paths))
    meetings = read_meetings(paths, "tournament")
    for result in ladder.results:
        own = [m for m in meetings if (m.first, m.second) == (result.first, result.second)]
        assert [m.number for m in own] == list(range(result.meetings))
        values = []
        for played in (game for meeting in own for game in meeting.games):
            state = KALAHA.replay(played.moves)
            assert KALAHA.result(state) == played.result and played.opening == 2
            values.append(value_for(played.result, played.side))
        wins, draws, losses = (values.count(value) for value in (1, 0, -1))
        assert (wins, draws, losses) == (result.wins, result.draws, result.losses)
        pairs = [m.games[i : i + 2] for m in own for i in range(0, len(m.games), 2)]
        assert all(one.moves[:2] == other.moves[:2] for one, other in pairs)
        assert all((one.side, other.side) == (0, 1) for one, other in pairs)


def test_games_are_kept_before_their_result_counts(paths: RunPaths) -> None:
    def full(meeting: Meeting) -> None:
        raise StorageError("the disk is full")

    plan, models = Plan(4, 0, 2, 0), FilesystemModels(paths)
    tournament = Tournament(
        *(KALAHA, SearchSettings(simulations=8), models, paths.ratings, plan), keep=full
    )
    tournament.enter(["greedy"])
    with pytest.raises(StorageError, match="the disk is full"):
        tournament.run()
    assert not paths.ratings.exists()
    ladder = _keeping(paths, "greedy", models=models)
    assert ladder.meetings(ANCHOR, "greedy") == len(read_meetings(paths, "tournament"))


def test_a_step_that_was_published_anew_is_another_player(
    paths: RunPaths, caplog: pytest.LogCaptureFixture
) -> None:
    models = FilesystemModels(paths)
    old, new = "a1" * 32, "b2" * 32
    models.publish(linear_model(TICTACTOE, 400, seed=1, sha256=old), 400)
    before = _keeping(paths, "step_000400@0", "latest@4", models=models, game=TICTACTOE)
    assert before.entry("step_000400@0").sha256 == old
    models.forget_after(0)
    models.publish(linear_model(TICTACTOE, 400, seed=2, sha256=new), 400)
    with caplog.at_level(logging.WARNING):
        after = _keeping(paths, "latest@0", models=models, game=TICTACTOE)
    assert "step_000400@0 keeps its results and plays no more" in caplog.text
    assert "published anew, a1a1a1a1 then and b2b2b2b2 now" in caplog.text
    names = [player.spec for player in after.players]
    assert names == [ANCHOR, "step_000400@0", "step_000400@4", "step_000400-b2b2b2b2@0"]
    assert after.results[: len(before.results)] == before.results
    assert after.meetings("step_000400@0", names[3]) == 0 < after.meetings(ANCHOR, names[3])
    # By whichever name it is called, it enters once.
    again = _keeping(paths, "step_400@0", f"step_400-{new[:8]}@0", models=models, game=TICTACTOE)
    assert [player.spec for player in again.players] == names
    stored = {m.second: m.second_sha256 for m in read_meetings(paths, "tournament")}
    assert stored["step_000400@0"] == old and stored[names[3]] == new
    with pytest.raises(ModelError, match="no step_000400-a1a1a1a1 any more"):
        _keeping(paths, f"step_400-{old[:8]}@0", models=models, game=TICTACTOE)


def test_a_ladder_of_before_learns_its_models(paths: RunPaths) -> None:
    models = FilesystemModels(paths)
    models.publish(linear_model(TICTACTOE, 400, sha256="a1" * 32), 400)
    _keeping(paths, "step_400@0", models=models, game=TICTACTOE)
    content = json.loads(paths.ratings.read_text())
    for player in content["players"]:
        del player["sha256"]
    paths.ratings.write_text(json.dumps(content))
    ladder = _keeping(paths, "step_400@0", models=models, game=TICTACTOE)
    assert [player.sha256 for player in ladder.players] == [None, "a1" * 32]


def test_only_neighbours_meet_at_first_where_so_planned(paths: RunPaths) -> None:
    specs = ["greedy", "mcts:2", "mcts:4"]
    ladder = _hold(paths, *specs, games=4, reach=2)
    met = [(result.first, result.second) for result in ladder.results]
    assert met == [pair for pair in combinations([ANCHOR, *specs], 2) if pair != (ANCHOR, "mcts:4")]
    assert all(player.rating is not None for player in ladder.players)


def test_a_replaced_zoo_keeps_its_results_and_plays_no_more(
    paths: RunPaths, caplog: pytest.LogCaptureFixture
) -> None:
    def hold(step: int) -> Ladder:
        plan, data = Plan(4, 0, 2, 0), linear_model(TICTACTOE, step)
        models, search = FilesystemModels(paths), SearchSettings(simulations=8)
        tournament = Tournament(TICTACTOE, search, models, paths.ratings, plan, zoo=lambda: data)
        tournament.enter(["zoo@0/t1"])
        return tournament.run()

    before = hold(1)
    with caplog.at_level(logging.WARNING):
        after = hold(2)
    old = before.players[1].spec
    assert old.startswith("zoo-") and f"{old} keeps its results and plays no more" in caplog.text
    assert after.results[0] == before.results[0]
    assert after.players[2].spec.startswith("zoo-") and after.players[2].spec != old
    assert after.meetings(old, after.players[2].spec) == 0


def test_a_pruned_model_keeps_its_results_and_plays_no_more(
    paths: RunPaths, caplog: pytest.LogCaptureFixture
) -> None:
    models = FilesystemModels(paths)
    models.publish(linear_model(TICTACTOE, step=401), 401)
    before = _hold(paths, "latest@0", game="tictactoe", games=4)
    models.publish(linear_model(TICTACTOE, step=600), 600)
    models.prune(keep=1, milestone_every=5000)
    with caplog.at_level(logging.WARNING):
        after = _hold(paths, "latest@0", rounds=1, game="tictactoe", games=4)
    assert "step_000401@0 keeps its results and plays no more" in caplog.text
    assert after.results[0] == before.results[0]
    assert after.meetings("step_000401@0", "step_000600@0") == 0
    assert all(player.rating is not None for player in after.players)
    with pytest.raises(StorageError, match="steps are: 600"):
        _hold(paths, "step_000400@0", game="tictactoe", games=4)


def test_impossible_tournaments_are_refused(paths: RunPaths) -> None:
    for specs, plan, message in (
        ((), {}, "needs a player besides random"),
        (("alphago",), {}, "'alphago' is no player"),
        (("greedy",), {"games": 3}, "even number of games, 3 were"),
        (("greedy",), {"opening_plies": 99, "game": "tictactoe"}, "lasts 99 random plies"),
    ):
        with pytest.raises(ConfigError, match=message):
            _hold(paths, *specs, **plan)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="no best model yet"):
        _hold(paths, "best@2")
    assert not paths.ratings.exists()


def test_another_ladder_is_not_mixed_in(paths: RunPaths, caplog: pytest.LogCaptureFixture) -> None:
    _hold(paths, "greedy")
    for change, message in (
        ({"seed": 1}, "seed 0, this call asks for 1"),
        ({"opening_plies": 3}, "opening plies 2, this call asks for 3"),
        ({"game": "tictactoe"}, "game kalaha, this call asks for tictactoe"),
    ):
        with pytest.raises(ConfigError, match=message):
            _hold(paths, **change)  # type: ignore[arg-type]
    ladder = read_ladder(paths.ratings)
    assert ladder is not None
    ladder.search["c_init"] = 9.0
    write_ladder(paths.ratings, ladder)
    with caplog.at_level(logging.WARNING):
        _hold(paths)
    assert "search settings differ from earlier games: c_init" in caplog.text


SCORES = st.lists(st.integers(0, 4), min_size=1, max_size=20).map(
    lambda halves: Score(
        wins=sum(h // 2 for h in halves),
        draws=sum(h % 2 for h in halves),
        losses=sum(2 - h // 2 - h % 2 for h in halves),
        pairs=tuple(halves.count(k) for k in range(5)),
    )
)
NAMES = ["random", "greedy", "mcts:8", "step_000100@4/t0.5"]


@given(st.lists(st.tuples(st.permutations(NAMES), SCORES), max_size=8))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, played: list[tuple[list[str], Score]]
) -> None:
    ladder = Ladder(
        game="kalaha", seed=3, opening_plies=2, search={}, players=[Entry(spec=n) for n in NAMES]
    )
    for (one, other, *_), score in played:
        first, second = sorted((one, other), key=NAMES.index)
        ladder.record(first, second, score)
    path = tmp_path_factory.mktemp("ladder") / "ratings.json"
    write_ladder(path, ladder)
    assert read_ladder(path) == ladder
    assert 2 * ladder.counts().sum() == sum(score.games for _, score in played)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"players": []}, "the player 'random', rated 0, is missing"),
        ({"players": [{"spec": "random"}, {"spec": "random"}]}, "stands there twice"),
        ({"players": [{"spec": "random", "elo": 3}]}, r"players\.0\.elo: Extra inputs"),
        ({"seed": -1}, "seed: Input should be greater"),
        ({"results": [{"first": "random"}]}, r"results\.0\.second: Field required"),
        ({"wins": 3}, "random - greedy: pairs and games do not agree"),
        ({"second": "mcts:3"}, "results of unknown players: mcts:3"),
        ({"second": "random"}, "more than one result, or one has met itself"),
    ],
)
def test_a_damaged_ladder_is_named(
    paths: RunPaths, change: dict[str, object], message: str
) -> None:
    content = json.loads(_hold(paths, "greedy").model_dump_json())
    where = content["results"][0] if change.keys() & {"wins", "second"} else content
    where.update(change)
    paths.ratings.write_text(json.dumps(content))
    with pytest.raises(StorageError, match=f"ratings.json is damaged: .*{message}.*delete it"):
        read_ladder(paths.ratings)


def test_one_tournament_at_a_time(paths: RunPaths) -> None:
    with (
        ladder_lock(paths),
        pytest.raises(BusyError, match="another tournament extends"),
        ladder_lock(paths),
    ):
        pass


def test_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "actor", "tournament", "--game", "kalaha", "--rounds", "0"]
    command += ["--games-per-pair", "8", "--data-dir", str(tmp_path)]

    def run(*more: str) -> str:
        done = subprocess.run(
            [*command, *more], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    table = run("greedy", "alphabeta:2")
    assert table.index("alphabeta:2") < table.index("greedy") < table.index("│ random")
    again = run("--json")
    assert json.loads(again) == json.loads((tmp_path / "kalaha" / "ratings.json").read_text())
    assert {player["games"] for player in json.loads(again)["players"]} == {16}
    meetings = read_meetings(RunPaths(tmp_path / "kalaha"), "tournament")
    assert [len(meeting.games) for meeting in meetings] == [8, 8, 8]
