"""What the pages in docs/ show runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"


def blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("index", range(4))
def test_environments(index: int, capsys: pytest.CaptureFixture[str]) -> None:
    found = blocks("environments.md")
    assert len(found) == 4
    exec(compile(found[index], "environments.md", "exec"), {})
    if "print" in found[index]:
        assert "lost" in capsys.readouterr().out


def test_search(capsys: pytest.CaptureFixture[str]) -> None:
    """Its examples build on each other, and assert what they show."""
    found, names = blocks("search.md"), dict[str, Any]()
    assert len(found) == 3
    for block in found:
        exec(compile(block, "search.md", "exec"), names)
    assert "proven value  1" in capsys.readouterr().out
