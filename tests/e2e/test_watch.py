"""Training watched from an empty folder to the first curve: real processes, a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.server import Server

pytestmark = pytest.mark.e2e

TINY = (
    "search.simulations=10",
    "selfplay.games=16",
    "selfplay.workers=1",
    "network.width=16",
    "network.depth=1",
    "learner.batch_size=64",
    "learner.min_positions=300",
    "learner.publish_every=20",
    "learner.horizon_steps=2000",
)
PATIENCE = 60_000  # milliseconds; a busy machine is no defect


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A server above an empty folder, whose training is as small as can be."""
    server = Server(tmp_path, *TINY)
    server.start()
    yield server.url
    server.end(40)  # its training ends with it


@pytest.fixture
def watcher(browser: Browser, url: str) -> Iterator[Page]:
    errors: list[str] = []
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def test_from_an_empty_folder_to_the_first_curve(watcher: Page) -> None:
    expect.set_options(timeout=PATIENCE)
    try:
        page = watcher
        page.goto("/#/watch")
        # Nothing runs: the page says what to click, and what to type instead.
        expect(page.get_by_role("heading", name="Train an agent")).to_be_visible()
        expect(page.get_by_text("./scripts/start_training.sh --game tictactoe")).to_be_visible()
        expect(page.get_by_text("None has reported yet")).to_be_visible()
        page.get_by_role("button", name="Start training").click()
        # Who is at work, then what is being played, then a game that has ended, ply by ply.
        expect(page.get_by_role("heading", name="Training", exact=True)).to_be_visible()
        processes = page.get_by_role("region", name="Processes")
        expect(processes.get_by_text("actor-0")).to_be_visible()
        expect(processes.get_by_text(re.compile("^alive, ")).first).to_be_visible()
        live = page.get_by_role("region", name="On the boards now")
        expect(live.get_by_role("img", name=re.compile("played$"))).to_have_count(6)
        replays = page.get_by_role("region", name="Newest games")
        expect(replays.get_by_role("heading", name=re.compile(r"^Game [\d,]+$"))).to_be_visible()
        replays.get_by_role("button", name="To the end").click()
        expect(replays.get_by_text("recorded to learn from")).to_be_visible()
        replays.get_by_role("button", name="One ply back").click()
        expect(replays.get_by_text(re.compile("(Cross|Ring) plays"))).to_be_visible()
        expect(replays.get_by_role("button", name="Play")).to_be_visible()
        # The first curve.
        losses = page.locator("section", has=page.get_by_role("heading", name="Losses"))
        expect(losses.locator("canvas")).to_be_visible()
        page.get_by_label("Over").select_option("games")
        page.get_by_label("Smoothing").fill("0.6")
        expect(losses.locator("canvas")).to_be_visible()
        expect(processes.get_by_text("trainer")).to_be_visible()
        # A run that cannot be is refused in words, and training ends where it began.
        page.get_by_role("button", name="New run…").click()
        page.get_by_label("Name of the run").fill("../outside")
        page.get_by_role("button", name="Begin the run").click()
        expect(page.get_by_role("alert").get_by_text("is no name for a run")).to_be_visible()
        page.get_by_role("button", name="Stop training").click()
        stopped = re.compile("^Training is (paused|stopped)$")
        expect(page.get_by_role("heading", name=stopped)).to_be_visible()
    finally:
        expect.set_options(timeout=5_000)
