"""A real server that a browser looks at, in a process that can be killed and started again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import NoReturn
from urllib.error import URLError

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "web" / "static" / "index.html"
SECONDS_TO_START = 60


def missing(reason: str) -> NoReturn:
    """Skip where a person may lack something, fail where nothing may be lacking."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


class Server:
    """The server of a run of Tic-tac-toe below `folder`, not yet started; it keeps its address."""

    def __init__(self, folder: Path, *assignments: str) -> None:
        if not PAGE.is_file():
            missing(f"{PAGE.relative_to(ROOT)} is missing: run `npm run build` in frontend/")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.data = folder / "data"
        self.url = f"http://127.0.0.1:{port}"
        self._log = folder / "web.log"
        self._options = ["--game", "tictactoe", "--data-dir", str(self.data), "--port", str(port)]
        self._options += [f"--set={assignment}" for assignment in assignments]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return once `/health` answers; fail with the server's last words if it does not."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "web", *self._options],
                cwd=ROOT,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):
                    return
            except (URLError, TimeoutError):
                time.sleep(0.1)
        self.kill()
        words = self._log.read_text(errors="replace")[-2000:]
        pytest.fail(f"no answer within {SECONDS_TO_START} s:\n{words}", pytrace=False)

    def end(self, seconds: float) -> None:
        """Ask it to end, and kill it if that takes longer."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a power failure would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
