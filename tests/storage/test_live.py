"""Games as they are played: what one process lays out another sees, and nothing depends on it."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from engine.errors import StorageError
from storage.layout import RunPaths
from storage.live import LiveGame, Playing, Showcase, playing

GAME = LiveGame(moves=(3, 3, 2), simulations=12, budget=50, visits={0: 5, 6: 7}, value=-0.25)
FRESH = LiveGame(moves=(), simulations=0, budget=0, visits={}, value=None)


def test_what_is_shown_is_seen(paths: RunPaths) -> None:
    assert playing(paths) == []
    for name, games in (("actor-1", [FRESH]), ("actor-0", [FRESH]), ("actor-0", [GAME, FRESH])):
        Showcase(paths, name).show(games, model_step=400)
    first, second = playing(paths)
    assert first == Playing("actor-0", 400, first.age_seconds, (GAME, FRESH))
    assert second.actor == "actor-1" and 0 <= first.age_seconds < 10
    Showcase(paths, "actor-0").clear()
    assert [glance.actor for glance in playing(paths)] == ["actor-1"]


def test_a_run_without_the_folder_shows_nothing(tmp_path: Path) -> None:
    assert playing(RunPaths(tmp_path / "old")) == []


def test_age_and_a_machine_that_was_started_anew(
    paths: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    Showcase(paths, "actor-0").show([GAME], -1)
    clock = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + 60)
    assert 60 <= playing(paths)[0].age_seconds < 70
    monkeypatch.setattr(time, "monotonic", lambda: clock() - 1e6)
    assert playing(paths) == []


@pytest.mark.parametrize("damage", ["{", "[]", "{}", '{"actor": 1}'])
def test_a_damaged_file_is_named(damage: str, paths: RunPaths) -> None:
    paths.live("actor-0").write_text(damage)
    with pytest.raises(StorageError, match=r"actor-0\.json is damaged"):
        playing(paths)


def test_what_a_power_cut_leaves_is_nothing(paths: RunPaths) -> None:
    paths.live("actor-0").touch()
    assert playing(paths) == []


def test_a_failure_is_told_once_and_stops_nobody(
    paths: RunPaths, caplog: pytest.LogCaptureFixture
) -> None:
    showcase = Showcase(paths, "actor-0")
    paths.lives.rmdir()
    for _ in range(3):
        showcase.show([GAME], 1)
    assert caplog.text.count("nobody can watch these games") == 1
    paths.lives.mkdir()
    with caplog.at_level(logging.WARNING):
        showcase.show([GAME], 1)
    assert len(playing(paths)) == 1
    assert caplog.text.count("nobody can watch") == 1
