"""Where the words of a talk are looked for afterwards: the disk, the log, the browser's profile."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from conftest import ARGUMENTS
from scripted import ScriptedAssistant, Served
from steps import enter, send

pytestmark = pytest.mark.browser
MARKER = "zanzibarmandolin"
FORMS = (MARKER.encode(), MARKER.encode("utf-16-le"))


def files_with_words(*folders: Path) -> list[str]:
    """Every file below the folders that holds the marker, as bytes of either width."""
    found = []
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and any(form in path.read_bytes() for form in FORMS):
                found.append(str(path))
    return found


@pytest.fixture
def profile(browser: Any, chromium: str, tmp_path: Path) -> Any:
    """A Chromium that keeps what it likes in a folder, as a person's own does."""
    folder = tmp_path / "profile"
    api = browser.browser_type
    started = api.launch_persistent_context(
        str(folder),
        executable_path=chromium,
        args=ARGUMENTS,
        viewport={"width": 800, "height": 700},
    )
    started.set_default_timeout(60_000)
    yield folder, started
    started.close()


@pytest.mark.parametrize("ending", ["leaving quickly", "closing the browser"])
def test_no_word_is_found_afterwards(
    ending: str,
    profile: Any,
    tmp_path: Path,
    model: ScriptedAssistant,
    logged: Any,
    monkeypatch: Any,
    capfd: Any,
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    folder, context = profile
    own = Served(tmp_path / "home", lambda progress: model)
    page = enter(context.new_page(), own.way_in)
    send(page, f"{MARKER} in a message")
    send(page, f"break it {MARKER}")
    page.type("#box", f"{MARKER} in a draft")
    page.wait_for_timeout(600)
    page.reload()
    page.wait_for_selector(".turn >> nth=1")
    page.click('[data-view="tools"]')
    page.fill("#draft-text", f"you never answer {MARKER}")
    page.click('[data-tool="check"]')
    page.wait_for_selector("#draft-answer blockquote")
    page.click('[data-tool="note"]')
    page.wait_for_selector("#note-text")
    page.click('[data-view="ideas"]')
    page.fill("#search", MARKER)
    page.wait_for_selector("text=No idea holds")
    if ending == "leaving quickly":
        page.click("header .leave")
        page.wait_for_url("**/quiet")
    context.close()
    own.page.close()
    assert files_with_words(tmp_path / "home", scratch, folder) == []
    assert len([path for path in folder.rglob("*") if path.is_file()]) > 10, "no profile was kept"
    written = capfd.readouterr()
    assert MARKER not in logged.text + written.out + written.err


def test_the_search_would_find_a_word_that_a_page_stores(profile: Any, served: Served) -> None:
    folder, context = profile
    page = enter(context.new_page(), served.way_in)
    page.evaluate(f"localStorage.setItem('kept', '{MARKER}')")
    context.close()
    assert files_with_words(folder) != []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="not run: reads /proc")
def test_the_token_stands_in_no_command_line_nor_in_the_address(tab: Any, served: Served) -> None:
    token = served.way_in.partition("key=")[2].encode()
    assert len(token) > 30
    lines = [_words(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    assert sum(map(bool, lines)) > 1
    assert [line[:80] for line in lines if token in line] == []
    assert "key=" not in tab.url
    assert "key=" not in tab.evaluate("performance.getEntriesByType('navigation')[0].name")


def _words(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
    except OSError:
        return b""
