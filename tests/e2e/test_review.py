"""Looking back at a game and into a position: graded, learnt from, analysed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.axe import serious_faults

pytestmark = pytest.mark.e2e

NewPage = Callable[..., Page]
# The second player leaves the top row open, and the first completes it.
LOST = "/#/review/tictactoe?moves=0,4,1,8,2"
THREAT = "/#/play/tictactoe?moves=0,4,1&human=both"


def board(page: Page) -> Locator:
    return page.get_by_role("group", name="Board").get_by_role("button")


def graded(page: Page) -> None:
    expect(page.get_by_role("table", name="How each side played")).to_be_visible(timeout=30_000)


def analysed(page: Page) -> None:
    """Wait until nothing is searched any more and every move of the game is on the curve."""
    expect(page.get_by_role("status").get_by_text("for certain")).to_be_visible()
    expect(page.get_by_role("region", name="Analysis").get_by_role("table")).to_be_visible()


def test_a_pasted_game_is_reviewed_and_learnt_from(page: Page) -> None:
    page.goto("/#/review/tictactoe")
    page.get_by_role("textbox", name="Its moves").fill("1. a3 b2 2. b3 c1 3. c3")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page).to_have_url(re.compile(r"#/review/tictactoe\?moves=0,4,1,8,2$"))
    graded(page)
    page.get_by_role("button", name="To the start").click()
    page.get_by_role("button", name="Next mistake").click()
    expect(page).to_have_url(re.compile("at=4$"))
    expect(page.get_by_text("It turned a draw into a loss. Best was c3.")).to_be_visible()
    expect(page.get_by_role("button", name="Move 4: c1, blunder")).to_have_attribute(
        "aria-current", "step"
    )
    rows = page.get_by_role("table", name="How each side played").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("100")
    expect(rows.nth(2).get_by_role("cell").last).to_have_text("1")

    page.get_by_role("button", name=re.compile(r"Learn from .* mistakes \(1\)")).click()
    expect(page.get_by_text("1 of 1", exact=True)).to_be_visible()
    expect(page.get_by_text("c3")).to_have_count(0)  # what is to be found is not told
    expect(board(page).nth(5)).to_have_attribute("aria-disabled", "false")
    board(page).nth(5).click()
    expect(page.get_by_text("is not it. Try another one.")).to_be_visible()
    expect(board(page).nth(2)).to_have_attribute("aria-disabled", "false")
    board(page).nth(2).click()
    expect(page.get_by_text("c3 is good.")).to_be_visible()
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_text("You found 1 of 1 by yourself.")).to_be_visible()


def test_a_review_by_keyboard(page: Page) -> None:
    page.goto(LOST)
    graded(page)
    page.keyboard.press("Home")
    expect(page.get_by_text("0 of 5", exact=True)).to_be_visible()
    page.keyboard.press("b")
    expect(page.get_by_text("4 of 5", exact=True)).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("3 of 5", exact=True)).to_be_visible()
    curve = page.get_by_role("slider", name="Win, draw and loss over the game")
    expect(curve).to_have_attribute("aria-valuetext", re.compile("Move 3 of 5: Draw, for certain"))
    curve.focus()
    page.keyboard.press("End")
    expect(curve).to_have_attribute("aria-valuetext", re.compile("wins, for certain"))


def test_a_finished_game_leads_to_its_review(page: Page) -> None:
    page.goto("/#/play/tictactoe?moves=0,4,1,8,2&human=both")
    page.get_by_role("link", name="Review this game").click()
    expect(page).to_have_url(re.compile(r"#/review/tictactoe\?moves=0,4,1,8,2$"))
    graded(page)


def test_analysis_shows_what_each_move_is_worth(page: Page) -> None:
    page.goto(THREAT)
    expect(board(page).nth(2)).to_have_attribute("aria-disabled", "false")
    page.keyboard.press("a")
    analysed(page)
    panel = page.get_by_role("region", name="Analysis")
    expect(panel.get_by_text("best: c3")).to_be_visible()  # the solver's verdict
    expect(page.get_by_role("img", name="Evaluation: Draw, for certain")).to_be_visible()

    curve = panel.get_by_role("slider")
    width = curve.bounding_box()["width"]  # type: ignore[index]
    curve.click(position={"x": width / 3, "y": 20})
    expect(page).to_have_url(re.compile("at=1"))
    board(page).nth(8).click()  # another move: a branch
    page.get_by_role("button", name="Back to the game").click()
    expect(page).to_have_url(re.compile("moves=0,4,1&at=1"))

    line = panel.get_by_role("button", name=re.compile("^2[.] .* show where it leads"))
    line.click()
    expect(line).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("a")
    expect(page.get_by_role("img", name=re.compile("Evaluation"))).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_is_found_by_axe_and_all_fits(new_page: NewPage, scheme: str) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.goto(LOST)
    graded(page)
    page.keyboard.press("b")
    expect(page.get_by_text("Best was")).to_be_visible()
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    page.goto(THREAT)
    expect(board(page).nth(2)).to_have_attribute("aria-disabled", "false")
    page.keyboard.press("a")
    analysed(page)
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
