"""What a run's learner was started with: all that changes a model shows, and nothing else."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from engine.config import Settings
from engine.errors import StorageError
from engine.sources import load, merge, parse_assignment
from storage.layout import RunPaths, create
from storage.starts import COMMANDS, command_of, note_start, read_starts


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    paths = RunPaths(tmp_path / "run")
    create(paths)
    return paths


def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """One setting from a flag, one from the environment, one from a file."""
    file = tmp_path / "config.toml"
    file.write_text("[network]\nwidth = 48\n")
    monkeypatch.setenv("CARTRIDGE_SEARCH_SIMULATIONS", "77")
    given = {"learner": {"batch_size": 64}, "run": {"game": "connect4", "seed": 5}}
    return load(merge(given, {"storage": {"data_dir": tmp_path}, "web": {"port": 1}}), file)


def test_the_command_repeats_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    used = settings(monkeypatch, tmp_path)
    command = command_of(used, "continuous")
    head, *words = shlex.split(command)
    assert head == COMMANDS["continuous"]
    assert words[:4] == ["--game", "connect4", "--seed", "5"]
    assigned = sorted(words[5::2])
    assert assigned == ["learner.batch_size=64", "network.width=48", "search.simulations=77"]
    assert str(tmp_path) not in command
    monkeypatch.delenv("CARTRIDGE_SEARCH_SIMULATIONS")
    given = {"run": {"game": "connect4", "seed": 5}}
    for section, key, value in map(parse_assignment, assigned):
        given = merge(given, {section: {key: value}})
    again = load(given)
    assert (again.learner, again.network, again.search) == (
        *(used.learner, used.network, used.search),
    )


def test_every_start_is_a_line(
    paths: RunPaths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert read_starts(paths) == []
    used = settings(monkeypatch, tmp_path)
    note_start(paths, used, "continuous")
    note_start(paths, used, "loop")
    first, second = read_starts(paths)
    assert first.at <= second.at and first.seed == 5
    assert second.command.startswith("python -m trainer loop --game connect4 --seed 5")
    assert "core" in first.compute


def test_a_damaged_line_is_named(paths: RunPaths) -> None:
    paths.starts.write_text('{"at": 3')
    with pytest.raises(StorageError, match=r"starts\.jsonl, line 1 is damaged: .*remove that line"):
        read_starts(paths)
