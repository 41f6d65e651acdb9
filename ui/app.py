"""The browser page: opens at once, answers as soon as the model is there, closed to others.

Gradio carries the page: one HTML component of our own, its events, queue and streaming. Nothing
is written to disk but the start file, and nothing is kept by the browser.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import signal
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from assistant.errors import StillpointError
from assistant.settings import DEFAULT_PORT, Settings
from ui import asked, pages
from ui.address import address, check_free
from ui.boot import Boot, Start
from ui.desk import Desk
from ui.desks import Desks
from ui.door import Door
from ui.gate import middleware
from ui.view import view
from ui.ways import STATIC, Ways

log = logging.getLogger("stillpoint.ui")
MOST_CHARS = 40_000  # of a message: anything longer is no message; the assistant shortens sooner


class Page:
    """A running page: where to open it, and how to end it.

    As a context it closes at its end, and takes an interrupt for the end, whenever it comes.
    """

    def __init__(self, blocks: Any, door: Door, desks: Desks) -> None:
        self.blocks, self.door, self.desks = blocks, door, desks

    def __enter__(self) -> Page:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self.close()
        return kind is KeyboardInterrupt

    def wait(self) -> None:
        """Until interrupted, or until the system asks the program to end."""
        threading.Event().wait()

    def close(self) -> None:
        """Lock what is kept, drop every word, and leave no start file behind."""
        self.desks.close()
        self.door.close()
        self.blocks.close(verbose=False)


def end_like_interrupted() -> None:
    """A request to end (closed terminal, shutdown, kill) does what Ctrl-C does."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)


def launch(
    settings: Settings,
    *,
    start: Start,
    port: int = DEFAULT_PORT,
    open_browser: bool = True,
    token: str | None = None,
    listen: str | None = None,
    password: str | None = None,
) -> Page:
    """Serve the page and begin ``start`` behind it; returns at once.

    ``start`` is handed a progress(done_bytes, total_bytes) and gives the assistant. ``token``
    replaces the random first one-time token. Without ``listen`` only this machine is served;
    with it a ``password`` is needed. Raises SettingsInvalid for a port that is taken or an
    address that cannot be used.
    """
    place = address(listen, port, password)
    check_free(place)
    scratch = settings.folder("run", "scratch")
    _closed_environment(str(scratch), place.host)
    boot = Boot(start)
    door = Door(settings.folder("run"), place, token)
    atexit.register(door.close)  # also where a signal comes before anyone waits
    try:
        page = _opened(settings, boot, door)
    except BaseException:  # also Ctrl-C: no start file may stay behind
        door.close()
        raise
    shutil.rmtree(scratch, ignore_errors=True)
    boot.run()
    if open_browser:
        with suppress(webbrowser.Error):
            webbrowser.open(door.file.as_uri())
    return page


def _opened(settings: Settings, boot: Boot, door: Door) -> Page:
    desks = Desks(boot, settings, door.cookie)
    blocks = _blocks(desks)
    _serve(blocks, door, desks)
    desks.forget = blocks.app.state_holder.session_data.clear  # Gradio keeps shown values an hour
    desks.watch()
    return Page(blocks, door, desks)


def _closed_environment(scratch: str, host: str) -> None:
    """Set before Gradio is imported: no version check, no telemetry, no temp files elsewhere."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = scratch
    os.environ["HF_HUB_OFFLINE"] = "1"
    local = f"127.0.0.1,localhost,{host}"
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = local


def _serve(blocks: Any, door: Door, desks: Desks) -> None:
    blocks.queue(default_concurrency_limit=None, api_open=False)
    blocks.launch(
        server_name=door.place.host,
        server_port=door.place.port,
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
            "routes": Ways(door, desks.leave, desks.closed).routes(),
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
    )


def _blocks(desks: Desks) -> Any:
    import gradio as gr

    def act(event: gr.EventData, request: gr.Request) -> Iterator[dict[str, Any]]:
        did = dict(event._data or {})
        desk = desks.of(request, did.get("tab"), did.get("born"))
        keeping = desks.visitor(request).keeping
        try:
            _do(desk, did)
        except StillpointError as error:
            desk.tell(str(error))
        for _ in desk.follow():
            yield view(desk, keeping.state)

    def ask(query: dict[str, Any], request: gr.Request) -> Any:
        looking = query.get("ask") == "pulse"
        desk = desks.of(request, query.get("tab"), query.get("born"), use=not looking)
        return asked.answer(desks.visitor(request), desk, query)

    act.__annotations__ = {"event": gr.EventData, "request": gr.Request}
    ask.__annotations__ = {"request": gr.Request}
    with gr.Blocks(title="Notes", analytics_enabled=False) as blocks:
        page = gr.HTML(
            value=None,
            html_template="<div></div>",
            js_on_load=pages.script(),
            apply_default_css=False,
            server_functions=[ask],
            shell=pages.shell(desks.settings.country),
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
