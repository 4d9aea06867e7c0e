"""What holds for every file of the repository, and for the scripts among them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

HOSTS = [r"pyp[i]\.org", "python[h]osted", r"npm[j]s\.", r"download\.[p]ytorch", r"ana[c]onda\."]
"""Registries: where packages come from is the business of pip's and npm's own settings."""
FOLDERS = ["/[w]ork/", "/[r]oot/", "/[t]mp/", "/[o]pt/", "/[h]ome/(?!player)", "/[U]sers/"]
"""Beginnings of paths that exist on one machine only; player is the image's own user."""
# (The brackets keep these lines from finding themselves.)


@cache
def files() -> list[Path]:
    """Every file that git has or would take."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout")
    listed = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    )
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def shell_scripts() -> list[Path]:
    """Every file of scripts/ and .ci/ that begins with a shell's name."""
    found = [*(ROOT / "scripts").iterdir(), *(ROOT / ".ci").iterdir()]
    return sorted(path for path in found if path.is_file() and path.read_bytes()[:2] == b"#!")


@pytest.mark.parametrize("words", [HOSTS, FOLDERS], ids=["hosts", "folders"])
def test_no_file_names_a_registry_or_one_machines_path(words: list[str]) -> None:
    pattern = re.compile("|".join(rf"(?<![\w.}}]){word}" for word in words))
    found = []
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)


def test_nothing_made_by_programs_is_kept() -> None:
    made = re.compile(
        r"(^|/)(__pycache__|node_modules|\.venv|data)/|^web/static/|\.(pyc|nbi|nbc|log)$"
    )
    assert [str(path) for path in files() if made.search(str(path.relative_to(ROOT)))] == []


@pytest.mark.parametrize("script", shell_scripts(), ids=lambda path: path.name)
def test_scripts_are_executable_strict_and_clean(script: Path) -> None:
    assert os.access(script, os.X_OK), f"chmod +x {script}"
    assert "set -euo pipefail" in script.read_text()
    if shutil.which("shellcheck"):
        done = subprocess.run(
            ["shellcheck", script], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert done.returncode == 0, done.stdout.decode()
