from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import StorageError
from storage.atomic import read_json, read_whole, write_atomically, write_json


@given(st.lists(st.binary(max_size=1000), min_size=1, max_size=4))
def test_the_last_write_is_read(tmp_path_factory: pytest.TempPathFactory, datas) -> None:
    path = tmp_path_factory.mktemp("atomic") / "file"
    assert read_whole(path) is None
    for data in datas:
        write_atomically(path, data)
        assert read_whole(path) == data
    assert list(path.parent.iterdir()) == [path]


def test_other_users_may_read(tmp_path: Path) -> None:
    write_atomically(tmp_path / "file", b"x")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o644


def test_a_write_in_many_small_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:3]))
    write_atomically(tmp_path / "file", b"0123456789")
    assert (tmp_path / "file").read_bytes() == b"0123456789"


@pytest.mark.parametrize("function", ["write", "fsync", "fchmod", "replace"])
@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, r"cannot write .*file \(3 bytes\): No space left .*; free some space"),
        (errno.EROFS, "Read-only file system; mount the disk writable"),
        (errno.EIO, "error; check the disk"),
    ],
)
def test_a_failure_leaves_the_old_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, number: int, message: str
) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, function, fail)
        with pytest.raises(StorageError, match=message):
            write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_fills_up_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    write, room = os.write, [5]

    def little(file: int, data: bytes) -> int:
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data[: room.pop()])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", little)
        with pytest.raises(StorageError, match="free some space"):
            write_atomically(path, b"0123456789")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_leaves_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace

    def before(*_: object) -> None:
        raise KeyboardInterrupt

    def after(*paths: Path) -> None:
        replace(*paths)
        raise KeyboardInterrupt

    for interrupt in (before, after):
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", interrupt)
            with pytest.raises(KeyboardInterrupt):
                write_atomically(tmp_path / "file", b"new")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="a part of that path is a file"):
        write_atomically(tmp_path / "file" / "more", b"new")
    with pytest.raises(StorageError, match="a part of that path is a file"):
        read_whole(tmp_path / "file" / "more")
    with pytest.raises(StorageError, match="check that its folder exists"):
        write_atomically(tmp_path / "none" / "more", b"new")


def test_json_survives_the_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert read_json(path) is None
    write_json(path, {"a": [1, None, "×"]})
    assert read_json(path) == {"a": [1, None, "×"]}


@pytest.mark.parametrize("content", [{"a": float("nan")}, {"a": object()}])
def test_what_is_no_json_is_refused(tmp_path: Path, content: dict[str, object]) -> None:
    with pytest.raises(StorageError, match="its content is no JSON"):
        write_json(tmp_path / "file", content)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damaged", [b"", b'{"a": 1', b"[1]", b"\xff\xfe", b'{"a": NaN}'])
def test_damaged_json_is_refused(tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(damaged)
    with pytest.raises(StorageError, match=r"file is damaged: .*; delete it to go on"):
        read_json(path)
