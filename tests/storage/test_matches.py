"""The games of matches: whole lines or none, the later of two, bounded, and damage is named."""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import time
from pathlib import Path

import pytest

from engine.errors import StorageError
from storage import matches
from storage.layout import RunPaths, create
from storage.matches import MatchGame, Meeting, append_meeting, matches_signature, read_meetings


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    paths = RunPaths(tmp_path / "run")
    create(paths)
    return paths


def _meeting(number: int = 0, at: float = 1.0, first: str = "greedy", plies: int = 7) -> Meeting:
    game = MatchGame(moves=[4, 0, 8, 2, 6, 5, 7][:plies], opening=2, side=1, result=1)
    return Meeting(first=first, second="random", number=number, at=at, games=[game, game])


def test_meetings_are_read_as_they_were_written(paths: RunPaths) -> None:
    assert read_meetings(paths, "tournament") == []
    before = matches_signature(paths)
    written = [_meeting(0), _meeting(1), _meeting(0, first="mcts:8")]
    for meeting in written:
        append_meeting(paths, "tournament", meeting)
    assert read_meetings(paths, "tournament") == written
    assert read_meetings(paths, "referee") == []
    assert matches_signature(paths) != before


def test_a_meeting_that_was_played_again_counts_once(paths: RunPaths) -> None:
    once, again, other = _meeting(0, 1.0), _meeting(0, 2.0), _meeting(1, 1.5)
    for meeting in (once, other, again):
        append_meeting(paths, "tournament", meeting)
    assert read_meetings(paths, "tournament") == [other, again]
    newer = again.model_copy(update={"first_sha256": "a" * 64})
    append_meeting(paths, "tournament", newer)  # another model of the same name
    assert read_meetings(paths, "tournament") == [other, again, newer]


def test_the_size_is_bounded_and_the_oldest_go_first(
    paths: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matches, "MOST_BYTES", 5 * len(_meeting().model_dump_json()))
    for number in range(40):
        append_meeting(paths, "tournament", _meeting(number))
    kept = [meeting.number for meeting in read_meetings(paths, "tournament")]
    assert kept == list(range(40))[-len(kept) :] and 4 < len(kept) <= 10
    size = sum(path.stat().st_size for path in paths.matches("tournament").parent.iterdir())
    assert size <= 2 * matches.MOST_BYTES


def test_what_a_killed_writer_left_of_a_line_is_dropped(paths: RunPaths) -> None:
    path = paths.matches("tournament")
    append_meeting(paths, "tournament", _meeting(0))
    whole = path.read_bytes()
    for left in (1, 40, len(whole) - 1):
        path.write_bytes(whole + whole[:left])
        assert read_meetings(paths, "tournament") == [_meeting(0)]
        append_meeting(paths, "tournament", _meeting(1))
        assert read_meetings(paths, "tournament") == [_meeting(0), _meeting(1)]
    path.write_bytes(b"x" * 9000)  # no line at all
    append_meeting(paths, "tournament", _meeting(2))
    assert read_meetings(paths, "tournament") == [_meeting(2)]


def test_a_damaged_line_is_named(paths: RunPaths) -> None:
    path = paths.matches("referee")
    append_meeting(paths, "referee", _meeting(0))
    path.write_bytes(path.read_bytes() + b'{"first": 3}\n')
    with pytest.raises(StorageError, match=r"referee\.jsonl, line 2 is damaged: .*; remove that"):
        read_meetings(paths, "referee")


def test_a_full_disk_leaves_the_file_as_it_was(
    paths: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_meeting(paths, "tournament", _meeting(0))
    before, write = paths.matches("tournament").read_bytes(), os.write

    def half(descriptor: int, data: memoryview) -> int:
        if len(data) < 50:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(StorageError, match="free some space"):
        append_meeting(paths, "tournament", _meeting(1))
    assert paths.matches("tournament").read_bytes() == before


def _write_for_ever(root: Path) -> None:
    paths, number = RunPaths(root), 0
    while True:
        append_meeting(paths, "tournament", _meeting(number))
        number += 1


def test_killed_while_writing_it_leaves_whole_meetings(paths: RunPaths) -> None:
    writer = mp.get_context("spawn").Process(target=_write_for_ever, args=(paths.root,))
    writer.start()
    deadline = time.monotonic() + 60
    while len(read_meetings(paths, "tournament")) < 20:
        assert time.monotonic() < deadline
    assert writer.pid is not None
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    found = read_meetings(paths, "tournament")
    assert [meeting.number for meeting in found] == list(range(len(found)))
    append_meeting(paths, "tournament", _meeting(len(found)))
    assert len(read_meetings(paths, "tournament")) == len(found) + 1
