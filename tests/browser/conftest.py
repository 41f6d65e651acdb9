"""A page on a free port with a scripted assistant, and a Chromium that may reach nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from scripted import ScriptedAssistant, Served
from steps import enter

ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]
WAIT_MS = 60_000


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="not run: playwright is missing")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def model() -> ScriptedAssistant:
    return ScriptedAssistant()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, model: ScriptedAssistant) -> Iterator[Served]:
    running = Served(tmp_path_factory.mktemp("home"), lambda progress: model)
    yield running
    running.page.close()


@pytest.fixture
def outside() -> list[str]:
    """Addresses a browser asked for that are not on this machine; must stay empty."""
    return []


@pytest.fixture
def context(browser: Any, served: Served, outside: list[str]) -> Iterator[Any]:
    """A browser profile of its own; fails on any request that leaves the machine."""
    made = browser.new_context(viewport={"width": 1280, "height": 800})
    made.set_default_timeout(WAIT_MS)
    made.on("request", lambda request: _note(request.url, served.url, outside))
    yield made
    made.close()
    assert outside == []


@pytest.fixture
def tab(context: Any, served: Served) -> Any:
    """The talk, open and past its first screen."""
    return enter(context.new_page(), served.way_in)


def _note(url: str, ours: str, outside: list[str]) -> None:
    if not url.startswith((ours + "/", "data:", "blob:", "about:", "file:")):
        outside.append(url)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog
