"""The bench as a user calls it: what it prints must follow from what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actor.bench_parts import deep_rate
from engine.evaluator.uniform import UniformEvaluator
from engine.games import find
from engine.sources import load
from storage.layout import RunPaths, create
from storage.models.filesystem import FilesystemModels
from tests.models import linear_model

SHORT = ["--game", "tictactoe", "--rounds", "2", "--seconds", "0.05", "--set", "selfplay.games=8"]


def bench(*arguments: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "actor", "bench", "--data-dir", str(data_dir), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    data_dir = tmp_path_factory.mktemp("data")
    paths = RunPaths(data_dir / "tictactoe")
    create(paths)
    FilesystemModels(paths).publish(linear_model(find("tictactoe"), step=7), 7)
    done = bench(*SHORT, "--peers", "--json", data_dir=data_dir)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["games"]["tictactoe"]
    return found


def test_the_limit_follows_from_the_parts(measured: dict[str, Any]) -> None:
    tree, evals = measured["waves_sims_per_s"]["median"], measured["evals_per_s"]["median"]
    limit = 1 / (1 / tree + measured["evals_per_sim"] / evals)
    assert measured["limit_sims_per_s"] == pytest.approx(limit)
    reached = measured["selfplay_sims_per_s"]["median"]
    assert measured["limit_ratio"] == pytest.approx(reached / limit)
    close = 1 / (1 / measured["deep_sims_per_s"]["median"] + measured["evals_per_sim"] / evals)
    assert measured["close_limit_ratio"] == pytest.approx(reached / close)
    for name in (
        "tree_sims_per_s",
        "waves_sims_per_s",
        "deep_sims_per_s",
        "evals_per_s",
        "selfplay_sims_per_s",
        "selfplay_games_per_s",
    ):
        assert 0 < measured[name]["low"] <= measured[name]["median"] <= measured[name]["high"]


def test_one_process_and_all_of_them_are_compared_round_by_round(measured: dict[str, Any]) -> None:
    scaling = measured["scaling"]
    assert 0 < scaling["low"] <= scaling["median"] <= scaling["high"]


def test_the_tree_is_timed_without_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    game, settings = find("tictactoe"), load({"run": {"game": "tictactoe"}}, None)
    judge, now = UniformEvaluator(game), [0.0]

    class Slow:
        def evaluate(self, observations: Any) -> Any:
            now[0] += 100.0  # seconds
            return judge.evaluate(observations)

    def clock() -> float:
        now[0] += 0.001
        return now[0]

    monkeypatch.setattr("actor.bench_parts.time.perf_counter", clock)
    starts = np.stack([game.new()] * 8)
    simulations = len(starts) * settings.search.simulations
    # One round of the searches, during which the clock is read a few times for each wave.
    assert deep_rate(game, settings, 1.0, Slow(), starts) > simulations / 1.0


def test_every_simulation_ends_somewhere(measured: dict[str, Any]) -> None:
    """In the network, the cache, beside an equal leaf, or in a finished or proven position.

    The evaluation of a root is no simulation, so there may be a few more ends than simulations.
    """
    ends = measured["evals_per_sim"] + sum(measured["per_sim"].values())
    assert 1 <= ends < 1.2
    assert sum(measured["time_shares"].values()) == pytest.approx(1)
    assert measured["per_sim"]["cached"] > 0.3  # there are 627 positions to judge


def test_every_backend_is_measured_or_says_why_not(measured: dict[str, Any]) -> None:
    assert set(measured["backends"]["onnxruntime"]) == {"1", "32", "128", "512"}
    for rates in measured["backends"].values():
        assert rates if isinstance(rates, str) else all(r["low"] > 0 for r in rates.values())


def test_processes_play_side_by_side(measured: dict[str, Any]) -> None:
    assert measured["workers"] >= 1
    assert measured["crew_sims_per_s"]["low"] > 0 and measured["crew_games_per_hour"] > 0
    assert measured["live_move_ms"]["median"] <= measured["live_move_ms"]["p95"]


def test_peers_are_measured_or_named(measured: dict[str, Any]) -> None:
    peers = {peer["name"]: peer for peer in measured["peers"]}
    assert any("OpenSpiel" in name and peer["sims_per_s"] for name, peer in peers.items())
    assert any("mctx" in name and "reason" in peer for name, peer in peers.items())


def test_ratios_compare_as_many_cores(measured: dict[str, Any]) -> None:
    assert measured["tree_all_cores_sims_per_s"]["low"] > 0
    found = measured["ratios"]
    assert {ratio["name"] for ratio in found} == {"OpenSpiel, Python", "OpenSpiel, C++"}
    for ratio in found:
        assert ratio["cores"] == 1 and ratio["ours"] == measured["tree_sims_per_s"]["median"]
        assert ratio["ratio"] == pytest.approx(ratio["ours"] / ratio["theirs"])


def test_the_table_names_what_it_shows(tmp_path: Path) -> None:
    done = bench(*SHORT, "--workers", "1", data_dir=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "none (uniform)" in done.stdout and "reached / limit" in done.stdout
    assert "(8 trees, nobody" in done.stdout


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    done = bench(*SHORT, "--model", "nowhere.onnx", data_dir=tmp_path)
    assert done.returncode == 2
    assert "cannot read the model nowhere.onnx" in done.stderr
