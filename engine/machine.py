"""What a figure was measured on, in words."""

from __future__ import annotations

import platform
from pathlib import Path

from engine.cli import cores


def machine() -> str:
    """The cores that this process may use and their kind: "2 cores, Intel(R) Xeon(R) …"."""
    number = cores()
    return f"{number} core{'' if number == 1 else 's'}, {_processor()}"


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    if told.is_file():
        for line in told.read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
