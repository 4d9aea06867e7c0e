"""A real server with an empty run, and a real browser that looks at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn
from urllib.error import URLError

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "web" / "static" / "index.html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS_TO_START = 60

expect.set_options(timeout=15_000)  # a busy machine is no defect

NewPage = Callable[..., Page]


def missing(reason: str) -> NoReturn:
    """Skip where a person may lack something, fail where nothing may be lacking."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose run has not been trained."""
    if not PAGE.is_file():
        missing(f"{PAGE.relative_to(ROOT)} is missing: run `npm run build` in frontend/")
    folder = tmp_path_factory.mktemp("e2e")
    port = free_port()
    options = ["--game", "tictactoe", "--data-dir", str(folder / "data"), "--port", str(port)]
    log = folder / "web.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "web", *options], cwd=ROOT, stdout=output, stderr=output
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, server, log)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return once `/health` answers; fail with the server's last words if it does not."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except (URLError, TimeoutError):
            time.sleep(0.1)
    words = log.read_text(errors="replace")[-2000:]
    pytest.fail(f"the server did not start within {SECONDS_TO_START} s:\n{words}", pytrace=False)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's chromium."""
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if executable is None:
        missing(f"no browser found, looked for: {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser, server_url: str) -> Iterator[NewPage]:
    """Opens pages, each in a profile of its own; an error on a page's console fails the test."""
    errors: list[str] = []
    contexts = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            errors.append(message.text)

    def open_page(**options: Any) -> Page:
        options.setdefault("viewport", {"width": 1280, "height": 860})
        context = browser.new_context(base_url=server_url, reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", hear)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page of desktop size, not yet anywhere."""
    return new_page()
