"""The judge: the stronger model becomes the best, a relapse is told, and no kill confuses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actor.arena import Score
from actor.judge import RELAPSE, Judge, Trial
from actor.pulse import Interrupted, Pulse
from engine.config import RefereeSettings, Settings
from engine.errors import ModelError
from engine.evaluator.onnx import read_card
from engine.game import value_for
from engine.games import find
from engine.sources import load
from storage.evaluations import read_evaluations
from storage.layout import RunPaths, create
from storage.matches import read_meetings
from storage.models.filesystem import FilesystemModels
from storage.stats import Heart
from storage.verdicts import Verdicts, read_verdicts
from tests.models import linear_model

GAME = find("tictactoe")
STRONG, WEAK = 186, 195
"""Seeds of two models of which the first scores 85 % against the second, of 400 random ones."""


def model(step: int, seed: int) -> bytes:
    return linear_model(GAME, step, seed=seed)


class Court:
    """A judge of a run in an empty folder, as often as it is called anew."""

    def __init__(self, folder: Path) -> None:
        self.paths = RunPaths(folder)
        create(self.paths)
        self.models = FilesystemModels(self.paths)
        self.stop: Callable[[], bool] = lambda: False

    def judge(self, **rules: Any) -> Judge:
        quick = {"simulations": 10, "opening_plies": 2, "most_games": 192, **rules}
        settings = load({"run": {"game": GAME.name}, "referee": quick})
        heart = Heart(self.paths, "referee")
        pulse = Pulse(heart, self.paths, self.stop)
        return Judge(GAME, settings, self.models, self.paths, pulse)

    def best(self) -> int | None:
        data = self.models.best()
        return read_card(data).step if data else None


@pytest.fixture
def court(tmp_path: Path) -> Court:
    return Court(tmp_path / "run")


def test_the_stronger_model_becomes_the_best(court: Court) -> None:
    judge = court.judge()
    assert judge.challenge(model(100, WEAK)) == "stronger" and court.best() == 100
    assert judge.challenge(model(200, STRONG), [150]) == "stronger" and court.best() == 200
    book = read_evaluations(court.paths)
    assert [(row.step, row.against) for row in book.promotions] == [(100, None), (200, 100)]
    (row,) = book.evaluations
    assert (row.step, row.opponent, row.against, row.finding) == (200, "best", 100, "stronger")
    low, high = row.interval
    assert 0.5 < low < row.score < high and row.games % 32 == 0 and row.games < 192
    assert [(row.step, row.skipped) for row in book.judged] == [(100, []), (200, [150])]
    assert read_verdicts(court.paths) == Verdicts(best_step=200, relapse=None)
    meetings = read_meetings(court.paths, "referee")
    assert sum(len(meeting.games) for meeting in meetings) == row.games
    assert {(m.first, m.second) for m in meetings} == {("step_000200@10", "step_000100@10")}
    assert {m.second_sha256 for m in meetings} == {f"{100:064x}"}
    values = [value_for(g.result, g.side) for meeting in meetings for g in meeting.games]
    assert (sum(values) / len(values) + 1) / 2 == pytest.approx(row.score)


def test_a_relapse_is_told_until_a_model_is_as_strong_again(court: Court) -> None:
    judge = court.judge()
    judge.challenge(model(100, STRONG))
    assert judge.challenge(model(200, WEAK)) == "weaker" and court.best() == 100
    told = read_verdicts(court.paths)
    assert told.best_step == 100 and told.relapse is not None
    assert (told.relapse.step, told.relapse.against) == (200, 100)
    assert told.relapse.interval[0] < told.relapse.score < told.relapse.interval[1] < 0.5
    assert read_verdicts(court.paths) == court.judge().book.verdicts
    # The same network once more: as strong as the best, and no stronger.
    twin = linear_model(GAME, 300, seed=STRONG, sha256="f" * 64)
    assert court.judge().challenge(twin) in ("not stronger", "undecided")
    assert court.best() == 100 and read_verdicts(court.paths) == Verdicts(best_step=100)


def test_the_classic_rule_plays_all_its_games(court: Court) -> None:
    judge = court.judge(promotion="score", promotion_score=0.55, most_games=64)
    judge.challenge(model(100, WEAK))
    assert judge.challenge(model(200, STRONG)) == "stronger"
    assert judge.book.evaluations[-1].games == 64
    stern = court.judge(promotion="score", promotion_score=1.0, most_games=64)
    assert stern.challenge(model(300, 165)) in ("not stronger", "weaker") and court.best() == 200


def test_the_best_model_does_not_meet_itself(court: Court) -> None:
    judge = court.judge()
    judge.challenge(model(100, STRONG))
    assert judge.challenge(model(100, STRONG)) is None
    assert judge.book.evaluations == [] and len(judge.book.judged) == 1


def test_the_same_match_ends_the_same(court: Court, tmp_path: Path) -> None:
    rows = []
    for place in (court, Court(tmp_path / "other")):
        judge = place.judge()
        judge.challenge(model(100, STRONG))
        judge.challenge(model(200, 165))
        rows.append(judge.book.evaluations)
    assert rows[0] == rows[1]


def test_a_stop_leaves_nothing_half_done(court: Court) -> None:
    court.judge().challenge(model(100, WEAK))
    before = court.paths.evaluations.read_bytes(), court.paths.verdicts.read_bytes()
    beats = iter(range(20))  # in the middle of the match
    court.stop = lambda: next(beats, None) is None  # judges made from now on
    with pytest.raises(Interrupted):
        court.judge().challenge(model(200, STRONG))
    assert before == (court.paths.evaluations.read_bytes(), court.paths.verdicts.read_bytes())
    assert court.best() == 100


class Dead(BaseException):
    """The process was killed."""


def test_a_kill_before_the_promotion_is_made_up_for(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    court.judge().challenge(model(100, WEAK))
    court.models.publish(model(200, STRONG), 200)
    with monkeypatch.context() as patch:

        def die(data: bytes) -> None:
            raise Dead

        patch.setattr(court.models, "promote", die)
        with pytest.raises(Dead):
            court.judge().challenge(model(200, STRONG))
    assert court.best() == 100
    court.models.publish(model(300, WEAK), 300)  # the snapshot is still there
    judge = court.judge()
    assert court.best() == 200 and read_verdicts(court.paths).best_step == 200
    assert len(judge.book.evaluations) == 1 and not judge.book.pending
    assert judge.book.knows(read_card(model(200, STRONG)).sha256)


def test_a_promotion_whose_model_is_gone_is_taken_back(
    court: Court, caplog: pytest.LogCaptureFixture
) -> None:
    court.judge().challenge(model(100, WEAK))
    content = json.loads(court.paths.evaluations.read_bytes())
    content["promotions"].append({"step": 200, "sha256": "gone", "against": 100, "at": 1.0})
    court.paths.evaluations.write_text(json.dumps({**content, "pending": True}))
    judge = court.judge()
    assert "step 200 is gone before it could become the best" in caplog.text
    assert [row.step for row in judge.book.promotions] == [100] and court.best() == 100
    assert read_verdicts(court.paths).best_step == 100


def test_a_kill_before_the_verdict_is_made_up_for(court: Court) -> None:
    judge = court.judge()
    judge.challenge(model(100, STRONG))
    judge.challenge(model(200, WEAK))
    said = read_verdicts(court.paths)
    court.paths.verdicts.unlink()
    court.judge()
    assert read_verdicts(court.paths) == said and said.relapse is not None


def test_a_best_model_that_cannot_play_is_replaced(
    court: Court, caplog: pytest.LogCaptureFixture
) -> None:
    judge = court.judge()
    judge.challenge(model(100, STRONG))
    court.paths.best.write_bytes(b"half")
    assert judge.challenge(model(200, WEAK)) == "stronger" and court.best() == 200
    assert "best.onnx cannot play" in caplog.text


def test_a_best_model_that_was_there_before_is_adopted(court: Court) -> None:
    court.models.promote(model(100, STRONG))
    assert court.judge().book.promotions[0].step == read_verdicts(court.paths).best_step == 100
    assert len(court.judge().book.promotions) == 1
    assert court.judge().challenge(model(200, WEAK)) == "weaker"


def test_a_model_of_another_game_is_refused(court: Court) -> None:
    with pytest.raises(ModelError):
        court.judge().challenge(linear_model(find("connect4"), 100))
    assert court.best() is None and not court.paths.evaluations.exists()


def scored(pairs: tuple[int, int, int, int, int]) -> Score:
    half_points = sum(k * count for k, count in enumerate(pairs))
    games = 2 * sum(pairs)
    # All pairs of two half points are taken for two draws; the tests look at pairs alone.
    return Score(half_points // 2, half_points % 2, games - (half_points + 1) // 2, pairs)


def test_a_trial_ends_when_both_tests_have_spoken() -> None:
    trial = Trial(RefereeSettings(most_games=1000))
    assert trial.ask(scored((0, 0, 3, 2, 3))) is None
    assert trial.ask(scored((10, 20, 40, 20, 10))) == "not stronger"
    assert Trial(RefereeSettings()).ask(scored((0, 0, 0, 0, 32))) == "stronger"
    assert Trial(RefereeSettings()).ask(scored((32, 0, 0, 0, 0))) == "weaker"
    assert Trial(RefereeSettings(most_games=40)).ask(scored((3, 4, 5, 4, 4))) == "undecided"


def test_what_a_test_has_decided_stays_decided() -> None:
    rules = RefereeSettings(most_games=1000, elo0=-10, elo1=10)
    weak = scored((34, 30, 60, 20, 10))  # -66 Elo: no relapse yet, and no stronger
    trial = Trial(rules)
    assert trial.ask(weak) is None
    assert RELAPSE.verdict(weak.pairs).decision == "undecided"
    lucky = scored((34, 30, 60, 120, 110))
    assert trial.ask(lucky) == "not stronger" and Trial(rules).ask(lucky) == "stronger"


def test_games_against_random_are_written_down(court: Court) -> None:
    judge = court.judge()
    for _ in range(2):  # once more after a kill: the row is replaced
        score = judge.meet_random(model(100, STRONG), 40)
    (row,) = read_evaluations(court.paths).evaluations
    assert (row.opponent, row.games, row.score) == ("random", 40, score.score)
    assert row.against is None and row.finding is None and score.score > 0.5


def test_settings_that_cannot_be_are_refused() -> None:
    for wrong in ({"elo0": 5, "elo1": 5}, {"most_games": 7}, {"promotion": "luck"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Settings(referee=wrong)  # type: ignore[arg-type]
