"""The page with a password: what another device meets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import OPENING, ScriptedAssistant, Served
from steps import STORY, enter, last, send

from assistant.errors import SettingsInvalid

pytestmark = pytest.mark.browser
WORD = "a password for the page"


@pytest.fixture
def own(tmp_path: Path, model: ScriptedAssistant) -> Iterator[Served]:
    running = Served(tmp_path, lambda progress: model, listen="127.0.0.1", password=WORD)
    yield running
    running.page.close()


def test_a_stranger_is_asked_and_the_password_opens_the_talk(browser: Any, own: Served) -> None:
    page = browser.new_page()
    page.goto(own.url)
    assert page.title() == "Notes"
    assert page.locator(".turn, #notes").count() == 0
    page.fill("#word", "not the password")
    page.click("button")
    page.wait_for_selector("[role=alert]")
    assert "tried again in 1 s" in page.inner_text("[role=alert]")
    page.wait_for_timeout(1100)
    page.fill("#word", WORD)
    page.click("button")
    enter(page, own.url)
    send(page, STORY)
    assert OPENING in last(page)
    assert WORD not in page.content()
    page.close()


def test_guessing_faster_is_refused(browser: Any, own: Served) -> None:
    stranger = browser.new_context()
    for guess in ("one", "two", "three"):
        answer = stranger.request.post(own.url + "/password", form={"word": guess})
        assert answer.status == 429
    assert own.page.door.wait_s() <= 1
    assert stranger.request.get(own.url + "/config").status in {401, 429}
    stranger.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Host": "evil.example"}, 400), ({"Origin": "http://evil.example"}, 403)],
    ids=["a foreign host", "a foreign origin"],
)
def test_the_password_is_not_taken_from_another_site(
    headers: dict[str, str], status: int, browser: Any, own: Served
) -> None:
    stranger = browser.new_context()
    answer = stranger.request.post(own.url + "/password", form={"word": WORD}, headers=headers)
    assert answer.status == status
    stranger.close()


def test_nothing_is_served_elsewhere_without_a_password(
    tmp_path: Path, model: ScriptedAssistant
) -> None:
    with pytest.raises(SettingsInvalid, match="needs a password"):
        Served(tmp_path, lambda progress: model, listen="192.168.1.20")
    assert not (tmp_path / "run").exists()
