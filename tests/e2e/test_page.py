"""The page as a person meets it: mouse, keyboard, links, dark, narrow, and read aloud."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.axe import serious_faults

pytestmark = pytest.mark.e2e

GAME = "/#/play/tictactoe?human=0"
MIDDLE = "/#/play/tictactoe?moves=4,0,8,2&human=0"
ENDING = re.compile(r"^(You won!|The bot won\.|Draw\.)$")
SETTLED = re.compile(r"^(Your turn|You won!|The bot won\.|Draw\.)$")

NewPage = Callable[..., Page]
OTHER_LAYOUTS = ["/#/play/kalaha?moves=0,5,1", "/#/play/hex7?moves=24,17", "/#/play/othello"]


def board(page: Page) -> Locator:
    return page.get_by_role("group", name="Board").get_by_role("button")


def legal(page: Page) -> list[int]:
    """The spots that may be pressed, once it is the person's turn or the game is over."""
    expect(page.get_by_text(SETTLED).first).to_be_visible()
    disabled = board(page).evaluate_all("all => all.map(it => it.ariaDisabled)")
    return [spot for spot, value in enumerate(disabled) if value == "false"]


def ready(page: Page) -> None:
    """Wait until the server's answer is on the page, whichever page it is."""
    untrained = page.get_by_role("heading", name="Training is stopped")
    expect(page.get_by_text("Your turn").or_(untrained)).to_be_visible()


def moves(page: Page) -> Locator:
    return page.get_by_role("region", name="Moves").get_by_role("listitem")


def labels(page: Page) -> list[str]:
    words: list[str] = board(page).evaluate_all("all => all.map(it => it.ariaLabel)")
    return words


def overflow(page: Page) -> int:
    pixels: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return pixels


def play_to_the_end(page: Page, press: Callable[[int], None]) -> None:
    """Press the first legal spot until the game is over, watching that every press counts."""
    played = 0
    while spots := legal(page):
        press(spots[0])
        expect(moves(page).nth(played)).to_be_visible()
        expect(page.get_by_text(SETTLED).first).to_be_visible()
        played = moves(page).count()
        assert played <= 9
    expect(page.get_by_text(ENDING).first).to_be_visible()
    assert played >= 5
    assert legal(page) == []


def test_a_game_by_mouse(page: Page) -> None:
    page.goto(GAME)
    play_to_the_end(page, lambda spot: board(page).nth(spot).click())
    expect(page.get_by_role("log").get_by_text("You played").first).to_be_attached()
    page.get_by_role("button", name="Rematch").click()
    expect(moves(page)).to_have_count(1)  # the bot starts
    expect(page).to_have_url(re.compile(r"human=1$"))


def test_who_moves_again_is_asked_again(page: Page) -> None:
    page.goto("/#/play/kalaha")
    assert legal(page) == [7, 8, 9, 10, 11, 12]
    board(page).nth(7).click()  # six stones: the last one falls into the own store
    expect(moves(page)).to_have_count(1)
    assert legal(page) == [8, 9, 10, 11, 12]
    board(page).nth(8).click()
    expect(moves(page).nth(2)).to_be_visible()
    assert "right store: 2 stones" in labels(page)


def test_a_game_by_keyboard(page: Page) -> None:
    page.goto(GAME)
    expect(page.get_by_text("Your turn")).to_be_visible()
    focused = "document.activeElement.closest('[aria-label=Board]') !== null"
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate(focused):
            break
    assert page.evaluate(focused)
    here = 0

    def press(spot: int) -> None:
        nonlocal here
        down, right = spot // 3 - here // 3, spot % 3 - here % 3
        for key in ["ArrowDown"] * down + ["ArrowUp"] * -down:
            page.keyboard.press(key)
        for key in ["ArrowRight"] * right + ["ArrowLeft"] * -right:
            page.keyboard.press(key)
        page.keyboard.press("Enter")
        here = spot

    play_to_the_end(page, press)
    page.keyboard.press("n")
    expect(moves(page)).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_undo_and_redo(page: Page) -> None:
    page.goto(GAME)
    legal(page)
    before = labels(page)
    board(page).nth(4).click()
    expect(moves(page)).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("0 of 2")).to_be_visible()  # the way forward is kept
    assert labels(page) == before
    page.get_by_role("button", name="Redo").click()
    expect(page.get_by_text("0 of 2")).to_have_count(0)
    expect(moves(page)).to_have_count(2)
    assert labels(page)[4] == "row 2, column 2: cross"


def test_an_opponent_is_chosen_by_its_level(page: Page, server_url: str) -> None:
    """The zoo's levels with their ratings; the bot's model is named, and the level kept."""
    offered = page.request.get(f"{server_url}/games/tictactoe/levels").json()
    weakest = offered["levels"][0]
    page.goto(GAME)
    legal(page)
    strength = page.get_by_role("combobox", name="Opponent")
    strength.select_option(label=f"{weakest['title']} · {round(weakest['rating'])} Elo")
    expect(page.get_by_text("random play has 0")).to_be_visible()
    expect(page).to_have_url(re.compile(f"level={weakest['name']}$"))
    board(page).nth(4).click()
    expect(moves(page)).to_have_count(2)
    step = f"{offered['model']['step']:,}"
    expect(page.get_by_text(f"the zoo's ready model, of step {step}")).to_be_visible()
    page.reload()
    expect(moves(page)).to_have_count(2)
    expect(strength).to_have_value(f"level:{weakest['name']}")


def test_a_lost_connection_keeps_the_move(page: Page) -> None:
    page.goto(GAME)
    legal(page)
    page.context.set_offline(True)
    board(page).nth(4).click()
    expect(page.get_by_text("Reconnecting… Your move is kept.")).to_be_visible()
    page.context.set_offline(False)
    expect(moves(page)).to_have_count(2)
    expect(page.get_by_text("Reconnecting")).to_have_count(0)


def test_a_refused_link_says_why(page: Page) -> None:
    page.goto("/#/play/tictactoe?moves=4,4&human=0")
    expect(page.get_by_role("alert")).to_contain_text("action 4 is illegal")
    page.get_by_role("button", name="New game").first.click()
    assert len(legal(page)) == 9


@pytest.mark.parametrize(
    "address", [GAME, MIDDLE, "/#/play/connect4?moves=3,3,2,4", *OTHER_LAYOUTS, "/#/watch"]
)
def test_dark_and_narrow(new_page: NewPage, address: str) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.goto(address)
    ready(page)
    assert overflow(page) <= 0
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", ground)[:3]) < 64
    page.get_by_role("button", name="Switch to light colours").click()
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert min(int(part) for part in re.findall(r"\d+", ground)[:3]) > 192


@pytest.mark.parametrize("address", [GAME, "/#/play/connect4", "/#/watch"])
def test_targets_are_wide_enough_for_a_finger(new_page: NewPage, address: str) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    page.goto(address)
    ready(page)
    small = page.locator("a, button, select, label").evaluate_all(
        """all => all.map(it => [it.ariaLabel ?? it.textContent, it.getBoundingClientRect()])
            .filter(([, box]) => box.width > 0 && Math.min(box.width, box.height) < 44)
            .map(([name]) => name.trim())"""
    )
    assert small == []


def test_watching_before_anything_was_trained(page: Page) -> None:
    page.goto("/#/watch")
    expect(page.get_by_role("heading", name="Training is stopped")).to_be_visible()
    expect(page.get_by_text("No step yet").first).to_be_visible()
    expect(page.get_by_text("None has reported yet")).to_be_visible()
    expect(page.get_by_text("the zoo's plays until training publishes one")).to_be_visible()
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()


COLOURED = """canvas => {
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const pixels = copy.getImageData(0, 0, width, height).data;
    let coloured = 0;
    for (let i = 0; i < pixels.length; i += 4)
        coloured += Math.max(...pixels.slice(i, i + 3)) - Math.min(...pixels.slice(i, i + 3)) > 80;
    return coloured;
}"""


def test_the_curves_of_a_run_are_drawn(page: Page, server_url: str) -> None:
    stats = page.request.get(f"{server_url}/stats").json()
    counted = ("step", "seconds", "games", "positions")
    rates = ("games_per_second", "positions_per_second", "steps_per_second")
    losses = ("loss", "policy_loss", "value_loss", "policy_entropy", "learning_rate", "grad_norm")
    stats["history"] = [
        dict.fromkeys(counted, 100 * row)
        | dict.fromkeys(rates, 10 + row)
        | dict.fromkeys(losses, 2 / row)
        for row in range(1, 20)
    ]
    page.route("**/stats", lambda route: route.fulfill(json=stats))
    page.route("**/stats/stream", lambda route: route.abort())  # it would tell the truth
    page.goto("/#/watch")
    expect(page.locator("canvas")).to_have_count(6)
    for curve in page.locator("canvas").all():
        assert curve.evaluate(COLOURED) > 100
    page.locator(".u-over").first.hover()
    expect(page.get_by_text(re.compile(r"^step (900|1,000|1,100)$")).first).to_be_visible()
    for _ in range(2):  # the next polls bring the same: nothing may vanish
        page.wait_for_event("response", lambda response: response.url.endswith("/stats"))
    assert page.locator("canvas").first.evaluate(COLOURED) > 100


def test_wide_tables_are_reached_by_keyboard_on_a_phone(new_page: NewPage, server_url: str) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    stats = page.request.get(f"{server_url}/stats").json()
    solved = {"wdl_interval": [0.9, 0.95], "exact_optimal": 0.8, "random_wdl_optimal": 0.4}
    stats["accuracy"] = [
        {"step": 1_000_000, "set": name, "simulations": simulations, "positions": 12_345}
        | {"wdl_optimal": 0.9}
        | solved
        for name in ("uniform", "selfplay", "hard")
        for simulations in (0, 100)
    ]
    page.route("**/stats", lambda route: route.fulfill(json=stats))
    page.route("**/stats/stream", lambda route: route.abort())  # it would tell the truth
    page.goto("/#/watch")
    table = page.get_by_role("region", name="Exact play")
    expect(table).to_be_visible()
    assert table.evaluate("it => it.scrollWidth > it.clientWidth")
    assert serious_faults(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "address", [GAME, MIDDLE, "/#/play/connect4?moves=3,3", *OTHER_LAYOUTS, "/#/watch"]
)
def test_axe_finds_nothing_serious(new_page: NewPage, address: str, scheme: str) -> None:
    page = new_page(color_scheme=scheme)
    page.goto(address)
    ready(page)
    if "moves" in address:  # fill the panel of the bot's thoughts
        spots = legal(page)
        board(page).nth(spots[0]).click()
        expect(page.get_by_text("The bot played").first).to_be_visible()
    assert serious_faults(page) == []
