"""What a person does in the page, for the tests."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[[str], None]
STORY = "I always text first"


def send(tab: Any, text: str, wait: bool = True) -> None:
    turns = tab.locator(".turn").count()
    tab.fill("#box", text)
    tab.press("#box", "Enter")
    tab.wait_for_function(f"document.querySelectorAll('.turn').length === {turns + 1}")
    if wait:
        done(tab)


def done(tab: Any) -> None:
    tab.wait_for_selector(".turn:last-child .after:visible")
    tab.wait_for_selector("#send:visible")


def last(tab: Any, part: str = "body") -> str:
    return str(tab.inner_text(f'.turn:last-child [data-part="{part}"]'))


def enter(page: Any, address: str) -> Any:
    """Open the page and go past its first screen."""
    page.goto(address)
    page.wait_for_selector("#notes .view:visible")
    if page.is_visible("#welcome"):
        page.keyboard.press("Escape")
    page.wait_for_selector("#box:visible")
    return page


def weigh(tab: Any) -> None:
    """Answer every question of the motive check in the middle, and wait for its picture."""
    for group in tab.locator("#motive fieldset").all():
        group.locator("input").nth(3).check()
    tab.click('[data-tool="motive"]')
    tab.wait_for_selector("#motive-answer svg")


def leave(tab: Any, way: str, button: str = "header .leave") -> None:
    """Leave quickly, by the button or by Shift pressed three times."""
    if way == "button":
        tab.click(button)
    else:
        for _ in range(3):
            tab.keyboard.press("Shift")
    tab.wait_for_url("**/quiet")


def axe() -> Any:
    """The accessibility checker; the test is skipped where it is not installed."""
    found = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="not run: axe is missing"
    )
    return found.Axe()


def watched(browser: Any, theme: str, width: int) -> tuple[Any, Check, list[str]]:
    """A page in a theme and width, a check that axe finds nothing and nothing is cut off, and
    the names of what was checked."""
    checker = axe()
    context = browser.new_context(
        viewport={"width": width, "height": 720}, color_scheme=theme, reduced_motion="reduce"
    )
    context.set_default_timeout(60_000)
    page, seen = context.new_page(), []

    def check(state: str) -> None:
        seen.append(state)
        found = checker.run(page).response["violations"]
        assert [(f["id"], f["nodes"][0]["html"][:120]) for f in found] == [], state
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state

    return page, check, seen


def heed_ctrl_c() -> None:
    """For a program started by a test: a shell that runs tests in the background has its children
    ignore Ctrl-C, and Python keeps it so."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
