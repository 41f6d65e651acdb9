"""Kept talks in the page: opt-in, a passphrase, real deletion, and what survives a killed program."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import OPENING, ScriptedAssistant, Served, free_port
from steps import STORY, done, enter, heed_ctrl_c, last, send

pytest.importorskip("sqlcipher3", reason="not run: the package sqlcipher3 is not installed")

from assistant import vault
from assistant.history import FILE, Kept

pytestmark = pytest.mark.browser
WORDS = "lamp river seven onions"


@pytest.fixture(autouse=True)
def quick_key(monkeypatch: Any) -> None:
    """A cheap key: the real one takes half a second of work at each try, on purpose."""
    monkeypatch.setattr(vault, "SCRYPT_N", 2**4)


@pytest.fixture
def own(tmp_path: Path, model: ScriptedAssistant) -> Iterator[Served]:
    """A program with a folder of its own, in which nothing is kept yet."""
    running = Served(tmp_path / "home", lambda progress: model)
    yield running
    running.page.close()


@pytest.fixture
def mine(browser: Any, own: Served) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    context.set_default_timeout(60_000)
    yield enter(context.new_page(), own.way_in)
    context.close()


def file_of(own: Served) -> Path:
    return own.home / "kept" / FILE


def turn_on(page: Any) -> None:
    page.click('[data-view="kept"]')
    page.fill('[data-keep="on"] [name="passphrase"]', WORDS)
    page.fill('[data-keep="on"] [name="again"]', WORDS)
    page.check('[name="sure"]')
    page.click('[data-keep="on"] button.do')
    page.wait_for_selector("#kept-said:visible")


def unlock(page: Any, words: str = WORDS) -> None:
    page.click('[data-view="kept"]')
    page.fill('[data-keep="unlock"] [name="passphrase"]', words)
    page.press('[data-keep="unlock"] [name="passphrase"]', "Enter")


def yes(page: Any) -> None:
    page.wait_for_selector("#ask[open]")
    page.click("#ask-yes")


def kept_in(own: Served) -> list[str]:
    with Kept.open(file_of(own), WORDS) as kept:
        return [turn.user.text for talk in kept.list() for turn in kept.read(talk.id)]


def test_nothing_is_written_before_it_is_turned_on(mine: Any, own: Served) -> None:
    send(mine, STORY)
    mine.click('[data-view="kept"]')
    mine.wait_for_selector('[data-keep="on"]')
    assert "Nobody can recover a forgotten passphrase" in mine.inner_text("#kept-body")
    assert not (own.home / "kept").exists()


def test_a_talk_is_kept_from_its_beginning_and_goes_on_after_a_restart_of_the_page(
    mine: Any, own: Served
) -> None:
    send(mine, STORY)
    turn_on(mine)
    assert "talk on this tab is kept" in mine.inner_text("#kept-body")
    mine.click('[data-view="talk"]')
    assert "Kept, encrypted" in mine.inner_text("#hint")
    send(mine, "and then they left")
    assert STORY.encode() not in file_of(own).read_bytes()
    assert kept_in(own) == [STORY, "and then they left"]
    mine.click("header .leave")
    mine.wait_for_url("**/quiet")
    enter(mine, own.way_in)
    unlock(mine)
    mine.click('[data-keep="open"]')
    mine.wait_for_selector(".turn")
    assert mine.locator(".turn").count() == 2
    assert OPENING in mine.inner_text(".turn >> nth=0")
    send(mine, "a third thing")
    assert kept_in(own) == [STORY, "and then they left", "a third thing"]


def test_undo_edit_and_again_are_done_in_the_file_too(mine: Any, own: Served) -> None:
    send(mine, "first")
    turn_on(mine)
    mine.click('[data-view="talk"]')
    send(mine, "second")
    mine.click('.turn:last-child [data-do="undo"]')
    mine.wait_for_function("document.querySelectorAll('.turn').length === 1")
    assert kept_in(own) == ["first"]
    mine.click('.turn:first-child [data-do="edit"]')
    mine.fill(".turn:first-child .editing textarea", "first, put better")
    mine.click('.turn:first-child [data-do="edit-yes"]')
    mine.wait_for_selector("text=first, put better")
    done(mine)
    assert kept_in(own) == ["first, put better"]


@pytest.mark.parametrize(
    ("first", "second", "line"),
    [("short", "short", "8 characters or more"), (WORDS, "lamp river seven", "not the same")],
    ids=["too short", "typed differently the second time"],
)
def test_a_passphrase_that_cannot_be_taken_says_why(
    first: str, second: str, line: str, mine: Any, own: Served
) -> None:
    mine.click('[data-view="kept"]')
    mine.fill('[name="passphrase"]', first)
    mine.fill('[name="again"]', second)
    mine.check('[name="sure"]')
    mine.click('[data-keep="on"] button.do')
    mine.wait_for_selector(f"#kept-fault:has-text('{line}')")
    assert not file_of(own).exists()


def test_a_wrong_passphrase_is_a_clear_line_and_the_right_one_opens(mine: Any, own: Served) -> None:
    send(mine, STORY)
    turn_on(mine)
    mine.click('[data-keep="lock"]')
    unlock(mine, "lamp river six onions")
    mine.wait_for_selector("#kept-fault:has-text('does not open')")
    assert mine.evaluate("document.activeElement.name") == "passphrase"
    unlock(mine)
    mine.wait_for_selector('[data-keep="open"]')
    assert mine.is_hidden("#kept-fault")


def test_locking_takes_a_kept_talk_off_the_screen_and_out_of_memory(mine: Any, own: Served) -> None:
    send(mine, "mandolin in a message")
    turn_on(mine)
    mine.click('[data-keep="lock"]')
    mine.wait_for_selector('[data-keep="unlock"]')
    assert mine.locator(".turn").count() == 0
    assert "mandolin" not in mine.content()
    (visitor,) = own.page.desks._visitors.values()
    assert visitor.keeping.state == "locked"
    assert [desk.turns for desk in visitor.desks()] == [[]]


def test_ten_idle_minutes_lock_and_the_page_says_so(mine: Any, own: Served) -> None:
    send(mine, STORY)
    turn_on(mine)
    mine.click('[data-view="talk"]')
    (visitor,) = own.page.desks._visitors.values()
    visitor.keeping.kept._used -= 601
    mine.wait_for_selector("#notice:has-text('locked after 10 minutes')")
    assert mine.locator(".turn").count() == 0
    assert kept_in(own) == [STORY]


def test_typing_counts_as_use(mine: Any, own: Served) -> None:
    send(mine, STORY)
    turn_on(mine)
    (visitor,) = own.page.desks._visitors.values()
    before = visitor.keeping.kept._used
    mine.click('[data-view="talk"]')
    with mine.expect_response("**/component_server**"):
        mine.type("#box", "half a thought")
    assert visitor.keeping.kept._used > before


def test_quick_exit_locks_and_keeps_what_was_written(mine: Any, own: Served) -> None:
    turn_on(mine)
    mine.click('[data-view="talk"]')
    send(mine, STORY)
    mine.click("#keep")
    mine.wait_for_function("document.querySelector('#hint').innerText.includes('Kept, encrypted')")
    send(mine, "an endless one", wait=False)
    mine.wait_for_function("document.querySelectorAll('.stage-line:not([hidden])').length === 1")
    mine.wait_for_function(
        "document.querySelector('.turn:last-child [data-part=body]').textContent.length > 40"
    )
    (visitor,) = own.page.desks._visitors.values()
    mine.click("header .leave")
    mine.wait_for_url("**/quiet")
    assert visitor.keeping.state == "locked"
    with Kept.open(file_of(own), WORDS) as kept:
        (talk,) = kept.list()
        assert [turn.reply.finish for turn in kept.read(talk.id)] == ["stop", "stopped"]


def test_list_search_rename_export_delete_import(mine: Any, own: Served) -> None:
    turn_on(mine)
    for text in ("about the harbour", "about the orchard"):
        mine.click('[data-view="talk"]')
        send(mine, text)
        mine.click("#keep")
        mine.wait_for_function(
            "document.querySelector('#hint').innerText.includes('Kept, encrypted')"
        )
        mine.click("#clear")
        mine.wait_for_function("document.querySelectorAll('.turn').length === 0")
    mine.click('[data-view="kept"]')
    mine.wait_for_selector("ul.kept li >> nth=1")
    mine.fill("#k-search", "harbour")
    mine.wait_for_function("document.querySelectorAll('ul.kept li').length === 1")
    mine.click('[data-keep="rename"]')
    mine.fill("#ask-input", "Boats")
    mine.press("#ask-input", "Enter")
    mine.wait_for_selector("ul.kept strong:has-text('Boats')")
    mine.click('ul.kept [data-keep="export"]')
    with mine.expect_download() as saved:
        yes(mine)
    exported = Path(saved.value.path()).read_text(encoding="utf-8")
    assert saved.value.suggested_filename == "notes.json"
    assert [c["title"] for c in json.loads(exported)["conversations"]] == ["Boats"]
    mine.click('ul.kept [data-keep="delete"]')
    mine.click("#ask-no")
    assert mine.locator("ul.kept li").count() == 1
    mine.click('ul.kept [data-keep="delete"]')
    yes(mine)
    mine.wait_for_selector("#kept-said:has-text('Deleted for good')")
    assert kept_in(own) == ["about the orchard"]
    mine.fill("#k-search", "")
    mine.wait_for_selector("ul.kept strong:has-text('orchard')")
    mine.click(".more summary:has-text('Export and import')")
    given = {"name": "notes.json", "mimeType": "application/json", "buffer": exported.encode()}
    mine.set_input_files("#k-import", given)
    mine.wait_for_selector("ul.kept strong:has-text('Boats')")
    mine.set_input_files("#k-import", {**given, "buffer": b'{"format": "something else"}'})
    mine.wait_for_selector("#kept-fault:has-text('not an export')")
    assert sorted(kept_in(own)) == ["about the harbour", "about the orchard"]


def test_deleting_the_open_talk_takes_it_from_the_screen(mine: Any, own: Served) -> None:
    send(mine, STORY)
    turn_on(mine)
    mine.click('[data-keep="delete"]')
    yes(mine)
    mine.wait_for_selector("#kept-said:has-text('Deleted for good')")
    assert mine.locator(".turn").count() == 0
    assert kept_in(own) == []


def test_going_to_a_kept_talk_asks_before_another_is_dropped(mine: Any) -> None:
    send(mine, STORY)
    turn_on(mine)
    mine.click('[data-view="talk"]')
    mine.click("#clear")
    mine.wait_for_function("document.querySelectorAll('.turn').length === 0")
    send(mine, "not kept")
    mine.click('[data-view="kept"]')
    mine.click('[data-keep="open"]')
    assert "drops it" in mine.inner_text("#ask")
    mine.click("#ask-no")
    assert last(mine, "said") == "not kept"
    assert mine.locator(".turn").count() == 1


def test_one_talk_is_not_written_from_two_tabs(mine: Any, own: Served) -> None:
    send(mine, STORY)
    turn_on(mine)
    second = enter(mine.context.new_page(), own.url)
    second.click('[data-view="kept"]')
    second.click('[data-keep="open"]')
    second.wait_for_selector("#kept-fault:has-text('open in another tab')")


def test_the_passphrase_can_be_changed(mine: Any, own: Served) -> None:
    turn_on(mine)
    mine.click(".more summary:has-text('Change')")
    form = '[data-keep="change"]'
    mine.fill(f'{form} [name="old"]', "not this one")
    for name in ("passphrase", "again"):
        mine.fill(f'{form} [name="{name}"]', "another four quiet words")
    mine.click(f"{form} button.do")
    mine.wait_for_selector("#kept-fault:has-text('does not open')")
    mine.fill(f'{form} [name="old"]', WORDS)
    mine.click(f"{form} button.do")
    mine.wait_for_selector("#kept-said:has-text('is changed')")
    with Kept.open(file_of(own), "another four quiet words") as kept:
        assert list(kept.list()) == []


def test_a_forgotten_passphrase_leaves_only_deleting_all(mine: Any, own: Served) -> None:
    turn_on(mine)
    mine.click('[data-keep="lock"]')
    mine.click(".more summary:has-text('forgotten')")
    mine.click('[data-keep="give_up"]')
    yes(mine)
    mine.wait_for_selector('[data-keep="on"]')
    assert not file_of(own).exists()


def test_a_foreign_file_is_refused_and_untouched(mine: Any, own: Served) -> None:
    file_of(own).parent.mkdir(parents=True)
    file_of(own).write_bytes(b"somebody else's file, long enough to be read")
    unlock(mine)
    mine.wait_for_selector("#kept-fault:has-text('has not been touched')")
    mine.click(".more summary:has-text('forgotten')")
    mine.click('[data-keep="give_up"]')
    yes(mine)
    mine.wait_for_selector("#kept-fault:has-text('has not been touched')")
    assert file_of(own).read_bytes() == b"somebody else's file, long enough to be read"


def test_a_passphrase_is_nothing_a_browser_offers_to_store(mine: Any) -> None:
    mine.click('[data-view="kept"]')
    mine.wait_for_selector("[data-secret]")
    assert mine.locator("input[type=password]").count() == 0
    shown = "getComputedStyle(document.querySelector('[data-secret]')).webkitTextSecurity"
    assert mine.evaluate(shown) == "disc"
    mine.check("[data-show] >> nth=0")
    assert mine.evaluate(shown) == "none"


def test_a_new_talk_in_mid_reply_leaves_the_kept_one_as_far_as_it_was(
    mine: Any, own: Served
) -> None:
    send(mine, STORY)
    turn_on(mine)
    mine.click('[data-view="talk"]')
    send(mine, "an endless one", wait=False)
    mine.wait_for_function(
        "document.querySelector('.turn:last-child [data-part=body]').textContent.length > 40"
    )
    mine.click("#clear")
    mine.wait_for_function("document.querySelectorAll('.turn').length === 0")
    with Kept.open(file_of(own), WORDS) as kept:
        (talk,) = kept.list()
        assert [turn.reply.finish for turn in kept.read(talk.id)] == ["stop", "stopped"]


@pytest.fixture
def loading(tmp_path: Path, model: ScriptedAssistant) -> Iterator[tuple[Served, threading.Event]]:
    """A program whose model is not there before the event is set."""
    there = threading.Event()

    def start(_: object) -> ScriptedAssistant:
        there.wait(120)
        return model

    running = Served(tmp_path / "home", start)
    yield running, there
    there.set()
    running.page.close()


def test_a_message_is_kept_before_there_is_a_model_to_answer_it(
    browser: Any, loading: tuple[Served, threading.Event]
) -> None:
    own, there = loading
    page = enter(browser.new_page(), own.way_in)
    send(page, STORY, wait=False)
    page.wait_for_selector("text=Waiting for the model")
    turn_on(page)
    assert kept_in(own) == [STORY]
    page.click('[data-view="talk"]')
    page.click("#stop")
    page.wait_for_selector("text=You stopped this before it was answered")
    send(page, "and one more thing", wait=False)
    page.wait_for_selector(".turn >> nth=1")
    assert kept_in(own) == [STORY, "and one more thing"]
    there.set()
    done(page)
    assert OPENING in last(page)
    with Kept.open(file_of(own), WORDS) as kept:
        (talk,) = kept.list()
        assert [turn.reply.finish for turn in kept.read(talk.id)] == [None, "stop"]
    page.close()


PROGRAM = """
import sys
from pathlib import Path
sys.path[:0] = [{tests!r}, {root!r}]
from assistant import vault
vault.SCRYPT_N = 2**4
from scripted import ScriptedAssistant, Served
from ui.app import end_like_interrupted
end_like_interrupted()
served = Served(Path({home!r}), lambda progress: ScriptedAssistant(0.05), port={port})
with served.page:
    print(served.way_in, flush=True)
    served.page.wait()
"""


class Program:
    """The page in a process of its own, which can be killed."""

    def __init__(self, home: Path, port: int) -> None:
        here = Path(__file__).parent
        code = PROGRAM.format(
            tests=str(here), root=str(here.parent.parent), home=str(home), port=port
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=heed_ctrl_c,
        )
        assert self.process.stdout is not None
        self.way_in = self.process.stdout.readline().strip()

    def end(self, how: int = signal.SIGKILL) -> int:
        os.kill(self.process.pid, how)
        return self.process.wait(60)


@pytest.fixture
def programs() -> Iterator[list[Program]]:
    started: list[Program] = []
    yield started
    for program in started:
        if program.process.poll() is None:
            program.end()


def test_a_killed_program_loses_at_most_the_reply_and_the_page_recovers(
    browser: Any, tmp_path: Path, programs: list[Program]
) -> None:
    port = free_port()
    programs.append(Program(tmp_path, port))
    context = browser.new_context()
    page = enter(context.new_page(), programs[0].way_in)
    send(page, "before the end")
    turn_on(page)
    page.click('[data-view="talk"]')
    send(page, "an endless one", wait=False)
    page.wait_for_function(
        "document.querySelector('.turn:last-child [data-part=body]').textContent.length > 40"
    )
    programs[0].end()
    page.fill("#box", "half a thought")
    page.wait_for_selector("#lost:has-text('not running any more')")
    programs.append(Program(tmp_path, port))
    page.wait_for_selector("#lost:has-text('started anew')")
    assert page.is_hidden('[data-do="back"]')
    second = enter(context.new_page(), programs[1].way_in)
    page.bring_to_front()
    page.click('[data-do="back"]')
    page.wait_for_selector("#start:visible")
    assert page.input_value("#box") == "half a thought"
    unlock(page)
    page.click('[data-keep="open"]')
    page.wait_for_selector(".turn >> nth=1")
    assert OPENING in page.inner_text(".turn >> nth=0")
    assert last(page, "said") == "an endless one"
    assert "No finished reply to this was kept" in page.inner_text(".turn:last-child .fault")
    second.close()
    context.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["asked to end", "Ctrl-C"])
def test_ending_the_program_leaves_no_start_file(
    how: int, tmp_path: Path, programs: list[Program]
) -> None:
    programs.append(Program(tmp_path, free_port()))
    start = tmp_path / "run" / "open.html"
    assert start.exists()
    assert programs[0].end(how) == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
