"""A small window with a finger and no keys: what was just asked for is in sight, and stays so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import ScriptedAssistant, Served
from steps import STORY, done, enter, send, weigh

pytestmark = pytest.mark.browser
SIZE = {"width": 380, "height": 700}
DRAFT = "You always do this. If you don't answer tonight I'm done."


@pytest.fixture
def phone(browser: Any, served: Served) -> Iterator[Any]:
    yield from held(browser, served.way_in)


@pytest.fixture
def prompt(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The same where a reply is there at once, as one made of fixed lines is."""
    own = Served(tmp_path, lambda progress: ScriptedAssistant(pace_s=0))
    yield from held(browser, own.way_in)
    own.page.close()


def held(browser: Any, way_in: str) -> Iterator[Any]:
    made = browser.new_context(viewport=SIZE, has_touch=True, is_mobile=True)
    made.set_default_timeout(60_000)
    yield enter(made.new_page(), way_in)
    made.close()


def top(page: Any, selector: str) -> float:
    """How far below the upper edge of the talk something begins, in pixels."""
    edge = page.locator("#log").bounding_box()
    return float(page.locator(selector).bounding_box()["y"] - edge["y"])


def in_sight(page: Any, selector: str) -> bool:
    """Whether it begins within the window, above what is fixed at the bottom."""
    box = page.locator(selector).bounding_box()
    return box is not None and 0 <= box["y"] < SIZE["height"] - 40


@pytest.mark.parametrize("text", ["they grabbed me", STORY, "a long one"])
def test_the_newest_message_is_at_the_top_whatever_is_open_above_it(text: str, prompt: Any) -> None:
    phone = prompt
    send(phone, "They grabbed me, and I always write first")
    phone.select_option(".turn:last-child .country-here", "gb")
    phone.wait_for_selector(".turn:last-child .found .contact")
    phone.click(".turn:last-child .heard summary")
    phone.evaluate("document.querySelector('#log').scrollTop = 1e6")
    send(phone, text)
    log = "document.querySelector('#log')"
    end = f"{log}.scrollHeight - {log}.scrollTop - {log}.clientHeight"
    assert 0 <= top(phone, ".turn:last-child .mine") < 40 or phone.evaluate(end) < 2


def test_who_reads_further_up_is_left_there(phone: Any) -> None:
    send(phone, "a long one")
    send(phone, "an endless one", wait=False)
    phone.wait_for_function(
        "document.querySelector('.turn:last-child [data-part=body]')?.textContent.length > 600"
    )
    phone.evaluate("document.querySelector('#log').scrollTop = 0")
    phone.wait_for_timeout(500)
    phone.click("#stop")
    done(phone)
    assert phone.evaluate("document.querySelector('#log').scrollTop") == 0


def test_the_keyboard_is_not_called_up_over_a_reply(phone: Any) -> None:
    active = "document.activeElement.id"
    assert phone.evaluate(active) != "box"
    phone.tap("#box")
    phone.fill("#box", STORY)
    phone.tap("#send")
    done(phone)
    phone.wait_for_timeout(300)
    assert phone.evaluate(active) != "box"
    phone.tap('[data-view="ideas"]')
    phone.tap('[data-view="talk"]')
    assert phone.evaluate(active) != "box"
    assert phone.get_attribute("#box", "enterkeyhint") == "send"


def test_nothing_is_said_about_keys_where_there_are_none(phone: Any) -> None:
    assert phone.locator(".keys").count() > 1
    assert phone.locator(".keys:visible").count() == 0


def test_a_source_opens_below_the_talk_and_beside_it_on_a_wide_screen(phone: Any) -> None:
    send(phone, STORY)
    phone.tap(".chip >> nth=0")
    phone.wait_for_selector("#side h2")
    talk, side = (phone.locator(part).bounding_box() for part in ("#talk", "#side"))
    assert side["y"] >= talk["y"] + talk["height"] and side["width"] == SIZE["width"]
    said = phone.inner_text("#side")
    for part in ("The idea", "Small steps", "What research supports", "Studies"):
        assert part in said
    assert len(phone.inner_text("#side .grade").split()) > 2, "the grade is not in words"
    phone.set_viewport_size({"width": 1280, "height": 800})
    talk, side = (phone.locator(part).bounding_box() for part in ("#talk", "#side"))
    assert side["x"] >= talk["x"] + talk["width"] and abs(side["y"] - talk["y"]) < 2


def test_the_number_of_a_source_stays_on_the_line_of_its_word(phone: Any) -> None:
    send(phone, STORY)
    for width in range(320, 420, 9):
        phone.set_viewport_size({"width": width, "height": 700})
        for chip in phone.locator(".turn:last-child .chip").all():
            spread = chip.evaluate(
                "c => { const r = document.createRange(); r.selectNodeContents(c.parentNode);"
                " const middle = [...r.getClientRects()].map((b) => b.y + b.height / 2);"
                " return Math.max(...middle) - Math.min(...middle); }"
            )
            assert spread < 15, width
            assert chip.evaluate("c => c.parentNode.className") == "held"


def test_what_a_tool_or_a_fold_answers_comes_into_sight(phone: Any) -> None:
    send(phone, STORY)
    phone.evaluate("document.querySelector('#log').scrollTop = 1e6")
    phone.tap(".turn:last-child .heard summary")
    phone.wait_for_timeout(200)
    assert top(phone, ".turn:last-child .heard") < 40
    phone.tap('[data-view="tools"]')
    phone.fill("#draft-text", DRAFT)
    phone.tap('[data-tool="check"]')
    phone.wait_for_selector("#draft-answer blockquote")
    assert in_sight(phone, "#draft-answer h4 >> nth=0")
    weigh(phone)
    phone.wait_for_timeout(100)
    box = phone.locator("#motive-answer svg").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= SIZE["height"]
    phone.tap('[data-tool="note"]')
    phone.wait_for_selector("#note-text")
    assert in_sight(phone, "#note-text")


def test_the_calmer_version_can_be_copied(phone: Any) -> None:
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    phone.tap('[data-view="tools"]')
    phone.fill("#draft-text", DRAFT)
    phone.tap('[data-tool="check"]')
    phone.tap('[data-tool="copy-calmer"]')
    phone.wait_for_selector("#draft-answer button:has-text('Copied')")
    copied = phone.evaluate("navigator.clipboard.readText()")
    assert copied == phone.inner_text("#draft-answer blockquote")
    assert "done" not in copied


def test_the_picture_of_motives_holds_no_number(phone: Any) -> None:
    phone.tap('[data-view="tools"]')
    weigh(phone)
    said = phone.inner_text("#motive-answer") + str(
        phone.get_attribute("#motive-answer svg", "aria-label")
    )
    assert "clarity" in said and "fear" in said and "need" in said
    assert [letter for letter in said if letter.isdigit()] == []
