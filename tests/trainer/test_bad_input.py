"""What a learner may find on its disk, or lose of it: a clear message, and nothing good is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.config import Settings
from engine.errors import StorageError
from engine.evaluator.onnx import OnnxEvaluator, read_card
from engine.game import Game
from engine.games import find
from storage.layout import RunPaths, create, run_paths
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay
from storage.stats import read_stats
from storage.verdicts import Relapse, Verdicts, write_verdicts
from tests.models import linear_model
from tests.trainer.conftest import Configure
from trainer.continuous import learn
from trainer.export import digest
from trainer.learner import Learner

Generate = Callable[[Settings, int], None]
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def quick_export(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that are about other files: any model with the right card."""

    def exported(game: Game, network: torch.nn.Module, step: int, *_: object) -> bytes:
        return linear_model(game, step, sha256=digest(network))

    monkeypatch.setattr("trainer.learner.export", exported)


def _learn(settings: Settings, steps: int, looks: int | None = None) -> Learner:
    """The continuous learner up to step `steps`, or until it was asked `looks` times to stop."""
    torch.set_num_threads(1)
    learner, paths = Learner(find(settings.run.game), settings), run_paths(settings)
    create(paths)
    asked = count()
    with SqliteReplay(paths.replay, learner.game) as replay:
        learn(
            *(settings, learner, replay, FilesystemModels(paths), paths),
            stop=lambda: looks is not None and next(asked) >= looks,
            max_steps=steps,
        )
    return learner


def _said(settings: Settings) -> dict[str, Any]:
    found = read_stats(run_paths(settings))
    assert found is not None
    return found


def test_an_empty_replay_is_waited_for(configure: Configure) -> None:
    settings = configure()
    learner = _learn(settings, 5, looks=3)
    assert learner.step == 0 and learner.waits_for() == "waiting for data: 0/100 positions"
    assert FilesystemModels(run_paths(settings)).latest() is None
    assert not run_paths(settings).checkpoint.exists()


def test_one_game_can_be_learnt_from(configure: Configure, generate: Generate) -> None:
    settings = configure(learner__min_positions=1, learner__replay_ratio=1000.0)
    generate(settings, 1)
    learner = _learn(settings, 5)
    latest = FilesystemModels(run_paths(settings)).latest()
    assert latest is not None and learner.games == 1
    planes = np.zeros((1, *learner.game.planes), np.float32)
    assert all(np.isfinite(a).all() for a in OnnxEvaluator(learner.game, latest).evaluate(planes))


@pytest.mark.usefixtures("quick_export")
def test_a_replay_of_another_run_is_refused(configure: Configure, generate: Generate) -> None:
    settings = configure()
    generate(settings, 60)
    _learn(settings, 6)
    paths = run_paths(settings)
    before = paths.checkpoint.read_bytes()
    for path in paths.root.glob("replay.db*"):
        path.unlink()
    with pytest.raises(StorageError, match=r"learnt from game 60, but .* ends with game 0"):
        _learn(settings, 8)
    assert paths.checkpoint.read_bytes() == before


@pytest.mark.usefixtures("quick_export")
def test_games_that_are_gone_are_waited_for(configure: Configure, generate: Generate) -> None:
    settings = configure()
    generate(settings, 60)
    _learn(settings, 6)
    game = find("tictactoe")
    with SqliteReplay(run_paths(settings).replay, game) as replay:
        assert replay.prune(1) == 59
        replay._db.execute("DELETE FROM games")
    learner = _learn(settings, 8, looks=3)
    assert learner.step == 6 and "none of the games seen so far is stored" in str(
        learner.waits_for()
    )


def _edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = torch.load(path, weights_only=True)
    changed = change(content)
    torch.save(content if changed is None else changed, path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(format=1), r"checkpoint\.pt has format 1, this version reads \d+; use"),
        (lambda c: c.update(format=99), r"has format 99, this version reads \d+; use the version"),
        (lambda c: ["a list"], r"checkpoint\.pt cannot be read \(it holds a list\); move it away"),
        (lambda c: c.update(game="chess"), "has game chess, the configuration says tictactoe"),
        (lambda c: c.update(rules_version=9), "has rules_version 9, the configuration says 1"),
        (lambda c: c.update(network={}), r"checkpoint\.pt does not fit \(.*; move it away"),
    ],
    ids=["older", "newer", "no checkpoint", "game", "rules", "weights"],
)
@pytest.mark.usefixtures("quick_export")
def test_a_checkpoint_that_does_not_fit_is_kept(
    configure: Configure,
    generate: Generate,
    change: Callable[[dict[str, Any]], object],
    message: str,
) -> None:
    settings = configure()
    generate(settings, 30)
    _learn(settings, 3)
    path = run_paths(settings).checkpoint
    _edit(path, change)
    before = path.read_bytes()
    with pytest.raises(StorageError, match=message) as refused:
        _learn(settings, 8)
    assert "\n" not in str(refused.value) and path.read_bytes() == before


@pytest.mark.usefixtures("quick_export")
def test_a_damaged_checkpoint_of_the_best_model_changes_nothing(
    configure: Configure, generate: Generate
) -> None:
    """The relapse stands, so that the learner goes back once the file is out of the way."""
    settings = configure()
    generate(settings, 60)
    _learn(settings, 7)
    paths, models = run_paths(settings), FilesystemModels(run_paths(settings))
    models.promote(models.snapshot(5))
    relapse = Relapse(step=5, against=5, score=0.3, interval=(0.2, 0.4), at=1.0)
    write_verdicts(paths, Verdicts(best_step=5, relapse=relapse))
    paths.checkpoint_of(5).write_bytes(b"")
    before = paths.checkpoint.read_bytes()
    for _ in range(2):
        with pytest.raises(StorageError, match=r"checkpoints/step_000005\.pt cannot be read"):
            _learn(settings, 9)
        assert paths.checkpoint.read_bytes() == before


@pytest.mark.usefixtures("quick_export")
def test_a_clock_that_jumps_disturbs_nothing(
    configure: Configure, generate: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day back, a day forth at every look: steps, times and rates are those of a steady clock."""
    settings = configure()
    generate(settings, 60)
    now, jumps = time.time, count()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now() + 86400 * (1 - next(jumps) % 3))
        began = time.monotonic()
        for steps in (6, 12):
            _learn(settings, steps)
        took = time.monotonic() - began
    rows = _said(settings)["history"]
    assert next(jumps) > 4 and rows[-1]["step"] == 12
    seconds = [row["seconds"] for row in rows]
    assert seconds == sorted(seconds) and seconds[0] >= 0 and seconds[-1] <= took
    assert all(0 < row["steps_per_second"] < 1e6 for row in rows)


def _trains(settings: Settings, data_dir: Path, steps: int) -> list[str]:
    given = [f"--set={assignment}" for assignment in settings.assignments()]
    steps_and_place = [f"--max-steps={steps}", f"--data-dir={data_dir}"]
    return [sys.executable, "-m", "trainer", *given, *steps_and_place]


def _in_little_space(settings: Settings, steps: int, disk: Path, free: int) -> tuple[int, str]:
    """Train on a disk of its own that has `free` bytes left, and bring back what is on it."""
    data = settings.storage.data_dir
    pages = sum(-(-path.stat().st_size // 4096) + 1 for path in data.rglob("*"))
    script = (
        'mount -t tmpfs -o size="$1" tmpfs "$2" && cp -r "$3/." "$2" || exit 99\n'
        'disk="$2" data="$3"; shift 3; "$@"; code=$?\n'
        'rm -r "$data" && cp -r "$disk" "$data" && exit $code'
    )
    disk.mkdir()
    space = ["unshare", "-rm", "sh", "-c", script, "sh", str(pages * 4096 + free), str(disk)]
    command = [*space, str(data), *_trains(settings, disk, steps)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def _with_a_limit(settings: Settings, steps: int, most: int) -> tuple[int, str]:
    """Train where no file may grow beyond `most` bytes."""
    limit = ["sh", "-c", f'ulimit -f {most // 512}; exec "$@"', "sh"]
    command = [*limit, *_trains(settings, settings.storage.data_dir, steps)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def _may_mount() -> bool:
    tried = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/tmp"]
    return bool(shutil.which("unshare")) and not subprocess.run(tried, check=False).returncode


@pytest.mark.parametrize("full", ["disk", "limit"])
def test_a_full_disk_stops_the_learner_and_loses_nothing(
    configure: Configure, generate: Generate, tmp_path: Path, full: str
) -> None:
    """Little more than one model fits; or models do, but no checkpoint."""
    if full == "disk" and not _may_mount():
        pytest.skip("no right to mount a small disk here")
    settings = configure(network__width=256)
    generate(settings, 120)
    _learn(settings, 5)
    paths, size = run_paths(settings), run_paths(settings).latest.stat().st_size
    good = paths.checkpoint.read_bytes()
    assert len(good) > 2.5 * size
    if full == "disk":
        code, said = _in_little_space(settings, 12, tmp_path / "disk", int(1.6 * size))
        expected = "No space left on device; free some space on that disk"
    else:
        code, said = _with_a_limit(settings, 12, 2 * size)
        expected = "File too large; check the disk"
    refusal = [line for line in said.splitlines() if line.startswith("error: ")]
    assert code == 1 and "Traceback" not in said and len(refusal) == 1, said
    assert "checkpoint.pt" in refusal[0] and expected in refusal[0]
    assert paths.checkpoint.read_bytes() == good
    models = FilesystemModels(paths)
    assert read_card(models.latest() or b"").step in (5, 10)
    assert [read_card(models.snapshot(step)).step for step in models.steps()] == [5, 10]
    assert not list(paths.root.rglob(".*.tmp"))
    assert _learn(settings, 7).step == 7 and paths.checkpoint.read_bytes() != good


@pytest.mark.usefixtures("quick_export")
def test_killed_in_the_middle_of_a_publication(
    configure: Configure, generate: Generate, tmp_path: Path
) -> None:
    """Whatever was written last, every file is whole and learning continues to the bit."""
    settings = configure(storage__data_dir=tmp_path / "whole")
    generate(settings, 60)
    targets = ["step_000005.onnx", "latest.onnx", "checkpoint.pt", "step_000005.pt"]
    script = Path(__file__).with_name("processes.py")
    command = [sys.executable, str(script), str(tmp_path), *targets]
    printed = subprocess.run(
        command, env=ENVIRONMENT, capture_output=True, text=True, check=True
    ).stdout
    assert printed.split() == [word for target in targets for word in (target, "-9")]
    straight = _learn(settings, 7)
    step_of_latest = {"step_000005.onnx": None, "latest.onnx": None}
    for target in targets:
        paths = RunPaths(tmp_path / target / "tictactoe")
        models = FilesystemModels(paths)
        found = models.latest()
        assert (read_card(found).step if found else None) == step_of_latest.get(target, 5)
        assert all(read_card(models.snapshot(step)).step == 5 for step in models.steps())
        resumed = _learn(configure(storage__data_dir=tmp_path / target), 7)
        assert read_card(models.latest() or b"").step == 5
        for one, other in zip(
            straight.averaged.parameters(), resumed.averaged.parameters(), strict=True
        ):
            assert torch.equal(one, other)
