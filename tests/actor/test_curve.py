"""The learning curve: every kept snapshot measured, its cost read between the history's rows."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from actor.__main__ import app
from actor.accuracy import accuracy, read_positions
from actor.players import SearchPlayer
from actor.plot import log_ticks
from engine.config import SearchSettings
from engine.errors import ConfigError
from engine.evaluator.onnx import OnnxEvaluator
from engine.games import find
from storage.layout import RunPaths, create
from storage.models.filesystem import FilesystemModels
from storage.stats import write_stats
from tests.models import linear_model

GAME = find("tictactoe")
POSITIONS = Path(__file__).resolve().parents[1] / "reference/tictactoe_all.jsonl"
SVG = "{http://www.w3.org/2000/svg}"
HISTORY = [
    {"step": 100, "seconds": 10.0, "core_seconds": 18.0, "flops": 1e9},
    {"step": 300, "seconds": 30.0, "core_seconds": 54.0, "flops": 5e9},
]


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    made = RunPaths(tmp_path / "data" / GAME.name)
    create(made)
    return made


@pytest.fixture
def positions(tmp_path: Path) -> Path:
    some = tmp_path / "some.jsonl"
    some.write_text("".join(POSITIONS.read_text().splitlines(keepends=True)[::30]))
    return some


def publish(paths: RunPaths, *steps: int, flops: int = 1000) -> None:
    for step in steps:
        FilesystemModels(paths).publish(linear_model(GAME, step, flops=flops), step)


def run(paths: RunPaths, positions: Path, *options: str) -> None:
    given = ["curve", "--positions", str(positions), "--data-dir", str(paths.root.parent)]
    result = CliRunner().invoke(app, [*given, *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output


def test_every_snapshot_is_measured_and_placed(paths: RunPaths, positions: Path) -> None:
    publish(paths, 100, 200, 300)
    write_stats(paths, {"history": HISTORY})
    run(paths, positions, "--simulations", "20,0", "--workers", "1")
    table = json.loads(paths.curve.with_suffix(".json").read_text())
    points: list[dict[str, Any]] = table["points"]
    assert [(p["step"], p["simulations"]) for p in points] == [
        *((100, 0), (100, 20), (200, 0), (200, 20), (300, 0), (300, 20)),
    ]
    between = points[2]
    assert (between["seconds"], between["core_minutes"]) == (20.0, pytest.approx(0.6))
    assert between["flops"] == pytest.approx(3e9)
    evaluator = OnnxEvaluator(GAME, FilesystemModels(paths).snapshot(200))
    player = SearchPlayer(GAME, evaluator, 20, SearchSettings())
    solved = read_positions(positions, GAME)
    assert (
        points[3]["wdl_optimal"]
        == accuracy(player, solved, np.random.default_rng(0))["wdl_optimal"]
    )


def test_the_drawing_shows_the_error_against_both_costs(paths: RunPaths, positions: Path) -> None:
    publish(paths, 100, 300)
    write_stats(paths, {"history": HISTORY})
    out = paths.root / "pictures" / "night.v2"
    run(paths, positions, "--simulations", "0", "--out", str(out), "--workers", "1")
    table = json.loads(Path(f"{out}.json").read_text())
    root = ET.fromstring(Path(f"{out}.svg").read_text())
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert "core-minutes of self-play and learning" in texts
    assert "FLOPs of self-play and learning" in texts and "policy alone" in texts
    heights = [float(dot.attrib["cy"]) for dot in root.iter(f"{SVG}circle")]
    assert len(heights) == 4 and heights[:2] == heights[2:]
    shares = [point["wdl_optimal"] for point in table["points"]]
    assert (heights[0] > heights[1]) == (shares[0] > shares[1])  # less error is drawn lower
    places = [float(dot.attrib["cx"]) for dot in root.iter(f"{SVG}circle")]
    assert places[0] < places[1]


def test_what_a_run_did_not_count_is_not_drawn(paths: RunPaths, positions: Path) -> None:
    publish(paths, 100, 300, flops=0)  # made before models said what they cost
    rows = [{"step": row["step"], "seconds": row["seconds"]} for row in HISTORY]
    write_stats(paths, {"history": rows})
    run(paths, positions, "--simulations", "0", "--workers", "1")
    points = json.loads(paths.curve.with_suffix(".json").read_text())["points"]
    assert {(point["core_minutes"], point["flops"]) for point in points} == {(None, None)}
    drawn = paths.curve.with_suffix(".svg").read_text()
    assert "minutes of training" in drawn and "FLOPs" not in drawn


@pytest.mark.parametrize(
    ("history", "options", "message"),
    [
        ([], [], "has no history to draw a curve against"),
        (HISTORY, ["--simulations", "1,x"], "'1,x' are no numbers"),
    ],
)
def test_bad_input_is_told(
    paths: RunPaths, positions: Path, history: list[Any], options: list[str], message: str
) -> None:
    publish(paths, 100)
    write_stats(paths, {"history": history})
    with pytest.raises(ConfigError, match=message):
        run(paths, positions, *options)


def test_a_run_without_snapshots_is_told(paths: RunPaths, positions: Path) -> None:
    write_stats(paths, {"history": HISTORY})
    with pytest.raises(ConfigError, match="holds no snapshot to measure"):
        run(paths, positions)


def test_ticks_are_round_and_inside() -> None:
    assert log_ticks(3, 2e6) == [10, 100, 1e3, 1e4, 1e5, 1e6]
    assert log_ticks(1, 12) == [1, 2, 5, 10]
    assert log_ticks(3, 6) == [3, 4, 5, 6]
