"""Endgame tables on disk: one line of JSON, then the entries, each an int8.

The line holds the table's name, the number of entries and their sha256, so that a damaged or a
foreign file is refused and never read as values. The engine keeps no other file; the folder is
the caller's (`<data dir>/tables` on the command line), and a table can be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import StorageError

Table = NDArray[np.int8]


def read_table(path: Path, name: str, entries: int) -> Table | None:
    """The table in `path`, None where there is no file; raises StorageError if it is damaged."""
    try:
        line, _, body = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"cannot read the endgame table {path}: {error}") from None
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if found != _header(name, body) or len(body) != entries:
        raise StorageError(
            f"the endgame table {path} is damaged or not {name} with {entries} entries;"
            " delete it, and it is built anew"
        )
    return np.frombuffer(body, np.int8).copy()  # writable: kernels are compiled for such arrays


def write_table(path: Path, name: str, table: Table) -> None:
    """Write `table` aside and move it into place, so that a reader sees all of it or none."""
    body = table.tobytes()
    aside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            file.write(json.dumps(_header(name, body)).encode() + b"\n")
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise StorageError(f"cannot write the endgame table {path}: {error}") from None


def _header(name: str, body: bytes) -> dict[str, object]:
    return {"table": name, "entries": len(body), "sha256": hashlib.sha256(body).hexdigest()}
