"""A real server in a process of its own, as a person starts it."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.heed import heed_signals

ROOT = Path(__file__).parents[2]


class Server:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._listening = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._listening.wait(60), self.lines
        address = next(re.search(r"http://\S+", line) for line in self.lines if "http" in line)
        assert address is not None
        self.client = httpx2.Client(base_url=address[0], timeout=60)

    @property
    def port(self) -> int:
        port = self.client.base_url.port
        assert port is not None
        return port

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if "http://" in line:
                self._listening.set()
        self._listening.set()

    def end(self, signal: int, seconds: float) -> int:
        """Send a signal; returns the exit code."""
        self.process.send_signal(signal)
        code = self.process.wait(seconds)
        self._reader.join(5)
        return code


def command(data_dir: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "web", "--data-dir", str(data_dir), *options]


@contextmanager
def serving(data_dir: Path, *options: str, cwd: Path = ROOT, **env: str) -> Iterator[Server]:
    process = subprocess.Popen(
        command(data_dir, "--port", "0", *options),
        cwd=cwd,
        env={**os.environ, **env},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_signals,  # noqa: PLW1509
    )
    try:
        server = Server(process)
        with server.client:
            yield server
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
