"""What every test is protected from."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from engine.cli import PACKAGES


@pytest.fixture(autouse=True)
def silent_again() -> Iterator[None]:
    """Undo `start_logging` of a command that ran within the test: others count log records."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in PACKAGES:
        logging.getLogger(name).setLevel(logging.NOTSET)
