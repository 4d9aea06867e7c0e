"""Files that are replaced as a whole: a reader sees the old content or the new one, no mixture."""

from __future__ import annotations

import errno
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from engine.errors import StorageError

_LEFTOVER_SECONDS = 3600.0
_REMEDIES = {
    errno.ENOSPC: "free some space on that disk",
    errno.EDQUOT: "free some space, the quota is used up",
    errno.EACCES: "change the owner or the mode of the folder, or choose another --data-dir",
    errno.EPERM: "change the owner or the mode of the folder, or choose another --data-dir",
    errno.EROFS: "mount the disk writable, or choose another --data-dir",
    errno.ENOENT: "check that its folder exists",
    errno.ENOTDIR: "a part of that path is a file; choose another --data-dir",
    errno.EEXIST: "a part of that path is a file; choose another --data-dir",
}


def explain(failure: str, error: OSError) -> StorageError:
    """The StorageError for a `failure` of the operating system: failure, cause, remedy."""
    remedy = _REMEDIES.get(error.errno or 0, "check the disk and the --data-dir")
    return StorageError(f"{failure}: {error.strerror or error}; {remedy}")


def write_atomically(path: Path, data: bytes, durable: bool = True) -> None:
    """Replace the content of `path` by `data`; raises StorageError on any failure.

    Until the last instant the old file is in place, and it stays when anything fails. Where it is
    not to be `durable`, the disk is not waited for, and a power cut may leave an empty file.
    """
    try:
        _write_aside_and_replace(path, data, durable)
    except OSError as error:
        raise explain(f"cannot write {path} ({len(data)} bytes)", error) from None


def read_whole(path: Path) -> bytes | None:
    """The content of `path`, None if there is no such file; raises StorageError."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explain(f"cannot read {path}", error) from None


def remove(path: Path) -> None:
    """Remove a file that may be gone already; raises StorageError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise explain(f"cannot remove {path}", error) from None


def write_json(
    path: Path, content: dict[str, Any], indent: int | None = None, durable: bool = True
) -> None:
    """Replace the content of `path` by a JSON object; raises StorageError, also for a nan.

    See `write_atomically` for `durable`.
    """
    try:
        data = json.dumps(content, allow_nan=False, indent=indent).encode()
    except (TypeError, ValueError) as error:
        raise StorageError(f"cannot write {path}: its content is no JSON: {error}") from None
    write_atomically(path, data, durable)


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in `path`, None if there is no such file; raises StorageError."""
    data = read_whole(path)
    if data is None:
        return None
    try:
        content = json.loads(data, parse_constant=_refuse_constant)
    except ValueError as error:
        raise StorageError(f"{path} is damaged: {error}; delete it to go on") from None
    if not isinstance(content, dict):
        kind = type(content).__name__
        raise StorageError(f"{path} is damaged: a {kind}, not an object; delete it to go on")
    return content


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files that a killed process left in `folder`; raises StorageError.

    Only those untouched for an hour: a younger one may be a write that is under way.
    """
    for path in folder.glob(".*.tmp"):
        try:
            if time.time() - path.stat().st_mtime > _LEFTOVER_SECONDS:
                path.unlink()
        except FileNotFoundError:
            continue  # its writer has just finished, or another process cleaned up first
        except OSError as error:
            raise explain(f"cannot remove the leftover {path}", error) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _write_aside_and_replace(path: Path, data: bytes, durable: bool) -> None:
    descriptor, aside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        try:
            os.fchmod(descriptor, 0o644)  # mkstemp makes files that other users cannot read
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(aside, path)
    except BaseException:
        # An interrupt may come just after the replacement, when there is nothing left to remove.
        Path(aside).unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    # Without this a power cut may undo the replacement, though the data itself is on the disk.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
