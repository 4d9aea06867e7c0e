"""TensorBoard's event files: what is written, decoded by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import StorageError
from storage.events import Events, crc32c
from tests.events import fields, numbers, records


def test_the_checksum_is_that_of_the_rfc() -> None:
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(bytes([0xFF] * 32)) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_a_file_says_its_version_where_it_starts_and_its_numbers(tmp_path: Path) -> None:
    events = Events(tmp_path / "deep", 301)
    events.write("learner", {"step": 300_000, "loss": 0.5, "set": "hard"})
    (path,) = (tmp_path / "deep").iterdir()
    first, second, _ = (dict(fields(record)) for record in records(path))
    assert first[3] == b"brain.Event:2" and second[2] == 301
    assert dict(fields(second[7])) == {1: 1}
    assert numbers(path) == [
        (300_000, "learner/step", 300_000),
        (300_000, "learner/loss", 0.5),
    ]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match=r"cannot write .*file/events"):
        Events(tmp_path / "file", 1)
