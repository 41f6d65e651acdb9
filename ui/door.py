"""Who may open the page: a one-time token in a file only its owner can read, then a cookie.

Another account on the same machine can reach the port, but can read neither the file nor the
cookie. The token never stands in a command line; it is used up by the first visit, and the
file then holds a new one, so the page can be opened again without starting the program anew.
"""

from __future__ import annotations

import os
import secrets
import threading
from hmac import compare_digest
from pathlib import Path

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Notes</title>
<meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0;url={url}">
<p><a href="{url}">Open notes</a></p></html>
"""


class Door:
    """Tokens out, cookies in. ``file`` is what a browser is asked to open."""

    def __init__(self, folder: Path, port: int, token: str | None = None) -> None:
        self.file = folder / "open.html"
        self.cookie = f"notes{port}"
        self._base = f"http://127.0.0.1:{port}"
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._token = token or secrets.token_urlsafe(32)
        self._write()

    @property
    def address(self) -> str:
        """Where the token is handed in; worth one visit."""
        return f"{self._base}/enter?key={self._token}"

    def exchange(self, token: str) -> str | None:
        """A cookie value for the current token, which is thereby spent; None for any other."""
        with self._lock:
            if not compare_digest(token.encode(), self._token.encode()):
                return None
            self._token = secrets.token_urlsafe(32)
            cookie = secrets.token_urlsafe(32)
            self._known.add(cookie)
            self._write()
        return cookie

    def knows(self, cookie: str | None) -> bool:
        return cookie is not None and cookie in self._known

    def forget(self, cookie: str) -> None:
        self._known.discard(cookie)

    def close(self) -> None:
        self._known.clear()
        self.file.unlink(missing_ok=True)

    def _write(self) -> None:
        """Made aside with mode 0600 and renamed, so that it is never readable by others."""
        aside = self.file.with_name(f".open-{os.getpid()}")
        aside.unlink(missing_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(PAGE.format(url=self.address))
        aside.replace(self.file)
