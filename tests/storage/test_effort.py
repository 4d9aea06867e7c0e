"""What a run has cost: summed over processes and restarts, never counted twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine.errors import StorageError
from storage import effort
from storage.effort import Effort, Spent, spent
from storage.layout import RunPaths, create


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    made = RunPaths(tmp_path / "run")
    create(made)
    return made


def burn(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_shares_add_up_over_processes_and_restarts(paths: RunPaths) -> None:
    assert spent(paths) == Spent()
    for name, evaluations in (("actor-0", 3), ("trainer", 0), ("actor-0", 4)):
        share = Effort(paths, name)
        share.add(evaluations, 100.0 * evaluations)
        burn(0.05)
        share.save(force=True)
        share.save(force=True)  # twice is once
    found = spent(paths)
    assert (found.evaluations, found.flops) == (7, 700.0)
    assert 0.15 <= found.core_seconds < 10


def test_it_is_saved_once_in_a_while(paths: RunPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    share = Effort(paths, "actor-0")
    share.add(1)
    share.save()
    assert spent(paths).evaluations == 0
    monkeypatch.setattr(effort, "SAVE_SECONDS", 0.0)
    share.save()
    assert spent(paths).evaluations == 1


@pytest.mark.parametrize("content", ["{}", '{"evaluations": -1, "flops": 0, "core_seconds": 0}'])
def test_a_damaged_file_is_named(paths: RunPaths, content: str) -> None:
    paths.effort("actor-0").write_text(content)
    with pytest.raises(StorageError, match=r"actor-0.json is damaged: evaluations: .*delete it"):
        spent(paths)
