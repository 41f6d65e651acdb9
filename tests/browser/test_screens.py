"""Pictures of every screen, at three widths in both themes, for people to look at.

Made only when STILLPOINT_SCREENS names a folder: ``STILLPOINT_SCREENS=shots pytest -k pictures``.
The replies are the real ones of a run without a language model. All of one width and theme stand
together on a sheet, which needs Pillow; docs/screens keeps the sheets and a few single ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import Served
from steps import send, weigh

from assistant import vault
from assistant.chat import Assistant
from assistant.settings import Settings
from assistant.wording import PlainWriter

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        "STILLPOINT_SCREENS" not in os.environ,
        reason="not run: STILLPOINT_SCREENS names no folder for the pictures",
    ),
]
WIDTHS = {380: 760, 768: 1000, 1280: 800}
WAIT_MS = 120_000
WORDS = "lamp river seven onions"
DRAFT = "You never answer. If I hear nothing tonight I'm done, and don't come crawling back."
FIRST = "I always text first and plan everything. I want to go quiet so they miss me."
SECOND = "we have the same fight every month and nothing changes, im so tired"


@pytest.fixture
def real(tmp_path: Path, listener: Any, monkeypatch: Any) -> Iterator[Served]:
    monkeypatch.setattr(vault, "SCRYPT_N", 2**4)
    library = listener.retriever.library
    assistant = Assistant(Settings(home=tmp_path), listener, library, PlainWriter())
    running = Served(tmp_path, lambda progress: assistant)
    yield running
    running.page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", list(WIDTHS))
def test_pictures_of_every_screen(width: int, theme: str, browser: Any, real: Served) -> None:
    size = {"width": width, "height": WIDTHS[width]}
    context = browser.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(real.way_in)
    page.wait_for_selector("#welcome:visible")
    shots: list[Path] = []

    def shoot(name: str) -> None:
        page.wait_for_timeout(150)
        target = Path(os.environ["STILLPOINT_SCREENS"]) / f"{name}-{width}-{theme}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=target)
        smaller(target)
        shots.append(target)

    def go(place: str) -> None:
        page.click(f'[data-view="{place}"]')

    shoot("first")
    page.keyboard.press("Escape")
    shoot("start")
    send(page, FIRST)
    shoot("talk")
    page.click(".chip >> nth=0")
    page.wait_for_selector("#side h2")
    shoot("card")
    page.keyboard.press("Escape")
    page.click(".turn:last-child .heard summary")
    page.evaluate("document.querySelector('.turn:last-child .heard').scrollIntoView()")
    shoot("heard")
    send(page, SECOND)
    tools(page, go, shoot)
    go("ideas")
    shoot("ideas")
    go("lines")
    page.select_option("#country", "gb")
    page.wait_for_selector("#directory h2:has-text('United Kingdom')")
    shoot("lines")
    keeping(page, go, shoot)
    go("traces")
    shoot("traces")
    page.evaluate("document.querySelector('.look').open = true")
    shoot("look")
    page.check("#plain")
    page.evaluate("document.querySelector('.look').open = false")
    go("talk")
    shoot("plain")
    send(page, "he grabbed my wrist and i am scared")
    page.evaluate("document.querySelector('.turn:last-child').scrollIntoView()")
    page.evaluate("document.querySelector('#plain').click()")
    shoot("safety")
    page.route("**/alive", lambda route: route.abort())
    send(page, "nobody is there")
    page.wait_for_selector("#lost:visible")
    shoot("ended")
    page.click("header .leave")
    page.wait_for_url("**/quiet")
    shoot("left")
    context.close()
    sheet(shots, shots[0].with_name(f"sheet-{width}-{theme}.webp"))


def tools(page: Any, go: Any, shoot: Any) -> None:
    go("tools")
    page.fill("#draft-text", DRAFT)
    page.click('[data-tool="check"]')
    page.wait_for_selector("#draft-answer h4")
    shoot("draft")
    page.evaluate("document.querySelector('#motive').closest('.tool').scrollIntoView()")
    shoot("motive")
    weigh(page)
    shoot("motive-answer")
    page.click('[data-tool="note"]')
    page.wait_for_selector("#note-text")
    shoot("note")


def keeping(page: Any, go: Any, shoot: Any) -> None:
    go("kept")
    page.wait_for_selector('[data-keep="on"]')
    shoot("keep-off")
    for name in ("passphrase", "again"):
        page.fill(f'[name="{name}"]', WORDS)
    page.check('[name="sure"]')
    page.click('[data-keep="on"] button.do')
    page.wait_for_selector("ul.kept")
    shoot("keep-open")
    page.click('ul.kept [data-keep="delete"]')
    shoot("keep-delete")
    page.click("#ask-no")
    page.click('[data-keep="lock"]')
    page.fill('[data-keep="unlock"] [name="passphrase"]', "not this one")
    page.click('[data-keep="unlock"] button.do')
    page.wait_for_selector("#kept-fault:visible")
    shoot("keep-locked")
    page.fill('[data-keep="unlock"] [name="passphrase"]', WORDS)
    page.click('[data-keep="unlock"] button.do')
    page.click('ul.kept [data-keep="open"]')
    page.wait_for_selector(".turn")


def smaller(path: Path) -> None:
    """The same picture with a palette, a third of the size."""
    image = pytest.importorskip("PIL.Image", reason="not run: Pillow is missing")
    with image.open(path) as shown:
        shown.convert("RGB").quantize(128, dither=image.Dither.NONE).save(path, optimize=True)


def sheet(shots: list[Path], target: Path) -> None:
    """All pictures of one width and theme on one: at two fifths of the size, phones at five ninths."""
    image = pytest.importorskip("PIL.Image", reason="not run: Pillow is missing")
    shown = [image.open(path).convert("RGB") for path in shots]
    share = 5 / 9 if shown[0].width < 500 else 2 / 5
    wide, high = (round(side * share) + 8 for side in shown[0].size)
    across = max(1, 1700 // wide)
    page = image.new("RGB", (across * wide, -(-len(shown) // across) * high), "#808080")
    for n, one in enumerate(shown):
        small = one.resize((wide - 8, high - 8), image.Resampling.LANCZOS)
        page.paste(small, (n % across * wide + 4, n // across * high + 4))
    page.save(target, quality=60, method=6)
