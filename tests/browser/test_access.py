"""For everybody: no fault that axe knows on any screen, the keyboard alone, small and large."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import OPENING, ScriptedAssistant, Served
from steps import STORY, Check, axe, done, last, send, watched, weigh

from assistant import vault

pytestmark = pytest.mark.browser
WORDS = "lamp river seven onions"


@pytest.fixture(autouse=True)
def quick_key(monkeypatch: Any) -> None:
    monkeypatch.setattr(vault, "SCRYPT_N", 2**4)


@pytest.fixture
def there() -> threading.Event:
    return threading.Event()


@pytest.fixture
def own(tmp_path: Path, model: ScriptedAssistant, there: threading.Event) -> Iterator[Served]:
    """A program on its first run: the model arrives when the event is set."""

    def start(progress: Callable[[int, int], None]) -> ScriptedAssistant:
        progress(1, 1000)
        progress(400, 1000)
        there.wait(120)
        return model

    running = Served(tmp_path, start)
    yield running
    there.set()
    running.page.close()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_accessibility_fault_on_any_screen(
    theme: str, width: int, browser: Any, own: Served, there: threading.Event
) -> None:
    page, check, seen = watched(browser, theme, width)
    page.goto(own.url)
    check("closed to strangers")
    page.goto(own.way_in)
    page.wait_for_selector("#welcome:visible")
    check("before you begin, while the model is fetched")
    page.keyboard.press("Escape")
    check("nothing said yet")
    send(page, STORY, wait=False)
    page.wait_for_selector("text=Waiting for the model")
    check("waiting")
    there.set()
    done(page)
    talking(page, check)
    reading(page, check)
    using_tools(page, check)
    keeping(page, check)
    looking(page, check)
    page.click("header .leave")
    page.wait_for_url("**/quiet")
    check("left")
    assert len(seen) == len(set(seen)) == 27
    page.context.close()


def talking(page: Any, check: Check) -> None:
    check("a reply")
    page.click(".turn:last-child .heard summary")
    check("what was heard")
    page.click(".chip >> nth=0")
    page.wait_for_selector("#side h2")
    check("a card beside the talk")
    page.keyboard.press("Escape")
    page.click('.turn:last-child [data-do="edit"]')
    check("editing a message")
    page.click('[data-do="edit-no"] >> visible=true')
    send(page, "they grabbed me")
    page.select_option(".turn:last-child .country-here", "gb")
    page.wait_for_selector(".found .contact")
    check("a safety reply with numbers")
    page.click(".turn:last-child .heard summary")
    page.click('.turn:last-child [data-fix="S1"]')
    check("a question before a correction")
    page.click("#ask-no")
    send(page, "break it")
    check("a fault")


def reading(page: Any, check: Check) -> None:
    page.click('[data-view="ideas"]')
    check("ideas")
    page.fill("#search", "pause")
    page.wait_for_selector("text=found.")
    check("ideas found")
    page.fill("#search", "zanzibar")
    page.wait_for_selector("text=No idea holds")
    check("no idea found")
    page.click('[data-view="lines"]')
    check("help lines")
    page.click('[data-view="traces"]')
    check("traces")


def using_tools(page: Any, check: Check) -> None:
    page.click('[data-view="tools"]')
    page.fill("#draft-text", "You hurt me. You'll regret this and don't come crawling back.")
    page.click('[data-tool="check"]')
    page.wait_for_selector("#draft-answer blockquote")
    check("a draft looked at")
    weigh(page)
    check("motives as a picture")
    page.click('[data-tool="note"]')
    page.wait_for_selector("#note-text")
    check("a note to take away")


def keeping(page: Any, check: Check) -> None:
    page.click('[data-view="kept"]')
    page.wait_for_selector('[data-keep="on"]')
    check("keeping is off")
    for name in ("passphrase", "again"):
        page.fill(f'[data-keep="on"] [name="{name}"]', WORDS)
    page.check('[name="sure"]')
    page.click('[data-keep="on"] button.do')
    page.wait_for_selector("ul.kept")
    for summary in page.locator("#kept .more summary").all():
        summary.click()
    check("kept talks, all folds open")
    page.click('[data-keep="rename"]')
    check("a new name")
    page.keyboard.press("Escape")
    page.click('[data-keep="delete"]')
    check("a question before deleting")
    page.click("#ask-no")
    page.click('[data-keep="lock"]')
    page.fill('[data-keep="unlock"] [name="passphrase"]', "not the passphrase")
    page.press('[data-keep="unlock"] [name="passphrase"]', "Enter")
    page.wait_for_selector("#kept-fault:visible")
    check("locked, after a wrong passphrase")


def looking(page: Any, check: Check) -> None:
    page.click('[data-view="talk"]')
    send(page, STORY)
    page.evaluate("document.querySelector('.look').open = true")
    check("the menu for the look")
    page.check("#plain")
    page.evaluate("document.querySelector('.look').open = false")
    check("like plain notes")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_accessibility_fault_where_a_password_is_asked(
    theme: str, browser: Any, tmp_path: Path, model: ScriptedAssistant
) -> None:
    checker = axe()
    own = Served(tmp_path, lambda progress: model, listen="127.0.0.1", password=WORDS)
    page = browser.new_page(color_scheme=theme, viewport={"width": 320, "height": 720})
    page.goto(own.url)
    assert checker.run(page).response["violations"] == []
    page.fill("#word", "not the password")
    page.click("button")
    page.wait_for_selector("[role=alert]")
    assert checker.run(page).response["violations"] == []
    page.close()
    own.page.close()


@pytest.mark.parametrize(("system", "chosen"), [("light", "dark"), ("dark", "light")])
def test_the_colours_chosen_win_over_the_systems(system: str, chosen: str, tab: Any) -> None:
    checker = axe()
    paper = "getComputedStyle(document.querySelector('#notes')).backgroundColor"
    tab.emulate_media(color_scheme=chosen)
    wanted = tab.evaluate(paper)
    tab.emulate_media(color_scheme=system)
    assert tab.evaluate(paper) != wanted
    tab.evaluate("document.querySelector('.look').open = true")
    tab.select_option("#theme", chosen)
    assert tab.evaluate(paper) == wanted
    send(tab, STORY)
    assert checker.run(tab).response["violations"] == []
    tab.select_option("#theme", "system")


def test_a_talk_with_the_keyboard_alone(context: Any, served: Served) -> None:
    page = context.new_page()
    page.goto(served.way_in)
    page.wait_for_selector("#notes .view:visible")
    page.keyboard.press("Escape")
    page.keyboard.type(STORY)
    page.keyboard.press("Enter")
    done(page)
    assert OPENING in last(page)
    walk(page, ".chip")
    page.keyboard.press("Enter")
    page.wait_for_selector("#side h2")
    page.keyboard.press("Escape")
    walk(page, ".heard summary")
    page.keyboard.press("Enter")
    page.wait_for_selector(".suggests:visible")
    walk(page, '[data-view="traces"]')
    page.keyboard.press("Enter")
    page.wait_for_selector("#traces:visible")


def walk(page: Any, selector: str) -> None:
    """Tab until the element has the focus, and see that the focus can be seen."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid"
            return
    pytest.fail(f"Tab does not lead to {selector}")


def test_the_box_stays_in_sight_when_a_phones_keyboard_opens(tab: Any) -> None:
    tab.set_viewport_size({"width": 380, "height": 780})
    send(tab, "a long one")
    tab.focus("#box")
    tab.set_viewport_size({"width": 380, "height": 340})  # what interactive-widget asks for
    assert "resizes-content" in str(tab.get_attribute('meta[name="viewport"]', "content"))
    box = tab.locator("#box").bounding_box()
    send_ = tab.locator("#send").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= 340
    assert send_["y"] + send_["height"] <= 340
    assert tab.locator("header .leave").bounding_box()["y"] >= 0


def test_text_grows_and_shrinks_and_nothing_moves_where_that_is_asked(tab: Any) -> None:
    size = "parseFloat(getComputedStyle(document.querySelector('#box')).fontSize)"
    before = tab.evaluate(size)
    tab.evaluate("document.querySelector('.look').open = true")
    for _ in range(4):
        tab.click('[data-do="larger"]')
    assert tab.evaluate(size) > 1.5 * before
    for _ in range(4):
        tab.click('[data-do="smaller"]')
    assert tab.evaluate(size) < before
    tab.emulate_media(reduced_motion="reduce")
    send(tab, "slow prompt", wait=False)
    tab.wait_for_selector(".stage-line:visible")
    moving = "getComputedStyle(document.querySelector('.stage-line:not([hidden])'), '::before')"
    assert tab.evaluate(f"{moving}.animationName") == "none"
    tab.click("#stop")
    done(tab)
    tab.evaluate("document.querySelector('.look').open = true")
    tab.click('[data-do="larger"]')


def test_the_page_has_its_landmarks_and_every_control_a_name(tab: Any) -> None:
    for landmark in ("header", "nav[aria-label]", "main", "aside[aria-label]", "[role=log]"):
        assert tab.locator(f"#notes {landmark}").count() == 1, landmark
    assert tab.locator("#live[aria-live=polite]").count() == 1
    assert tab.get_attribute("#log", "aria-live") == "off"
    assert tab.get_attribute("html", "lang") == "en"
