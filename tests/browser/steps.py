"""What a person does in the page, for the tests."""

from __future__ import annotations

from typing import Any

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
