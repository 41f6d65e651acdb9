"""docs/walkthrough.md, walked: a correction by hand changes the reading and the suggestion.

Pictures of each step are made where STILLPOINT_SCREENS names a folder. The replies are those of a
run without a language model; with STILLPOINT_SCREENS_MODEL set they are the default model's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import Served
from steps import enter, last, send
from test_screens import smaller

from assistant.build import build
from assistant.chat import Assistant
from assistant.settings import Settings
from assistant.wording import PlainWriter

pytestmark = pytest.mark.browser
WAIT_MS = 300_000
STORY = "She said she only wants to be friends. I keep hoping she changes her mind."
LET_GO, SMALL_STEP = "Their no stands", "take one small step"


@pytest.fixture
def real(tmp_path: Path, request: Any) -> Iterator[Served]:
    settings = Settings(home=tmp_path, country="gb")
    if "STILLPOINT_SCREENS_MODEL" in os.environ:
        (tmp_path / "models").symlink_to(request.getfixturevalue("default_model").parent)
        assistant = build(settings)
    else:
        listener = request.getfixturevalue("listener")
        assistant = Assistant(settings, listener, listener.retriever.library, PlainWriter())
    running = Served(tmp_path, lambda progress: assistant)
    yield running
    running.page.close()


def shoot(page: Any, name: str, pause_ms: int = 300) -> None:
    folder = os.environ.get("STILLPOINT_SCREENS")
    if folder:
        page.wait_for_timeout(pause_ms)
        target = Path(folder) / f"{name}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=target)
        smaller(target)


def to_suggestion(page: Any) -> str:
    """What is suggested now, brought to where it can be seen."""
    page.evaluate("document.querySelector('.turn:last-child .signals').scrollIntoView()")
    return str(page.inner_text(".turn:last-child .suggests"))


def test_a_correction_by_hand_changes_the_suggestion_and_stays(browser: Any, real: Served) -> None:
    context = browser.new_context(
        viewport={"width": 380, "height": 760}, color_scheme="light", reduced_motion="reduce"
    )
    context.set_default_timeout(WAIT_MS)
    page = enter(context.new_page(), real.way_in)
    send(page, STORY)
    assert last(page).rstrip().endswith("?")
    page.locator(".log").evaluate("log => (log.scrollTop = 0)")
    shoot(page, "walk-1-reply-380-light")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="dark")
    page.click(".chip >> nth=0")
    page.wait_for_selector("#side h2")
    shoot(page, "walk-2-source-1280-dark")
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 380, "height": 760})
    page.emulate_media(color_scheme="light")
    page.click(".turn:last-child .heard summary")
    before = to_suggestion(page)
    shoot(page, "walk-3-heard-380-light")
    page.click('.signals [data-fix="L7"]')
    page.wait_for_selector(".byhand")
    after = to_suggestion(page)
    shoot(page, "walk-4-corrected-380-light")
    assert LET_GO in before and SMALL_STEP not in before
    assert SMALL_STEP in after and LET_GO not in after
    send(page, "so what do i do tonight")
    page.evaluate("document.querySelector('.turn:last-child').scrollIntoView()")
    shoot(page, "walk-5-next-380-light")
    page.click(".turn:last-child .heard summary")
    assert "You have not asked for it yet" in last(page, "heard")
    context.close()
