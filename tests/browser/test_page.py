"""The page in headless Chromium: what a person does with it, and every way it stays private."""

from __future__ import annotations

import os
import re
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from scripted import LONG, OPENING, OTHER, ScriptedAssistant, Served
from steps import STORY, done, enter, last, leave, send, weigh

from assistant.errors import FetchFailed

pytestmark = pytest.mark.browser


def test_a_reply_grows_and_its_chip_opens_the_card_beside_it(tab: Any) -> None:
    send(tab, STORY, wait=False)
    tab.wait_for_function("document.querySelector('[data-part=body]')?.textContent.length > 10")
    early = last(tab)
    done(tab)
    assert len(early) < len(last(tab))
    assert OPENING in last(tab)
    tab.click(".chip >> nth=0")
    tab.wait_for_selector("#side h2")
    assert "The idea" in tab.inner_text("#side")
    assert tab.evaluate("document.activeElement.tagName") == "H2"
    tab.keyboard.press("Escape")
    assert tab.is_hidden("#side")
    assert tab.evaluate("document.activeElement.className") == "chip"


def test_enter_sends_shift_enter_breaks_and_focus_stays_in_the_box(tab: Any) -> None:
    tab.fill("#box", "one")
    tab.press("#box", "Shift+Enter")
    tab.type("#box", "two")
    assert tab.input_value("#box") == "one\ntwo"
    tab.press("#box", "Enter")
    done(tab)
    assert tab.inner_text('[data-part="said"]') == "one\ntwo"
    assert tab.evaluate("document.activeElement.id") == "box"


def test_stop_ends_a_reply_and_keeps_what_is_there(tab: Any) -> None:
    send(tab, "an endless one", wait=False)
    tab.wait_for_function("document.querySelector('[data-part=body]')?.textContent.length > 40")
    tab.click("#stop")
    done(tab)
    assert 40 < len(last(tab)) < len(LONG)
    assert "You stopped this reply" in tab.inner_text(".turn:last-child .note")


def test_stop_ends_a_reply_that_has_not_begun(tab: Any, model: ScriptedAssistant) -> None:
    before = model.stops
    send(tab, "slow prompt", wait=False)
    tab.wait_for_selector(".stage-line:visible")
    assert "Reading" in tab.inner_text(".stage-line")
    tab.click("#stop")
    done(tab)
    assert model.stops == before + 1


def test_edit_goes_on_from_an_earlier_message(tab: Any) -> None:
    send(tab, "first")
    send(tab, "second")
    tab.click('.turn:first-child [data-do="edit"]')
    tab.fill(".turn:first-child .editing textarea", "first, put better")
    tab.click('.turn:first-child [data-do="edit-yes"]')
    tab.wait_for_function("document.querySelectorAll('.turn').length === 1")
    done(tab)
    assert last(tab, "said") == "first, put better"


def test_undo_gives_the_words_back_and_again_writes_anew(tab: Any) -> None:
    send(tab, "first")
    send(tab, "second")
    tab.click('.turn:last-child [data-do="again"]')
    tab.wait_for_function(f"document.querySelector('#turns').innerText.includes('{OTHER}')")
    done(tab)
    assert OPENING not in last(tab)
    assert tab.locator(".turn").count() == 2
    tab.click('.turn:last-child [data-do="undo"]')
    tab.wait_for_function("document.querySelectorAll('.turn').length === 1")
    assert tab.input_value("#box") == "second"


def test_copy_takes_one_reply_without_markers(tab: Any, context: Any) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    send(tab, STORY)
    tab.click('.turn:last-child [data-do="copy"]')
    tab.wait_for_selector("text=Copied")
    copied = tab.evaluate("navigator.clipboard.readText()")
    assert OPENING in copied
    assert "[" not in copied


def test_a_draft_survives_a_reload(tab: Any) -> None:
    with tab.expect_response("**/component_server**"):
        tab.type("#box", "half a thought")
    tab.reload()
    tab.wait_for_selector("#box:visible")
    assert tab.input_value("#box") == "half a thought"


def test_a_reload_in_the_middle_takes_the_reply_up_again(tab: Any) -> None:
    send(tab, "a long one", wait=False)
    tab.wait_for_function("document.querySelector('[data-part=body]')?.textContent.length > 40")
    tab.reload()
    tab.wait_for_selector(".turn")
    done(tab)
    assert last(tab) == LONG


def test_markup_in_a_reply_is_inert(tab: Any) -> None:
    send(tab, "markup")
    assert tab.locator('[data-part="body"] :is(script, img, a)').count() == 0
    assert tab.evaluate("window.hit") is None
    assert "<script>" in last(tab)


def test_what_was_heard_can_be_corrected_and_the_stance_follows(tab: Any) -> None:
    send(tab, "I want to go quiet so they miss me")
    tab.click(".heard summary")
    before = tab.inner_text(".heard .suggests")
    assert "You hope they will miss you" in tab.inner_text(".signals")
    assert "miss me" in tab.inner_text(".signals q")
    tab.click('.signals [data-fix="M4"]')
    tab.wait_for_selector(".byhand")
    assert "It is not about being missed" in tab.inner_text(".signals")
    assert tab.inner_text(".heard .suggests") != before


def test_an_earlier_reply_can_be_corrected_and_later_ones_follow(tab: Any) -> None:
    send(tab, "I want to go quiet so they miss me")
    send(tab, STORY)
    tab.click(".turn:first-child .heard summary")
    tab.click('.turn:first-child [data-fix="M4"]')
    tab.wait_for_selector(".turn:first-child .byhand")
    tab.click(".turn:last-child .heard summary")
    assert "It is not about being missed" in tab.inner_text(".turn:last-child .signals")
    assert tab.locator(".turn:last-child .byhand").count() == 1


def test_the_night_rule_speaks_at_two_in_the_morning(tab: Any, monkeypatch: Any) -> None:
    at = {"hour": 14}
    monkeypatch.setattr("ui.desk.local_time", lambda: datetime(2026, 3, 1, at["hour"], 5))
    send(tab, "they came back as if nothing had been")
    tab.click(".turn:last-child .heard summary")
    assert "daylight" not in last(tab, "heard")
    at["hour"] = 2
    send(tab, "they came back as if nothing had been")
    tab.click(".turn:last-child .heard summary")
    assert "a draft can wait for daylight" in last(tab, "heard")


def test_correcting_a_safety_signal_asks_first(tab: Any) -> None:
    send(tab, "they grabbed me")
    tab.click(".heard summary")
    assert "Safety first" in tab.inner_text(".suggests")
    tab.click('.signals [data-fix="S1"]')
    assert "does not by itself open the way to a pause or an exit" in tab.inner_text("#ask")
    tab.click('[data-do="ask-no"]')
    assert "There has been violence" in tab.inner_text(".signals")
    tab.click('.signals [data-fix="S1"]')
    tab.click('[data-do="ask-yes"]')
    tab.wait_for_selector(".byhand")
    assert "Nobody has been hurt" in tab.inner_text(".signals")


def test_a_safety_reply_offers_the_country_where_it_stands(tab: Any) -> None:
    send(tab, "they grabbed me")
    assert tab.locator(".turn:last-child ul.lines li").count() > 1
    tab.select_option(".country-here", "gb")
    tab.wait_for_selector(".found .contact")
    assert "999" in tab.inner_text(".found")


def test_help_lines_are_one_click_away_for_the_chosen_country(tab: Any) -> None:
    tab.click('[data-view="lines"]')
    tab.select_option("#country", "us")
    tab.wait_for_selector("#directory h2:has-text('United States')")
    assert "988" in tab.inner_text("#directory")


def test_ideas_can_be_searched_and_read(tab: Any) -> None:
    tab.click('[data-view="ideas"]')
    everything = tab.locator("#contents .title").count()
    tab.fill("#search", "pause")
    tab.wait_for_selector("text=found.")
    assert 0 < tab.locator("#contents .title").count() < everything
    tab.click("#contents .title >> nth=0")
    tab.wait_for_selector("#side .grade")


def test_the_three_tools_answer_and_save_only_when_asked(tab: Any) -> None:
    send(tab, STORY)
    tab.click('[data-view="tools"]')
    tab.fill("#draft-text", "If you don't answer tonight I'm done.")
    tab.click('[data-tool="check"]')
    tab.wait_for_selector("#draft-answer q:has-text('answer tonight')")
    tab.click('[data-tool="motive"]')
    tab.wait_for_selector("text=Answer each question first")
    weigh(tab)
    tab.click('[data-tool="note"]')
    assert STORY in tab.input_value("#note-text")
    with tab.expect_download() as saved:
        tab.click('[data-tool="save-note"]')
    assert saved.value.suggested_filename == "note.txt"


def test_a_fault_is_a_plain_line_and_the_talk_goes_on(tab: Any, logged: Any) -> None:
    send(tab, "break it zanzibar")
    assert "not foreseen" in tab.inner_text(".turn:last-child .fault")
    assert "zanzibar" not in logged.text
    send(tab, STORY)
    assert OPENING in last(tab)


def test_the_finished_reply_is_read_once(tab: Any) -> None:
    tab.evaluate(
        "window.read = []; new MutationObserver(() => { const t = document.querySelector('#live')"
        ".textContent; if (t) window.read.push(t); }).observe(document.querySelector('#live'),"
        "{childList: true, characterData: true, subtree: true})"
    )
    send(tab, STORY)
    tab.wait_for_function("window.read.length > 0")
    assert [text for text in tab.evaluate("window.read") if OPENING in text] != []
    assert len(tab.evaluate("window.read")) == 1


@pytest.mark.parametrize("way", ["button", "three shifts"])
def test_leaving_quickly_blanks_drops_and_does_not_lead_back(
    way: str, tab: Any, context: Any, served: Served
) -> None:
    send(tab, "a secret word")
    other = context.new_page()
    enter(other, served.url)
    send(other, "another secret word")
    tab.bring_to_front()
    leave(tab, way)
    other.wait_for_url("**/quiet")
    assert tab.title() == "Notes"
    assert "secret" not in tab.content()
    tab.go_back(wait_until="commit")
    tab.wait_for_timeout(500)
    assert "secret" not in tab.content()
    tab.goto(served.url)
    assert "opens from its own start file" in tab.inner_text("main")
    assert context.cookies() == []


def words_in(thing: object, seen: dict[int, object]) -> Iterator[str]:
    """Every string that can be reached from an object through attributes and containers."""
    if id(thing) in seen:
        return
    seen[id(thing)] = thing  # held, so that no other object takes its id meanwhile
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, Mapping):
        yield from words_in([part for pair in list(thing.items()) for part in pair], seen)
    elif isinstance(thing, (list, tuple, set, frozenset)):
        yield from (w for part in list(thing) for w in words_in(part, seen))
    elif type(thing).__module__.partition(".")[0] in {"gradio", "ui", "assistant"}:
        slots = [getattr(thing, name, None) for name in getattr(type(thing), "__slots__", ())]
        yield from words_in([*slots, *getattr(thing, "__dict__", {}).values()], seen)


def test_leaving_quickly_leaves_no_word_in_the_servers_memory(tab: Any, served: Served) -> None:
    roots = [served.page.blocks.app.state_holder, served.page.blocks._queue, served.page.desks]
    send(tab, "mandolin in a message")
    assert any("mandolin" in word for word in words_in(roots, {}))
    tab.click("header .leave")
    tab.wait_for_url("**/quiet")
    assert [word[:80] for word in words_in(roots, {}) if "mandolin" in word] == []


def test_shift_as_a_modifier_does_not_leave(tab: Any) -> None:
    tab.focus("#box")
    for letter in "ABCD":
        tab.keyboard.press(f"Shift+{letter}")
    assert tab.input_value("#box") == "ABCD"
    assert tab.url.endswith("/")


def test_the_browser_stores_nothing_but_an_empty_cookie(
    tab: Any, context: Any, served: Served
) -> None:
    send(tab, "marker-in-a-message")
    stored = tab.evaluate(
        "(async () => [localStorage.length, sessionStorage.length,"
        " (await indexedDB.databases()).length, (await caches.keys()).length])()"
    )
    assert stored == [0, 0, 0, 0]
    cookies = context.cookies()
    assert [(c["httpOnly"], c["sameSite"], c["expires"]) for c in cookies] == [(True, "Strict", -1)]
    for path in filter(Path.is_file, served.home.rglob("*")):
        assert b"marker-in-a-message" not in path.read_bytes()


def test_title_and_icon_are_neutral_and_the_address_holds_no_key(tab: Any, served: Served) -> None:
    assert tab.title() == "Notes"
    assert tab.url == served.url + "/"
    tab.evaluate("document.querySelector('.look').open = true")
    tab.check("#plain")
    assert "Stillpoint" not in tab.inner_text("#notes")


def test_the_start_file_is_for_its_owner_only_and_works_once(context: Any, served: Served) -> None:
    assert stat.S_IMODE(os.stat(served.page.door.file).st_mode) == 0o600
    used = served.way_in
    first = context.new_page()
    first.goto(served.page.door.file.as_uri())
    first.wait_for_selector("#notes .view:visible")
    assert served.way_in != used
    again = context.request.get(used, max_redirects=0)
    assert again.status == 401


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", {"Host": "evil.example"}, 400),
        ("POST", "/gradio_api/queue/join", {"Origin": "http://evil.example"}, 403),
        ("POST", "/gradio_api/queue/join", {"Origin": "null"}, 403),
        ("POST", "/leave", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("POST", "/gradio_api/upload", {}, 404),
        ("GET", "/monitoring", {}, 404),
        ("GET", "/gradio_api/info", {}, 404),
        ("GET", "/docs", {}, 404),
        ("GET", "/gradio_api/file=/etc/passwd", {}, 404),
        ("GET", "/static/../../etc/passwd", {}, 404),
    ],
    ids=lambda value: str(value),
)
def test_what_the_page_does_not_need_is_refused(
    method: str, path: str, headers: dict[str, str], status: int, context: Any, served: Served
) -> None:
    context.request.get(served.way_in)
    answer = context.request.fetch(served.url + path, method=method, headers=headers)
    assert answer.status == status


def test_without_the_cookie_nothing_is_served(browser: Any, served: Served) -> None:
    stranger = browser.new_context()
    for path in ("/", "/config", "/gradio_api/heartbeat/x", "/alive"):
        assert stranger.request.get(served.url + path).status == 401
    stranger.close()


def test_the_policy_allows_only_the_pages_own_scripts(
    tab: Any, context: Any, served: Served
) -> None:
    policy = context.request.get(served.url + "/").headers["content-security-policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe-inline" not in scripts
    assert re.search(r"'sha256-", scripts)
    assert "connect-src 'self'" in policy
    planted = '<i onclick="window.hit=1" id=x>x</i>'
    tab.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", planted)
    tab.evaluate("document.querySelector('#x').click()")
    assert tab.evaluate("window.hit") is None


def test_the_page_is_open_while_the_model_is_fetched(
    browser: Any, tmp_path: Path, model: ScriptedAssistant
) -> None:
    go_on = threading.Event()

    def start(progress: Callable[[int, int], None]) -> ScriptedAssistant:
        progress(1, 1_000_000_000)
        time.sleep(0.2)
        progress(400_000_000, 1_000_000_000)
        go_on.wait(60)
        return model

    own = Served(tmp_path, start)
    page = browser.new_page()
    page.goto(own.way_in)
    page.wait_for_selector("#welcome:visible")
    assert "not a therapist" in page.inner_text("#welcome")
    page.keyboard.press("Escape")
    page.wait_for_selector("text=400 of 1000 MB, less than a minute left")
    page.click('[data-view="ideas"]')
    page.click("#contents .title >> nth=0")
    page.wait_for_selector("#side .grade")
    page.click('[data-view="talk"]')
    send(page, STORY, wait=False)
    page.wait_for_selector("text=Waiting for the model")
    go_on.set()
    done(page)
    assert OPENING in last(page)
    assert page.is_hidden("#boot")
    own.page.close()
    page.fill("#box", "is anyone there")
    page.press("#box", "Enter")
    page.wait_for_selector("text=The program is not running any more")
    page.close()


def test_a_start_that_fails_says_why_and_can_be_tried_again(
    browser: Any, tmp_path: Path, model: ScriptedAssistant
) -> None:
    tries: list[int] = []

    def start(progress: Callable[[int, int], None]) -> ScriptedAssistant:
        tries.append(1)
        if len(tries) == 1:
            raise FetchFailed("no source could be reached: check the network")
        return model

    own = Served(tmp_path, start)
    page = browser.new_page()
    page.goto(own.way_in)
    page.wait_for_selector("text=no source could be reached")
    page.click('[data-do="load"]')
    page.wait_for_selector("#boot", state="hidden")
    page.close()
    own.page.close()
