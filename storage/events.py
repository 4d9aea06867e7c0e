"""Numbers for TensorBoard: its event files, written without any package.

A file is a sequence of records, each framed by its length and checksums (TFRecord), each the
protocol buffer `tensorflow.Event`; of that message only what a number needs is spelled here:

    Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5;
            SessionLog session_log = 7 }
    Summary { repeated Value value = 1 }   Value { string tag = 1; float simple_value = 2 }
    SessionLog { SessionStatus status = 1 }   START = 1
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storage.atomic import explain

_VERSION = b"brain.Event:2"
_CASTAGNOLI = 0x82F63B78


class Events:
    """One event file in `folder`, which TensorBoard reads together with those of earlier starts.

    A folder belongs to one writer: TensorBoard leaves a file as soon as there is a newer one. Where
    `first_step` is given, numbers that an earlier start wrote from there on are to be forgotten,
    for they are repeated.
    """

    def __init__(self, folder: Path, first_step: int | None = None) -> None:
        name = f"events.out.tfevents.{time.time():.6f}.{socket.gethostname()}.{os.getpid()}"
        self._path = folder / name
        self._append(_event(0, _field(3, _VERSION)))
        if first_step is not None:
            self._append(_event(first_step, _field(7, _number(1, 1))))

    def write(self, group: str, row: Mapping[str, Any]) -> None:
        """Append the numbers of a row at its `step`, tagged `group/name`; raises StorageError."""
        values = b"".join(
            _field(1, _field(1, f"{group}/{name}".encode()) + _key(2, 5) + struct.pack("<f", value))
            for name, value in row.items()
            if isinstance(value, int | float)
        )
        self._append(_event(row["step"], _field(5, values)))

    def _append(self, data: bytes) -> None:
        # In one piece: a reader may look at any moment, and nothing is held back for a kill.
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab", buffering=0) as file:
                file.write(_framed(data))
        except OSError as error:
            raise explain(f"cannot write {self._path}", error) from None


def _event(step: int, content: bytes) -> bytes:
    return _key(1, 1) + struct.pack("<d", time.time()) + _number(2, step) + content


def _field(number: int, data: bytes) -> bytes:
    """A length-delimited field."""
    return _key(number, 2) + _varint(len(data)) + data


def _number(number: int, value: int) -> bytes:
    """A field that holds a whole number >= 0."""
    return _key(number, 0) + _varint(value)


def _key(number: int, wire: int) -> bytes:
    return bytes([number << 3 | wire])


def _varint(value: int) -> bytes:
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def _framed(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)


def _masked(data: bytes) -> bytes:
    """The checksum of a record, turned and shifted as the format wants it."""
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _table() -> list[int]:
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ (_CASTAGNOLI if crc & 1 else 0)
        table.append(crc)
    return table


_TABLE = _table()


def crc32c(data: bytes) -> int:
    """CRC-32 with Castagnoli's polynomial (RFC 3720, appendix B.4)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF
