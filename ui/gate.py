"""What stands between the port and the page: hosts, origins, cookies, routes, headers.

Gradio checks neither Host nor Origin well enough for a page that must stay private, and offers
uploads, an API page and monitoring (gradio-app/gradio#13594). Here everything is refused that
the page itself does not need.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.door import Door

STATIC = Path(__file__).parent / "static"
HOSTS = ["127.0.0.1", "localhost"]
OPEN = {
    "/enter", "/open", "/quiet", "/leave", "/notes.svg", "/favicon.ico", "/page.css",
    "/gradio_api/startup-events",
}  # fmt: skip
NEEDED = re.compile(
    r"/|/alive|/config/?|/theme\.css|/gradio_api/(theme\.css|queue/(join|data)|component_server/?"
    r"|heartbeat/\w+|cancel|reset/?)|/(assets|static)/[\w./@-]+"
)
_SCRIPT = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.S)
_OUTSIDE = re.compile(
    rb'\s*<meta[^>]*(?:og:|twitter:)[^>]*?/>|\s*<link rel="manifest"[^>]*/>', re.S
)
CLOSED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Notes</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/notes.svg"><link rel="stylesheet" href="/page.css">
<main class="closed"><h1>Notes</h1><p>This page opens from its own start file.
Start the program again, or open the file it named when it started.</p></main></html>"""

BOUNCE = (
    '<!doctype html><html lang="en"><title>Notes</title>'
    '<meta http-equiv="refresh" content="0;url=/">'
)


class OriginGuard:
    """403 for anything another site asks for, but for following a link to the front page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _foreign(Request(scope)):
            await Response("Refused.", 403)(scope, receive, send)
        elif scope["type"] != "websocket":  # the page opens none
            await self.app(scope, receive, send)


class Cookies:
    """401 without the cookie that the door handed out; 404 for what the page does not use."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app, self.door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._refusal(Request(scope)) if scope["type"] == "http" else None
        await (answer or self.app)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        path = request.url.path
        if path in OPEN:
            return None
        if not self.door.knows(request.cookies.get(self.door.cookie)):
            return HTMLResponse(CLOSED, 401)
        return None if NEEDED.fullmatch(path) and ".." not in path else Response("Not here.", 404)


class Headers:
    """Nothing cached, nothing framed, nothing loaded from elsewhere, no script but the page's own.

    Inline scripts of the front page are allowed by their hash. ``unsafe-eval`` is what Gradio's
    HTML component needs to run its template; markup injected into a reply still runs nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"] == "/":
            await self._front(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send, policy(())))

    async def _front(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = b""

        async def hold(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        await self.app(scope, receive, hold)
        body = _OUTSIDE.sub(b"", body)
        body = body.replace(b"shrink-to-fit=no", b"interactive-widget=resizes-content")
        body = body.replace(b"</head>", b'<link rel="stylesheet" href="/page.css"></head>')
        sized = [h for h in start["headers"] if h[0].lower() != b"content-length"]
        start["headers"] = [*sized, (b"content-length", str(len(body)).encode())]
        out = _with_headers(send, policy(_SCRIPT.findall(body)))
        await out(start)
        body = b"" if scope["method"] == "HEAD" else body
        await out({"type": "http.response.body", "body": body})


def policy(scripts: list[bytes] | tuple[()]) -> str:
    """The content policy of one page, given the inline scripts it is served with."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s).digest()).decode()}'" for s in scripts
    )
    return (
        f"default-src 'none'; script-src 'self' 'unsafe-eval' {hashes}; style-src 'self' "
        "'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    )


def _with_headers(send: Send, csp: str) -> Send:
    fixed = {
        "content-security-policy": csp,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), display-capture=()",
    }

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [h for h in message["headers"] if h[0].decode().lower() not in fixed]
            added = [(k.encode(), v.encode()) for k, v in fixed.items()]
            message = {**message, "headers": [*kept, *added]}
        await send(message)

    return sending


def _foreign(request: Request) -> bool:
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin is not None and origin != f"http://{request.headers.get('host', '')}":
        return True
    arriving = request.method == "GET" and request.headers.get("sec-fetch-mode") == "navigate"
    return site in {"cross-site", "same-site"} and not (
        arriving and request.url.path in {"/", "/enter", "/open"}
    )


def middleware(door: Door) -> list[Middleware]:
    """Outermost first."""
    return [
        Middleware(Headers),
        Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False),
        Middleware(OriginGuard),
        Middleware(Cookies, door=door),
    ]


def routes(door: Door, leave: Callable[[str], None]) -> list[BaseRoute]:
    """Our own addresses. ``leave`` is told the cookie whose talk must be dropped."""

    def enter(request: Request) -> Response:
        key = parse_qs(request.url.query).get("key", [""])[0]
        cookie = door.exchange(key)
        if cookie is None:
            return HTMLResponse(CLOSED, 401)
        answer = RedirectResponse("/open", 303)
        answer.set_cookie(door.cookie, cookie, httponly=True, samesite="strict", path="/")
        return answer

    def bounce(_: Request) -> Response:
        """A strict cookie is not sent on a way in from elsewhere; the next step is our own."""
        return HTMLResponse(BOUNCE)

    def quit_talk(request: Request) -> Response:
        cookie = SimpleCookie(request.headers.get("cookie", "")).get(door.cookie)
        if cookie is not None and door.knows(cookie.value):
            leave(cookie.value)
            door.forget(cookie.value)
        answer = Response(status_code=204)
        answer.delete_cookie(door.cookie, path="/", httponly=True, samesite="strict")
        return answer

    return [
        Route("/enter", enter),
        Route("/open", bounce),
        Route("/leave", quit_talk, methods=["POST"]),
        Route("/alive", lambda _: Response(status_code=204)),
        Route("/quiet", lambda _: FileResponse(STATIC / "quiet.html", media_type="text/html")),
        Route("/page.css", lambda _: FileResponse(STATIC / "page.css", media_type="text/css")),
        Route("/notes.svg", lambda _: FileResponse(STATIC / "notes.svg")),
        Route("/favicon.ico", lambda _: FileResponse(STATIC / "notes.svg")),
    ]
