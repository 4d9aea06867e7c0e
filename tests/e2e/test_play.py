"""Every kind of table, hints, shared positions, and a server that comes and goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from engine.games import find
from storage.layout import RunPaths, create
from storage.models.filesystem import FilesystemModels
from tests.e2e.axe import serious_faults
from tests.e2e.conftest import NewPage
from tests.e2e.server import Server
from tests.e2e.test_page import board, labels, legal, moves, overflow
from tests.models import linear_model

pytestmark = pytest.mark.e2e

BOTS_END = re.compile(r"^(Bot [12] won\.|Draw\.)$")
SLOW = "simulations=1000000&milliseconds=2500"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, not yet started."""
    found = Server(tmp_path, "web.max_simulations=1000000")
    yield found
    found.kill()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def current(page: Page) -> Locator:
    """The move that is shown."""
    return page.locator("li [aria-current]")


def test_two_bots_play_each_other(page: Page) -> None:
    page.goto("/#/play/tictactoe?human=0&level=beginner")
    legal(page)
    press(page, "2 bots")
    press(page, "Fast")
    expect(page.get_by_text(BOTS_END).first).to_be_visible()
    expect(page).to_have_url(re.compile(r"human=none&level=beginner,beginner$"))
    assert 5 <= moves(page).count() <= 9
    log = page.get_by_role("log")
    expect(log.get_by_text("Bot 1 played").first).to_be_attached()
    expect(log.get_by_text("Bot 2 played").first).to_be_attached()
    played = moves(page).all_inner_texts()
    page.reload()  # a game of bots that is only looked at does not go on by itself
    expect(page.get_by_text(BOTS_END).first).to_be_visible()
    assert moves(page).all_inner_texts() == played


def test_two_bots_are_stopped_and_go_on(page: Page) -> None:
    page.goto("/#/play/connect4?moves=3,3&human=none&simulations=1,25")
    expect(page.get_by_text("Bot 1 to move")).to_be_visible()
    page.keyboard.press("Space")
    expect(moves(page).nth(3)).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_enabled()
    stopped = moves(page).count()
    page.wait_for_timeout(1500)  # two moves would have come by now
    assert moves(page).count() == stopped


def test_two_people_play_each_other(page: Page) -> None:
    page.goto("/#/play/tictactoe?human=both")
    expect(page.get_by_text("Player 1 to move")).to_be_visible()
    for key, words in [("5", "Player 2 to move"), ("1", "Player 1 to move")]:
        page.keyboard.press(key)
        expect(page.get_by_text(words)).to_be_visible()
    expect(moves(page)).to_have_count(2)
    assert labels(page)[4] == "row 2, column 2: cross"
    press(page, "Resign")
    expect(page.get_by_text("Player 1 resigned. Player 2 won.").first).to_be_visible()
    press(page, "Rematch")
    expect(moves(page)).to_have_count(0)


def test_a_hint_names_the_winning_move(page: Page) -> None:
    page.goto("/#/play/tictactoe?moves=4,0,3,1&human=0&level=beginner")
    legal(page)
    page.keyboard.press("h")
    hint = page.locator(".hint")
    expect(hint).to_contain_text("c2")  # the middle row
    expect(page.locator(".pointed")).to_have_count(1)
    expect(page.get_by_role("log")).to_contain_text("Hint: c2.")
    board(page).nth(5).click()
    expect(page.get_by_text("You won!").first).to_be_visible()
    expect(hint).to_have_count(0)


def test_going_back_trying_another_line_and_coming_back(page: Page) -> None:
    page.goto("/#/play/connect4?moves=3,3,2,2,4&human=both")
    expect(current(page)).to_have_text(re.compile("5"))
    page.keyboard.press("Home")
    expect(page.get_by_text("0 of 5")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("moves=3,3,2,2,4&at=2"))
    board(page).nth(6).click()
    expect(page).to_have_url(re.compile("moves=3,3,6&human"))
    press(page, "Back to the game")
    expect(page).to_have_url(re.compile("moves=3,3,2,2,4&at=2"))
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile("moves=3,3,2,2,4&human"))


def test_a_shared_link_shows_the_same_position(new_page: NewPage) -> None:
    ours = new_page(permissions=["clipboard-read", "clipboard-write"])
    ours.goto("/#/play/tictactoe?human=0")
    legal(ours)
    board(ours).nth(4).click()
    expect(moves(ours)).to_have_count(2)
    legal(ours)
    ours.keyboard.press(",")
    expect(ours.get_by_text("1 of 2")).to_be_visible()
    press(ours, "Share")
    press(ours, "Copy link")
    expect(ours.get_by_role("button", name="Copied")).to_be_visible()
    link = ours.evaluate("navigator.clipboard.readText()")
    ours.keyboard.press("Escape")
    theirs = new_page()
    theirs.goto(link)
    expect(theirs.get_by_text("1 of 2")).to_be_visible()
    assert labels(theirs) == labels(ours)
    theirs.keyboard.press("End")
    ours.reload()
    expect(ours.get_by_text("1 of 2")).to_be_visible()
    ours.keyboard.press("End")
    assert legal(theirs) == legal(ours)
    assert labels(theirs) == labels(ours)


def test_moves_are_copied_and_pasted(new_page: NewPage) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/#/play/connect4?moves=3,3,2&human=both")
    expect(moves(page)).to_have_count(3)
    press(page, "Share")
    press(page, "Copy moves")
    assert page.evaluate("navigator.clipboard.readText()") == "4 4 3"
    field = page.get_by_label("Go to a position")
    field.fill("4455555")
    press(page, "Go there")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url(re.compile("moves=3,3,4,4,4,4,4&human"))
    press(page, "Share")
    field.fill("5 5 5 5 5 5 5")
    press(page, "Go there")
    expect(page.get_by_role("alert").filter(has_text="Move 7, “5”, cannot be")).to_be_visible()


def test_a_server_killed_in_the_middle_of_a_game(new_page: NewPage, server: Server) -> None:
    server.start()
    page = new_page()
    page.goto(f"{server.url}/#/play/connect4?human=0&{SLOW}")
    legal(page)
    board(page).nth(3).click()
    expect(page.locator("g.live").first).to_be_visible()  # its visits grow on the board
    server.kill()  # while the bot thinks
    expect(page.get_by_text("Reconnecting…")).to_be_visible()
    expect(moves(page)).to_have_count(1)
    server.start()
    expect(moves(page)).to_have_count(2, timeout=20_000)
    expect(page.get_by_text("Reconnecting")).to_have_count(0)
    spots = legal(page)
    server.kill()  # while the person thinks
    board(page).nth(spots[0]).click()
    expect(page.get_by_text("Reconnecting… Your move is kept.")).to_be_visible()
    server.start()
    expect(moves(page)).to_have_count(4, timeout=20_000)


def publish(server: Server, step: int, run: str = "tictactoe") -> None:
    paths = RunPaths(server.data / run)
    create(paths)
    models = FilesystemModels(paths)
    data = linear_model(find("tictactoe"), step)
    models.publish(data, step)
    models.promote(data)


def test_a_model_replaced_in_the_middle_of_a_game(new_page: NewPage, server: Server) -> None:
    publish(server, 400)
    publish(server, 200, "older")
    server.start()
    page = new_page()
    page.goto(f"{server.url}/#/play/tictactoe?human=1")
    spots = legal(page)
    old, new = (page.get_by_text(f"the best model, that of step {step}") for step in (400, 800))
    expect(old.first).to_be_visible()
    publish(server, 800)
    expect(page.get_by_text("A stronger model is here:")).to_be_visible()
    board(page).nth(spots[0]).click()
    expect(moves(page)).to_have_count(3)
    expect(page.locator(".models")).to_contain_text("step 400")  # the game keeps its model
    page.reload()
    spots = legal(page)
    expect(page.locator(".models")).to_contain_text("step 400")
    press(page, "Play the new one")
    expect(page.get_by_text("A stronger model is here:")).to_have_count(0)
    board(page).nth(spots[0]).click()
    expect(moves(page)).to_have_count(5)
    expect(page.locator(".models")).to_contain_text("step 800")
    expect(new.first).to_be_visible()
    page.get_by_label("Opponent: a level").select_option("custom")
    page.get_by_label("Opponent: run").select_option(label="Run older")
    page.get_by_label("Opponent: model").select_option(label="Step 200")
    page.get_by_label("Opponent: thinking").select_option(label="No search")
    expect(page).to_have_url(re.compile("run=older&model=step_000200&simulations=0$"))
    board(page).nth(legal(page)[0]).click()
    expect(moves(page)).to_have_count(7)
    expect(page.locator(".models")).to_contain_text("run older, the model of step 200")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_at_any_table(new_page: NewPage, scheme: str) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": 390, "height": 844})
    page.goto("/#/play/connect4?moves=3,3,2&at=1&human=none&level=expert,&simulations=,25")
    expect(page.get_by_text("Bot 2 to move")).to_be_visible()
    assert overflow(page) <= 0
    assert serious_faults(page) == []
    press(page, "Share")
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    page.goto("/#/play/tictactoe?moves=4,0&human=0")
    legal(page)
    page.keyboard.press("h")
    expect(page.locator(".pointed")).to_have_count(1)
    assert overflow(page) <= 0
    assert serious_faults(page) == []
