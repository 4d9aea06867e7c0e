"""Thresholds: what is beyond them is said once, in one line, and taken back once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine.config import Settings
from engine.evaluator.report import Report
from engine.games import find
from storage.layout import create, run_paths
from storage.models.filesystem import FilesystemModels
from storage.replay import Origin
from storage.replay.sqlite import SqliteReplay
from storage.stats import Heart, Heartbeat, heartbeats, read_stats
from tests.trainer.conftest import Configure
from tests.trainer.test_quality import record
from trainer.alarms import KINDS, LEAST_GAMES, Alarms, Figure, Moment, simulations_per_search
from trainer.continuous import learn
from trainer.learner import Learner
from trainer.quality import FirstMove, Lengths, Measured
from web.schemas import FigureOut, ModelOut
from web.stats import collect

GAME = find("tictactoe")
FINE = Measured(
    games=LEAST_GAMES,
    positions=700,
    duplicates=0.5,
    target_entropy=0.9,
    surprise=0.3,
    calibration_error=0.1,
    calibration=[],
    lengths=Lengths(8.0, 6.0, 8.0, 9.0),
    results=(0.5, 0.2, 0.3),
    opened=LEAST_GAMES,
    first_moves=[FirstMove(4, "b2", 0.5), FirstMove(0, "a3", 0.5)],
    first_move_entropy=0.69,
    model_step=980.0,
)


def beat(name: str, model: int | None = 980, alive: bool = True, **rates: float) -> Heartbeat:
    report = None if model is None else Report("onnxruntime", model, ())
    per_second = {f"{key}_per_second": rate for key, rate in rates.items()}
    return Heartbeat(name, "playing", per_second, 1, 0.5, alive, report)


SEARCHING = beat("actor-0", searches=100, simulations=1000, leaves=700, edges=2500)
MOMENT = Moment(1000, Origin(1e9 - 60, 700), [SEARCHING], 1e9)


@pytest.fixture
def settings(configure: Configure) -> Settings:
    """Every alarm is armed."""
    return configure(
        learner__publish_every=100,
        quality__duplicates=0.9,
        quality__oldest_hours=1.0,
        quality__game_length=6.0,
        quality__oldest_steps=500,
    )


def by_name(figures: list[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


def test_all_is_well(settings: Settings) -> None:
    figures = by_name(Alarms(settings).look(FINE, MOMENT))
    assert [f.alarm for f in figures.values()] == [None] * len(KINDS)
    expected = {
        "leaves_per_search": (7.0, pytest.approx(2.0)),  # 0.2 of 10 simulations
        "depth": (2.5, 1.1),
        "oldest_seconds": (60.0, 3600.0),
        "oldest_steps": (300, 500),
        "model_lag": (20, 500),  # 5 models, one every 100 steps
        "actor_lag": (20, 500),
        "first_wins": (0.5, 0.98),
        "draws": (0.2, 0.98),
        "first_losses": (0.3, 0.98),
        "game_length": (8.0, 6.0),
    }
    found = {name: (figures[name].value, figures[name].threshold) for name in expected}
    assert found == expected


BAD: list[tuple[str, Measured, Moment]] = [
    ("duplicates", replace(FINE, duplicates=0.91), MOMENT),
    ("target_entropy", replace(FINE, target_entropy=0.04), MOMENT),
    ("surprise", replace(FINE, surprise=1.6), MOMENT),
    ("calibration_error", replace(FINE, calibration_error=0.3), MOMENT),
    ("game_length", replace(FINE, lengths=Lengths(5.9, 5, 6, 7)), MOMENT),
    ("first_move_entropy", replace(FINE, first_move_entropy=0.0), MOMENT),
    ("first_wins", replace(FINE, results=(0.99, 0.01, 0.0)), MOMENT),
    ("draws", replace(FINE, results=(0.01, 0.99, 0.0)), MOMENT),
    ("first_losses", replace(FINE, results=(0.0, 0.01, 0.99)), MOMENT),
    ("model_lag", replace(FINE, model_step=400.0), MOMENT),
    ("oldest_seconds", FINE, replace(MOMENT, now=1e9 + 3600)),
    ("oldest_steps", FINE, replace(MOMENT, oldest=Origin(1e9 - 60, -1))),
    ("actor_lag", FINE, replace(MOMENT, beats=[SEARCHING, beat("actor-1", model=400)])),
    (
        "leaves_per_search",
        FINE,
        replace(MOMENT, beats=[beat("a", searches=100, simulations=1000, leaves=190, edges=2000)]),
    ),
    (
        "depth",
        FINE,
        replace(MOMENT, beats=[beat("a", searches=100, simulations=1000, leaves=700, edges=1050)]),
    ),
]


def test_every_alarm_is_tried() -> None:
    assert sorted(name for name, *_ in BAD) == sorted(kind.name for kind in KINDS)


@pytest.mark.parametrize(("name", "measured", "moment"), BAD, ids=[name for name, *_ in BAD])
def test_beyond_the_threshold_is_an_alarm_with_its_remedy(
    name: str, measured: Measured, moment: Moment, settings: Settings
) -> None:
    figures = Alarms(settings).look(measured, moment)
    ringing = {figure.name for figure in figures if figure.alarm}
    assert ringing == {name}
    figure, kind = by_name(figures)[name], next(k for k in KINDS if k.name == name)
    text = figure.alarm or ""
    assert text.startswith(f"{figure.title}: ") and f"(quality.{kind.setting}); " in text
    assert f"at {kind.limit} " in text and "\n" not in text
    for mentioned in [word.strip(",.:") for word in text.split() if "." in word]:
        section, _, key = mentioned.strip("();").partition(".")
        if section.isidentifier():
            assert hasattr(getattr(settings, section), key), mentioned
    off = settings.quality.model_copy(update={kind.setting: 0})
    quiet = Alarms(settings.model_copy(update={"quality": off})).look(measured, moment)
    assert by_name(quiet)[name].threshold is None
    assert not any(figure.alarm for figure in quiet)


def test_begin_and_end_are_said_once_and_nothing_flutters(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    alarms = Alarms(settings)
    caplog.set_level(logging.INFO)
    rings = []
    for share in (0.5, 0.901, 0.95, 0.899, 0.901, 0.86, 0.85, 0.89, 0.901):
        figure = by_name(alarms.look(replace(FINE, duplicates=share), MOMENT))["duplicates"]
        rings.append(bool(figure.alarm))
    assert rings == [False, True, True, True, True, True, False, False, True]
    said = [r.message for r in caplog.records]
    assert len(said) == 3
    assert said[0].startswith("alarm: Duplicate positions: 90.1%, at most 90.0% is wanted")
    assert said[1] == "alarm over: Duplicate positions: 85.0%"
    assert [r.levelname for r in caplog.records] == ["WARNING", "INFO", "WARNING"]


def test_few_games_and_missing_figures_raise_no_alarm(settings: Settings) -> None:
    few = replace(FINE, games=LEAST_GAMES - 1, duplicates=1.0, opened=LEAST_GAMES - 1)
    few = replace(few, first_move_entropy=0.0, model_step=-1.0)
    assert not any(f.alarm for f in Alarms(settings).look(few, MOMENT))
    nothing = Measured(0, 0, None, None, None, None, [], None, None, 0, [], None, None)
    figures = Alarms(settings).look(nothing, Moment(1000, None, [], 1e9))
    assert all(f.value is None and f.alarm is None for f in figures)


def test_the_dead_and_those_without_a_model_are_not_asked(settings: Settings) -> None:
    """A worker that begins has no model yet; its games tell if that goes on."""
    beats = [
        beat("actor-0", model=None, searches=10, simulations=100, leaves=100, edges=100),
        beat("actor-1", model=0, alive=False, searches=900, simulations=900),
        beat("actor-2", model=990, searches=30, simulations=300, leaves=100, edges=700),
        beat("trainer", model=None, steps=4),
    ]
    figures = by_name(Alarms(settings).look(FINE, replace(MOMENT, beats=beats)))
    assert figures["actor_lag"].value == 10
    assert figures["leaves_per_search"].value == 5 and figures["depth"].value == 2
    assert simulations_per_search(beats) == 10
    waiting = [beat("actor-0", searches=0, simulations=0)]
    figures = by_name(Alarms(settings).look(FINE, replace(MOMENT, beats=waiting)))
    assert figures["depth"].value is None and figures["leaves_per_search"].threshold is None


def test_a_clock_that_jumps_back_makes_nothing_younger_than_now(settings: Settings) -> None:
    early = replace(MOMENT, now=5.0)
    assert by_name(Alarms(settings).look(FINE, early))["oldest_seconds"].value == 0


def _learning(
    settings: Settings, steps: int, each: Callable[[int, SqliteReplay], None]
) -> dict[str, Any]:
    """The continuous learner up to `steps`; `each` is called between the steps."""
    paths, learner = run_paths(settings), Learner(GAME, settings)
    create(paths)
    with SqliteReplay(paths.replay, GAME) as replay:

        def report(step: int, message: str) -> None:
            each(step, replay)

        models = FilesystemModels(paths)
        learn(settings, learner, replay, models, paths, lambda: False, steps, report)
    stats = read_stats(paths)
    assert stats is not None
    found: dict[str, Any] = stats["quality"]
    return found


def test_an_alarm_comes_and_goes_in_a_real_run(
    configure: Configure,
    generate: Callable[[Settings, int], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The first player wins every game; then games of self-play join them. A restart remembers."""
    monkeypatch.setattr("trainer.journal.Journal.__init__.__defaults__", (0.0,))
    monkeypatch.setattr("trainer.continuous.LOOK_SECONDS", 0.0)
    settings = configure(learner__publish_every=50, quality__duplicates=0.0, quality__surprise=0.0)
    other = configure(run__name="other")
    generate(other, 150)
    with SqliteReplay(run_paths(other).replay, GAME) as replay:
        fresh = [one for _, one in replay.tail(0, 1000)]
    create(run_paths(settings))
    with SqliteReplay(run_paths(settings).replay, GAME) as replay:
        for _ in range(LEAST_GAMES):
            replay.append(record(GAME, [4, 0, 2, 1, 6], plies=range(1, 5)))
    heart = Heart(run_paths(settings), "actor-0")
    rates = {"searches_per_second": 10, "simulations_per_second": 90, "edges_per_second": 99}
    alarms: dict[int, dict[str, str | None]] = {}

    def each(step: int, replay: SqliteReplay) -> None:
        heart.beat("playing", rates, force=True)
        if step == 6:
            for one in fresh:
                replay.append(one)
        stats = read_stats(run_paths(settings))
        if stats:
            alarms[stats["step"]] = {f["name"]: f["alarm"] for f in stats["quality"]["figures"]}

    caplog.set_level(logging.INFO, logger="trainer")
    found = _learning(settings, 12, each)
    assert alarms[5]["first_wins"] and not alarms[10]["first_wins"]
    said = [r.message for r in caplog.records if "Won by the first player" in r.message]
    assert len(said) == 2
    assert said[0].startswith("alarm: Won by the first player: 100.0%, at most 98.0% is wanted")
    assert said[1].startswith("alarm over: Won by the first player: ")
    figures = {f["name"]: f for f in found["figures"]}
    assert found["games"] == LEAST_GAMES + 150
    assert figures["depth"]["value"] == 1.1
    assert figures["oldest_steps"]["value"] == figures["model_lag"]["value"] == 12
    assert 0 <= figures["oldest_seconds"]["value"] < 60
    assert [row["step"] for row in found["history"]] == list(range(1, 13))
    assert found["history"][4]["values"]["first_wins"] == 1
    nobody = ModelOut(name="uniform", step=None, published_at=None)
    served = collect(settings, "stopped", lambda: nobody)
    assert served.quality and served.quality.model_dump() == found
    again = _learning(settings, 14, lambda step, replay: None)
    assert again["games"] == found["games"] and again["positions"] == found["positions"]
    assert again["first_moves"] == found["first_moves"]
    assert again["history"][:12] == found["history"] and len(again["history"]) == 14
    assert heartbeats(run_paths(settings))  # the actor's is not the learner's to remove


def test_the_schema_knows_every_unit() -> None:
    for kind in KINDS:
        figure = Figure(kind.name, kind.title, kind.unit, kind.limit, 1.0, 2.0, None)
        assert FigureOut.model_validate(vars(figure)).model_dump() == vars(figure)
