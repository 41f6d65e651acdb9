"""The browser page: opens at once, answers as soon as the model is there, closed to others.

Gradio carries the page: one HTML component of our own, its events, queue and streaming. Nothing
is written to disk but the start file, and nothing is kept by the browser.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from assistant.errors import SettingsInvalid, StillpointError
from assistant.settings import DEFAULT_PORT, Settings
from ui import pages, shelf, tools
from ui.boot import Boot, Start
from ui.desk import FONT_STEPS, MOST_DRAFT, THEMES, Desk
from ui.door import Door
from ui.gate import STATIC, middleware, routes
from ui.view import view

log = logging.getLogger("stillpoint.ui")
HOST = "127.0.0.1"
MOST_CHARS = 40_000  # of a message: anything longer is no message; the assistant shortens sooner


class Desks:
    """The open talks, by the cookie of the browser they belong to."""

    def __init__(self, boot: Boot, country: str | None, cookie: str) -> None:
        self.boot, self.country, self.cookie = boot, country, cookie
        self.forget: Callable[[], None] = lambda: None
        self._open: dict[str, Desk] = {}
        self._lock = threading.Lock()

    def of(self, request: Any) -> Desk:
        key = request.cookies.get(self.cookie, "")
        with self._lock:
            return self._open.setdefault(key, Desk(self.boot, self.country))

    def leave(self, cookie: str) -> None:
        """Stop what is being written and drop every word of a talk."""
        with self._lock:
            desk = self._open.pop(cookie, None)
        if desk is not None:
            desk.close()
        self.forget()

    def close(self) -> None:
        for cookie in list(self._open):
            self.leave(cookie)


class Page:
    """A running page: where to open it, and how to end it."""

    def __init__(self, blocks: Any, door: Door, desks: Desks) -> None:
        self.blocks, self.door, self.desks = blocks, door, desks

    def wait(self) -> None:
        """Until interrupted."""
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            self.close()

    def close(self) -> None:
        self.desks.close()
        self.door.close()
        self.blocks.close(verbose=False)


def launch(
    settings: Settings,
    *,
    start: Start,
    port: int = DEFAULT_PORT,
    open_browser: bool = True,
    token: str | None = None,
) -> Page:
    """Serve the page on 127.0.0.1 and begin ``start`` behind it; returns at once.

    ``start`` is handed a progress(done_bytes, total_bytes) and gives the assistant. ``token``
    replaces the random first one-time token. Raises SettingsInvalid when the port is taken.
    """
    _check_port(port)
    scratch = settings.folder("run", "scratch")
    _closed_environment(str(scratch))
    boot = Boot(start)
    door = Door(settings.folder("run"), port, token)
    desks = Desks(boot, settings.country, door.cookie)
    blocks = _blocks(desks)
    _serve(blocks, door, desks, port)
    desks.forget = blocks.app.state_holder.session_data.clear  # Gradio keeps shown values an hour
    shutil.rmtree(scratch, ignore_errors=True)
    boot.run()
    if open_browser:
        with suppress(webbrowser.Error):
            webbrowser.open(door.file.as_uri())
    return Page(blocks, door, desks)


def _closed_environment(scratch: str) -> None:
    """Set before Gradio is imported: no version check, no telemetry, no temp files elsewhere."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = scratch
    os.environ["HF_HUB_OFFLINE"] = "1"
    local = "127.0.0.1,localhost"
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = local


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise SettingsInvalid(
                f"port {port} is in use, perhaps by a page that is already open: "
                "close that one or choose another with --port"
            ) from None


def _serve(blocks: Any, door: Door, desks: Desks, port: int) -> None:
    blocks.queue(default_concurrency_limit=None, api_open=False)
    blocks.launch(
        server_name=HOST,
        server_port=port,
        share=False,
        quiet=True,
        prevent_thread_lock=True,
        run_history=False,
        footer_links=[],
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        show_error=False,
        max_file_size=1,
        favicon_path=str(STATIC / "notes.svg"),
        app_kwargs={
            "middleware": middleware(door),
            "routes": routes(door, desks.leave),
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
    )


def _blocks(desks: Desks) -> Any:
    import gradio as gr

    def act(event: gr.EventData, request: gr.Request) -> Iterator[dict[str, Any]]:
        desk = desks.of(request)
        _do(desk, dict(event._data or {}))
        for _ in desk.follow():
            yield view(desk)

    def ask(query: dict[str, Any], request: gr.Request) -> Any:
        return _answer(desks.of(request), query)

    act.__annotations__ = {"event": gr.EventData, "request": gr.Request}
    ask.__annotations__ = {"request": gr.Request}
    with gr.Blocks(title="Notes", analytics_enabled=False) as blocks:
        page = gr.HTML(
            value=None,
            html_template="<div></div>",
            js_on_load=pages.script(),
            apply_default_css=False,
            server_functions=[ask],
            shell=pages.shell(desks.country),
        )
        page.submit(
            act, None, page, show_progress="hidden", trigger_mode="multiple",
            api_visibility="private", concurrency_limit=None,
        )  # fmt: skip
    return blocks


def _do(desk: Desk, event: dict[str, Any]) -> None:
    """What a person did in the talk; a mere look ("open") changes nothing."""
    text = str(event.get("text", ""))[:MOST_CHARS]
    match event.get("do"):
        case "say":
            desk.say(text)
        case "edit":
            desk.edit(int(event.get("id", 0)), text)
        case "again":
            desk.again()
        case "undo":
            desk.undo()
        case "clear":
            desk.clear()
        case "load":
            desk.boot.run()


def _answer(desk: Desk, query: dict[str, Any]) -> Any:
    """Everything that is asked and answered at once, as markup or as the new view."""
    words = str(query.get("text", ""))
    match query.get("ask"):
        case "card":
            return shelf.card(shelf.library(), words)
        case "search":
            return shelf.results(shelf.library(), words)
        case "check":
            return tools.check(words)
        case "motive":
            return tools.motive({str(k): int(v) for k, v in dict(query["answers"]).items()})
        case "note":
            return tools.note(desk.history())
        case _:
            return _change(desk, query)


def _change(desk: Desk, query: dict[str, Any]) -> Any:
    """Small changes that are no turn of the talk."""
    match query.get("ask"):
        case "stop":
            desk.stop()
        case "draft":
            desk.draft = str(query.get("text", ""))[:MOST_DRAFT]
        case "look":
            _look(desk, query)
        case "country":
            desk.country = str(query.get("text", "")) or None
            return shelf.directory(desk.country)
        case "welcomed":
            desk.boot.welcomed = True
        case "correct":
            return _corrected(desk, query)
    return None


def _corrected(desk: Desk, query: dict[str, Any]) -> Any:
    from ui.heard import phrases

    entry = phrases().get(str(query.get("code")), {})
    value = query.get("value") or entry.get("not_so")
    if value is None:
        return None
    with suppress(StillpointError):
        desk.correct(str(query["code"]), value)
    return view(desk)


def _look(desk: Desk, query: dict[str, Any]) -> None:
    look = desk.look
    if query.get("theme") in THEMES:
        look.theme = str(query["theme"])
    if isinstance(query.get("size"), int):
        look.size = max(0, min(FONT_STEPS - 1, query["size"]))
    if isinstance(query.get("plain"), bool):
        look.plain = query["plain"]
