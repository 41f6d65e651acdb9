"""The page's own addresses beside Gradio's: in, out, its style, and a sign of life."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ui.door import Door

STATIC = Path(__file__).parent / "static"
MOST_PASSWORD = 1000  # bytes of a form; anything longer is no password
FRAME = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Notes</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/notes.svg"><link rel="stylesheet" href="/page.css">
<main class="closed"><h1>Notes</h1>{body}</main></html>"""
CLOSED = FRAME.format(
    body="<p>This page opens from its own start file. Start the program again, or open the file "
    "it named when it started.</p>"
)
PASSWORD = """<form method="post" action="/password"><label for="word">Password</label>
<input id="word" name="word" type="password" autocomplete="off" required autofocus>
<button>Open</button></form>{line}"""
BOUNCE = (
    '<!doctype html><html lang="en"><title>Notes</title>'
    '<meta http-equiv="refresh" content="0;url=/">'
)


def closed(door: Door, status: int = 401) -> Response:
    """What a stranger sees: a line, or the question for the password."""
    if not door.asks_password:
        return HTMLResponse(CLOSED, status)
    wait = math.ceil(door.wait_s())
    line = (
        f'<p role="alert">That did not open it. It can be tried again in {wait} s.</p>'
        if wait
        else ""
    )
    return HTMLResponse(FRAME.format(body=PASSWORD.format(line=line)), 429 if wait else status)


@dataclass(frozen=True, slots=True)
class Ways:
    """``leave`` is told the cookie whose talks must be dropped; ``closing`` also the tab."""

    door: Door
    leave: Callable[[str], None]
    closing: Callable[[str, str], None]

    def enter(self, request: Request) -> Response:
        key = parse_qs(request.url.query).get("key", [""])[0]
        return self._admitted(self.door.exchange(key))

    async def password(self, request: Request) -> Response:
        body = (await request.body())[:MOST_PASSWORD].decode("utf-8", "replace")
        word = parse_qs(body).get("word", [""])[0]
        return self._admitted(await run_in_threadpool(self.door.enter, word))

    def bounce(self, _: Request) -> Response:
        """A strict cookie is not sent on a way in from elsewhere; the next step is our own."""
        return HTMLResponse(BOUNCE)

    def quit(self, request: Request) -> Response:
        cookie = self._known(request)
        if cookie is not None:
            self.leave(cookie)
            self.door.forget(cookie)
        answer = Response(status_code=204)
        answer.delete_cookie(self.door.cookie, path="/", httponly=True, samesite="strict")
        return answer

    async def tab_closed(self, request: Request) -> Response:
        tab = (await request.body())[:64].decode("ascii", "replace")
        self.closing(self._known(request) or "", tab)
        return Response(status_code=204)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/enter", self.enter),
            Route("/password", self.password, methods=["POST"]),
            Route("/open", self.bounce),
            Route("/leave", self.quit, methods=["POST"]),
            Route("/closed", self.tab_closed, methods=["POST"]),
            Route("/alive", lambda _: Response(status_code=204)),
            *(Route(path, _file(name, kind)) for path, name, kind in FILES),
        ]

    def _known(self, request: Request) -> str | None:
        cookie = request.cookies.get(self.door.cookie)
        return cookie if self.door.knows(cookie) else None

    def _admitted(self, cookie: str | None) -> Response:
        if cookie is None:
            return closed(self.door)
        answer = RedirectResponse("/open", 303)
        answer.set_cookie(self.door.cookie, cookie, httponly=True, samesite="strict", path="/")
        return answer


FILES = (
    ("/quiet", "quiet.html", "text/html"),
    ("/page.css", "page.css", "text/css"),
    ("/notes.svg", "notes.svg", "image/svg+xml"),
    ("/favicon.ico", "notes.svg", "image/svg+xml"),
)


def _file(name: str, kind: str) -> Callable[[Request], Response]:
    return lambda _: FileResponse(STATIC / name, media_type=kind)
