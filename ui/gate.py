"""What stands between the port and the page: hosts, origins, cookies, headers.

Gradio checks neither Host nor Origin well enough for a page that must stay private, and offers
uploads, an API page and monitoring (gradio-app/gradio#13594). Here everything is refused that
the page itself does not need.
"""

from __future__ import annotations

import base64
import hashlib
import re

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.door import Door
from ui.ways import closed

HOSTS = ["127.0.0.1", "localhost"]
OPEN = {
    "/enter", "/password", "/open", "/quiet", "/leave", "/notes.svg", "/favicon.ico", "/page.css",
    "/gradio_api/startup-events",
}  # fmt: skip
NEEDED = re.compile(
    r"/|/alive|/closed|/config/?|/theme\.css"
    r"|/gradio_api/(theme\.css|queue/(join|data)|component_server/?|heartbeat/\w+|cancel|reset/?)|/(assets|static)/[\w./@-]+"
)
_SCRIPT = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.S)
_OUTSIDE = re.compile(
    rb'\s*<meta[^>]*(?:og:|twitter:)[^>]*?/>|\s*<link rel="manifest"[^>]*/>', re.S
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
            return closed(self.door)
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
        "referrer-policy": "same-origin",  # "no-referrer" would make the password's Origin "null"
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
    host = door.place.host
    return [
        Middleware(Headers),
        Middleware(
            TrustedHostMiddleware, allowed_hosts=[*HOSTS, host, f"[{host}]"], www_redirect=False
        ),
        Middleware(OriginGuard),
        Middleware(Cookies, door=door),
    ]
