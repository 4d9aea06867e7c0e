from __future__ import annotations

import json
import os
import time

import pytest

from engine.errors import StorageError
from storage import stats
from storage.layout import RunPaths
from storage.stats import Heart, heartbeats, read_stats, write_stats


def test_stats_survive_the_round_trip(paths: RunPaths) -> None:
    assert read_stats(paths) is None
    before = time.time()
    write_stats(paths, {"run": "night", "history": [{"step": 1, "loss": 0.5}]})
    found = read_stats(paths)
    assert found is not None
    assert before <= found.pop("updated_at") <= time.time()
    assert found == {"run": "night", "history": [{"step": 1, "loss": 0.5}]}


def test_stats_that_are_no_json_leave_the_old_ones(paths: RunPaths) -> None:
    write_stats(paths, {"step": 1})
    with pytest.raises(StorageError, match=r"stats\.json: its content is no JSON"):
        write_stats(paths, {"step": float("nan")})
    assert (read_stats(paths) or {})["step"] == 1


def test_damaged_stats_are_refused(paths: RunPaths) -> None:
    paths.stats.write_bytes(b'{"step": 1')
    with pytest.raises(StorageError, match=r"stats\.json is damaged"):
        read_stats(paths)


def test_a_heart_beats_and_stops(paths: RunPaths) -> None:
    assert heartbeats(paths) == []
    second, first = Heart(paths, "trainer"), Heart(paths, "actor-0")
    second.beat("training", {"steps_per_second": 3.5})
    first.beat("playing", {})
    one, other = heartbeats(paths)
    assert (one.name, one.state, one.rates) == ("actor-0", "playing", {})
    assert (other.name, other.rates) == ("trainer", {"steps_per_second": 3.5})
    assert one.alive and one.pid == os.getpid() and one.age_seconds >= 0
    first.stop()
    first.stop()
    assert [beat.name for beat in heartbeats(paths)] == ["trainer"]


def test_a_heart_beats_once_a_second(paths: RunPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    heart = Heart(paths, "actor-0")
    states = []
    for moment, force in ((100.0, False), (100.9, False), (100.95, True), (101.5, False), (102, 0)):
        now[0] = moment
        heart.beat(f"at {moment}", {}, force=bool(force))
        states.append(heartbeats(paths)[0].state)
    assert states == ["at 100.0", "at 100.0", "at 100.95", "at 100.95", "at 102"]


def test_a_silent_process_is_not_alive(paths: RunPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    Heart(paths, "actor-0").beat("playing", {})
    later = time.monotonic() + stats.ALIVE_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    (beat,) = heartbeats(paths)
    assert not beat.alive
    assert 9 <= beat.age_seconds < 60


@pytest.mark.parametrize("jump", [-86400.0, 86400.0])
def test_a_clock_that_is_set_makes_nobody_younger_or_older(
    paths: RunPaths, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    wall, machine = time.time(), time.monotonic()
    dead, living = Heart(paths, "actor-0"), Heart(paths, "actor-1")
    dead.beat("playing", {})
    monkeypatch.setattr(time, "time", lambda: wall + jump)
    monkeypatch.setattr(time, "monotonic", lambda: machine + 20)
    living.beat("playing", {})
    gone, there = heartbeats(paths)
    assert (gone.alive, there.alive) == (False, True)
    assert 19 <= gone.age_seconds < 60 and there.age_seconds == 0


def test_nobody_outlives_a_restart_of_the_machine(
    paths: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    Heart(paths, "actor-0").beat("playing", {})
    monkeypatch.setattr(time, "monotonic", lambda: 1.0)
    (beat,) = heartbeats(paths)
    assert not beat.alive and 0 <= beat.age_seconds < 60


GOOD = {"name": "bad", "state": "playing", "rates": {}, "pid": 1, "at": 1.0}


@pytest.mark.parametrize(
    "damaged",
    [
        *(b"", b"{", b"[]", b"\xff"),
        *(json.dumps({**GOOD, "rates": value}).encode() for value in ([], {"a": "b"}, None)),
        *(json.dumps({**GOOD, "at": value}).encode() for value in ("x", None, float("inf"))),
        b'{"name": "bad", "state": "s", "rates": {}, "pid": 1, "at": 1e999}',
        json.dumps({"name": "bad"}).encode(),
    ],
)
def test_a_damaged_heartbeat_is_not_alive(paths: RunPaths, damaged: bytes) -> None:
    Heart(paths, "actor-0").beat("playing", {})
    paths.heartbeat("bad").write_bytes(damaged)
    good, bad = heartbeats(paths)
    assert good.alive
    assert (bad.name, bad.alive, bad.rates) == ("bad", False, {})
    assert bad.state.startswith("unreadable: ") and "\n" not in bad.state
    assert bad.age_seconds >= 0


def test_a_write_under_way_is_no_heartbeat(paths: RunPaths) -> None:
    (paths.heartbeats / ".actor-0.json.abc.tmp").write_bytes(b"{")
    assert heartbeats(paths) == []
