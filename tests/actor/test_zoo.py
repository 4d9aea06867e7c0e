"""An entry of the zoo from a run: measured, rated, written whole, and refused before any game."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from actor.specs import parse
from actor.zoo import ANCHORS, Candidate, candidate, entrants, training
from engine.config import Settings
from engine.errors import ConfigError, ModelError
from engine.games import find
from engine.sources import load
from storage.ladder import read_ladder
from storage.layout import RunPaths, create, run_paths
from storage.levels import LEVELS
from storage.models.filesystem import FilesystemModels
from storage.starts import note_start
from storage.stats import write_stats
from storage.zoo import MOST_BYTES, Zoo
from tests.models import linear_model

ROOT = Path(__file__).resolve().parents[2]
TICTACTOE = find("tictactoe")
POSITIONS = [
    {"moves": [0, 3, 1, 4], "values": {"2": 1, "5": 0} | dict.fromkeys("678", -1)},
    {"moves": [4], "values": dict.fromkeys("0268", 0) | dict.fromkeys("1357", -1)},
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"storage": {"data_dir": tmp_path / "data", "zoo_dir": str(tmp_path / "zoo")}})


@pytest.fixture
def paths(settings: Settings) -> RunPaths:
    paths = run_paths(settings)
    create(paths)
    return paths


def make(tmp_path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "actor", "zoo", "--game", "tictactoe", "--workers", "1"]
    command += ["--data-dir", str(tmp_path / "data")]
    command += ["--set", f"storage.zoo_dir={tmp_path / 'zoo'}", "--match-simulations", "8"]
    command += ["--games-per-pair", "2", "--rounds", "0", "--games", "4", *more]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_run_becomes_an_entry(tmp_path: Path, settings: Settings, paths: RunPaths) -> None:
    positions = tmp_path / "two.jsonl"
    lines = [json.dumps({"game": "tictactoe", **position}) for position in POSITIONS]
    positions.write_text("\n".join(lines))
    options = ["--positions", str(positions), "--simulations", "0", "--simulations", "300"]
    options += ["--opponent", "random", "--note", "a test", "--json"]
    data = linear_model(TICTACTOE, step=300)
    FilesystemModels(paths).publish(data, 300)
    note_start(paths, settings, "continuous")
    rows = [{"step": s, "seconds": s / 10, "games": s, "positions": 9 * s} for s in (200, 300, 400)]
    write_stats(paths, {"history": rows})

    done = make(tmp_path, *options)
    assert done.returncode == 0, done.stderr
    shown = Zoo(tmp_path / "zoo").exhibit("tictactoe")
    assert shown is not None and shown.data == data
    card = shown.card
    assert json.loads(done.stdout) == card.model_dump(mode="json")
    assert (card.step, card.architecture, card.training.note) == (300, "linear", "a test")
    assert (card.training.seconds, card.training.games, card.training.positions) == (30, 300, 2700)
    assert card.training.commands == ["./scripts/start_training.sh --game tictactoe --seed 0"]
    assert card.measurement.command.startswith("python -m actor zoo --game tictactoe")
    assert [(a.positions, a.simulations, a.count) for a in card.accuracy] == [
        ("two", 0, 2),
        ("two", 300, 2),
    ]
    assert card.accuracy[1].wdl_optimal == 1
    (result,) = card.matches
    assert (result.player, result.opponent, result.games) == ("zoo@8", "random", 4)
    assert [level.name for level in card.levels] == [level.name for level in LEVELS]
    assert all(level.rating is not None and level.games for level in card.levels)
    assert [anchor.player for anchor in card.anchors] == ["random", *ANCHORS]

    # The zoo's model is a player like any other.
    command = [sys.executable, "-m", "actor", "accuracy", "--player", "zoo@300", "--json"]
    command += ["--positions", str(positions), "--set", f"storage.zoo_dir={tmp_path / 'zoo'}"]
    found = json.loads(subprocess.check_output(command, cwd=ROOT, text=True))
    assert found["wdl_optimal"] == card.accuracy[1].wdl_optimal

    # The same model again: the games that were played count, no pair meets anew.
    ladder = read_ladder(paths.levels(card.sha256))
    again = make(tmp_path, *options)
    assert again.returncode == 0, again.stderr
    assert read_ladder(paths.levels(card.sha256)) == ladder
    assert json.loads(again.stdout)["levels"] == json.loads(done.stdout)["levels"]


def test_everybody_on_the_ladder_is_a_player() -> None:
    searches = {f"zoo@{level.simulations}" for level in LEVELS}
    asked = [spec for spec in entrants() if spec not in ANCHORS]
    assert {spec.partition("/")[0] for spec in asked} == searches and len(asked) == len(LEVELS)
    assert len(entrants()) == len(asked) + len(ANCHORS)
    assert [str(parse(spec)) for spec in entrants()] == entrants()


def test_the_best_is_taken_where_there_is_one(settings: Settings, paths: RunPaths) -> None:
    models = FilesystemModels(paths)
    with pytest.raises(ModelError, match="no latest model yet"):
        candidate(settings, paths, None)
    models.publish(linear_model(TICTACTOE, step=300), 300)
    assert candidate(settings, paths, None).known.step == 300
    models.promote(linear_model(TICTACTOE, step=200))
    assert candidate(settings, paths, None).known.step == 200
    assert candidate(settings, paths, "latest").known.step == 300
    assert candidate(settings, paths, "step_000300").known.step == 300
    with pytest.raises(ConfigError, match="--model zoo: a model comes into the zoo from"):
        candidate(settings, paths, "zoo")


def test_what_does_not_fit_is_refused_before_a_game(settings: Settings) -> None:
    with pytest.raises(ModelError, match="rules version 9, the rules are now"):
        Candidate(TICTACTOE, settings, linear_model(TICTACTOE, rules_version=9))
    with pytest.raises(ModelError, match=f"the zoo takes {MOST_BYTES}"):
        Candidate(TICTACTOE, settings, bytes(MOST_BYTES + 1))


def test_an_older_run_is_told_of(paths: RunPaths) -> None:
    with pytest.raises(ConfigError, match=r"starts\.jsonl is missing, .* --command and --compute"):
        training(paths, 9, [], None, "")
    made = training(paths, 9, ["python -m trainer"], "one core", "by hand")
    assert made.commands == ["python -m trainer"] and made.compute == "one core"
    assert made.seconds is made.games is made.seed is None
