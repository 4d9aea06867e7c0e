"""What a run was, in the browser: its time machine, its openings, its ladder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from actor.tournament import Plan, Tournament
from engine.config import SearchSettings
from engine.games import find
from storage.layout import RunPaths, create
from storage.matches import append_meeting
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay
from tests.e2e.axe import serious_faults
from tests.e2e.server import Server
from tests.games import finished, stored
from tests.models import linear_model

pytestmark = pytest.mark.e2e

GAME = find("tictactoe")
STEPS = (100, 200, 300)


def trained(folder: Path) -> None:
    """A run with three models, eighty games and a ladder, as its processes leave it behind."""
    paths = RunPaths(folder / "tictactoe")
    create(paths)
    models, rng = FilesystemModels(paths), np.random.default_rng(0)
    for step in STEPS:
        models.publish(linear_model(GAME, step, sha256=f"{step:x}" * 16), step)
    with SqliteReplay(paths.replay, GAME) as replay:
        for step in (-1, *STEPS):
            for _ in range(20):
                replay.append(stored(GAME, finished(GAME, rng), step))
    tournament = Tournament(
        *(GAME, SearchSettings(), models, paths.ratings, Plan(4, 0, 2, 0)),
        keep=partial(append_meeting, paths, "tournament"),
    )
    tournament.enter(["greedy", "latest@4"])
    tournament.run()


@pytest.fixture(scope="module")
def past_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of such a run."""
    server = Server(tmp_path_factory.mktemp("past"))
    trained(server.data)
    server.start()
    yield server.url
    server.kill()


@pytest.fixture
def past(browser: Browser, past_url: str) -> Iterator[Page]:
    """A page of that server; an error on its console fails the test."""
    errors: list[str] = []
    context = browser.new_context(base_url=past_url, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def cell(page: Page, row: int, column: int) -> Any:
    return page.get_by_role("button", name=re.compile(f"^row {row}, column {column}:"))


def test_the_time_machine_goes_through_the_checkpoints(past: Page) -> None:
    past.goto("/#/time")
    expect(past.get_by_role("heading", name="network of step 300 thinks")).to_be_visible()
    past.keyboard.press("ArrowLeft")
    expect(past.get_by_role("heading", name="network of step 200 thinks")).to_be_visible()
    expect(past).to_have_url(re.compile(r"#/time\?step=200$"))
    past.get_by_role("slider").fill("0")
    expect(past.get_by_role("heading", name="network of step 100 thinks")).to_be_visible()
    past.get_by_role("button", name="Play through the checkpoints").click()
    expect(past.get_by_role("heading", name="network of step 300 thinks")).to_be_visible()
    cell(past, 2, 2).click()
    expect(past).to_have_url(re.compile(r"#/time/tictactoe\?moves=4$"))
    expect(past.get_by_text("Exact play says: draw.")).to_be_visible()
    expect(past.locator("canvas")).to_have_count(2)
    past.reload()
    expect(past.get_by_role("button", name="Move 1: b2")).to_be_visible()
    past.get_by_role("link", name="openings", exact=True).click()
    expect(past).to_have_url(re.compile(r"#/book\?run=tictactoe&moves=4$"))


def test_a_game_leads_to_the_time_machine(past: Page) -> None:
    past.goto("/#/play/tictactoe?moves=4,0")
    expect(past.get_by_role("button", name="Move 2: a3")).to_be_visible()
    past.get_by_role("link", name="time machine").click()
    expect(past).to_have_url(re.compile(r"#/time/tictactoe\?moves=4,0"))
    expect(past.get_by_role("heading", name="network of step 300 thinks")).to_be_visible()


def test_the_book_is_turned_over(past: Page) -> None:
    past.goto("/#/book")
    expect(past.get_by_text("80 games from the very start to step 300.")).to_be_visible()
    rows = past.locator("tbody tr")
    expect(rows).to_have_count(9)
    shares = [int(text.split()[0]) for text in rows.locator("td:nth-child(3)").all_inner_texts()]
    assert shares == sorted(shares, reverse=True) and 96 <= sum(shares) <= 104
    past.keyboard.press("1")
    expect(past).to_have_url(re.compile(r"moves=\d$"))
    expect(past.get_by_role("button", name=re.compile("^Move 1:"))).to_be_visible()
    past.keyboard.press("u")
    expect(past).to_have_url(re.compile(r"#/book$"))
    past.get_by_role("button", name="Last third").click()
    expect(past.get_by_text(re.compile(r"^\d0 games")).first).to_contain_text("step 300")
    expect(past).to_have_url(re.compile(r"from=\d+$"))


def test_a_game_of_the_ladder_is_played_through(past: Page) -> None:
    past.goto("/#/ladder")
    expect(past.get_by_role("row", name=re.compile("step 300@4"))).to_be_visible()
    past.get_by_role("button", name=re.compile("^greedy – step_000300@4")).click()
    status = past.get_by_role("region", name="greedy against").get_by_role("status")
    expect(status).to_contain_text("Move 0 of")
    past.keyboard.press("ArrowRight")
    expect(status).to_contain_text(re.compile(r"Move 1 of \d: \w\d\s+\(drawn by chance\)"))
    past.keyboard.press("End")
    expect(status).to_contain_text(re.compile(r"(beat|drew).* in \d moves"))
    past.keyboard.press("ArrowDown")
    expect(past).to_have_url(re.compile("game=1&ply=0$"))
    past.keyboard.press("ArrowRight")
    past.get_by_role("link", name="time machine", exact=True).click()
    expect(past.get_by_role("button", name=re.compile("^Move 1:"))).to_be_visible()


@pytest.mark.parametrize(
    "address", ["/#/time?moves=4,0", "/#/book?moves=4", "/#/ladder?a=greedy&b=random"]
)
def test_dark_narrow_and_without_serious_faults(past: Page, address: str) -> None:
    past.set_viewport_size({"width": 390, "height": 844})
    past.emulate_media(color_scheme="dark")
    past.goto(address)
    expect(past.get_by_role("table").first).to_be_visible()
    expect(past.get_by_role("group", name="Board")).to_be_visible()
    if "ladder" in address:
        past.get_by_text("Who beat whom").click()
        expect(past.get_by_role("columnheader", name=re.compile("^1"))).to_be_visible()
    assert past.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert serious_faults(past) == []
