"""The product as a person gets it: the command, the real model, a real browser, nothing scripted.

Pictures of it are made where STILLPOINT_SCREENS names a folder.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from steps import heed_ctrl_c
from test_walkthrough import shoot

pytestmark = [pytest.mark.browser, pytest.mark.model]
COMMAND = [sys.executable, "-c", "from assistant.cli import app; app()", "chat", "--no-browser"]
STORY = "ive been texting first for three months and planning every date, i am so tired"
WAIT_MS = 120_000


@pytest.fixture(scope="module")
def way_in(default_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address in the start file of a running ``stillpoint chat``."""
    home = tmp_path_factory.mktemp("home")
    (home / "models").symlink_to(default_model.parent)
    port = _free_port()
    running = subprocess.Popen(
        [*COMMAND, "--port", str(port), "--country", "gb"],
        env={**os.environ, "STILLPOINT_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=heed_ctrl_c,
    )
    start = home / "run" / "open.html"
    while not start.exists() and running.poll() is None:
        time.sleep(0.1)
    if running.poll() is not None:
        pytest.fail(running.stderr.read().decode() if running.stderr else "it did not start")
    yield start.as_uri()
    running.send_signal(signal.SIGINT)
    running.wait(timeout=60)
    assert not start.exists(), "the start file outlives the program"


def test_a_story_is_answered_by_the_model_on_this_machine(
    browser: Any, way_in: str, outside: list[str], tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 380, "height": 780})
    context.set_default_timeout(WAIT_MS)
    context.on("request", lambda request: _note(request.url, outside))
    tab = context.new_page()
    tab.goto(way_in)
    tab.wait_for_selector("#notes .view:visible")
    if tab.is_visible("#welcome"):
        tab.keyboard.press("Escape")
    tab.fill("#box", STORY)
    tab.press("#box", "Enter")
    tab.wait_for_function("document.querySelector('[data-part=body]')?.textContent.length > 10")
    shoot(tab, "model-1-writing-380-light", pause_ms=0)
    tab.wait_for_selector(".turn:last-child .after:visible")
    said = tab.inner_text(".turn:last-child [data-part=body]")
    assert "texting first" in said and said.rstrip().endswith("?")
    shoot(tab, "model-2-reply-380-light")
    tab.set_viewport_size({"width": 1280, "height": 800})
    tab.emulate_media(color_scheme="dark")
    tab.click(".chip >> nth=0")
    tab.wait_for_selector("#side h2")
    shoot(tab, "model-3-source-1280-dark")
    context.close()
    assert outside == []


def _note(url: str, outside: list[str]) -> None:
    local = ("http://127.0.0.1", "data:", "blob:", "about:", "file:")
    if not url.startswith(local):
        outside.append(url)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
