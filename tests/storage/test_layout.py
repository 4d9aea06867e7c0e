from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import StorageError
from engine.sources import load
from storage.layout import RunPaths, create, run_paths, step_of, steps_in


def test_a_run_lives_below_the_data_folder(tmp_path: Path) -> None:
    flags = {"run": {"game": "connect4"}, "storage": {"data_dir": str(tmp_path)}}
    assert run_paths(load(flags)).root == tmp_path / "connect4"
    named = {**flags, "run": {"game": "connect4", "name": "night"}}
    assert run_paths(load(named)).root == tmp_path / "night"
    assert list(tmp_path.iterdir()) == []


def test_every_path_is_inside_the_run() -> None:
    paths = RunPaths(Path("data/night"))
    spelled = {
        paths.replay: "replay.db",
        paths.latest: "models/latest.onnx",
        paths.best: "models/best.onnx",
        paths.snapshot(400): "models/step_000400.onnx",
        paths.checkpoint: "checkpoint.pt",
        paths.checkpoint_of(400): "checkpoints/step_000400.pt",
        paths.stats: "stats.json",
        paths.heartbeat("actor-0"): "heartbeats/actor-0.json",
        paths.control: "control.json",
        paths.learner_lock: "learner.lock",
        paths.ratings: "ratings.json",
        paths.yardstick("hard"): "yardstick/hard.jsonl",
        paths.effort("actor-0"): "effort/actor-0.json",
        paths.curve: "curve",
        paths.events("learner"): "tensorboard/learner",
        paths.ratings_lock: "ratings.lock",
        paths.evaluations: "evaluations.json",
        paths.verdicts: "verdicts.json",
        paths.referee_lock: "referee.lock",
    }
    assert {path: str(path.relative_to("data/night")) for path in spelled} == spelled


@pytest.mark.parametrize("step", [0, 7, 999_999, 1_000_000, 12_345_678])
def test_what_belongs_to_a_step_knows_it(step: int) -> None:
    paths = RunPaths(Path("x"))
    assert step_of(paths.snapshot(step)) == step_of(paths.checkpoint_of(step)) == step


def test_no_other_file_is_of_a_step(tmp_path: Path) -> None:
    for name in ("latest.onnx", "step_12.onnx", "step_000001.onnx.bak", ".step_000001.onnx.q.tmp"):
        assert step_of(Path(name)) is None
        (tmp_path / name).touch()
    assert steps_in(tmp_path) == []
    for name in ("step_000030.pt", "step_000004.onnx"):
        (tmp_path / name).touch()
    assert steps_in(tmp_path) == [4, 30]


def test_creating_twice_changes_nothing(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path / "a" / "b")
    create(paths)
    paths.stats.write_bytes(b"{}")
    create(paths)
    assert sorted(path.name for path in paths.root.iterdir()) == [
        *("checkpoints", "effort", "heartbeats", "live", "models", "stats.json", "yardstick"),
    ]


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")
    for root in (tmp_path / "data", tmp_path / "data" / "run"):
        with pytest.raises(StorageError, match=r"folder .*data.*: .*; a part of that path is a"):
            create(RunPaths(root))
    assert (tmp_path / "data").read_bytes() == b""


def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path / "run")
    create(paths)
    paths.models.chmod(0o555)
    if os.access(paths.models, os.W_OK):
        pytest.skip("permissions do not bind root")
    with pytest.raises(StorageError, match=r"folder .*models: Permission denied; change the owner"):
        create(paths)


def test_only_old_leftovers_are_removed(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    create(paths)
    old = paths.models / ".latest.onnx.abc.tmp"
    young = paths.models / ".latest.onnx.def.tmp"
    for path in (old, young, paths.latest):
        path.write_bytes(b"")
    for path in (old, paths.latest):
        os.utime(path, (0, 0))
    create(paths)
    assert sorted(paths.models.iterdir()) == [young, paths.latest]
