"""Who may open the page: a one-time token in a file only its owner can read, then a cookie.

Another account on the same machine can reach the port, but can read neither the file nor the
cookie. The token never stands in a command line; it is used up by the first visit, and the
file then holds a new one, so the page can be opened again without starting the program anew.
Where the page listens for other devices, a password opens it too; wrong tries are slowed down.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from hmac import compare_digest
from pathlib import Path

from ui.address import Address

MOST_WAIT_S = 60.0
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Notes</title>
<meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0;url={url}">
<p><a href="{url}">Open notes</a></p></html>
"""


class Door:
    """Tokens out, cookies in. ``file`` is what a browser is asked to open."""

    def __init__(
        self,
        folder: Path,
        place: Address,
        token: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.file = folder / "open.html"
        self.place = place
        self.cookie = f"notes{place.port}"
        self._clock = clock
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._token = token or secrets.token_urlsafe(32)
        self._salt = secrets.token_bytes(16)
        self._digest = self._hashed(place.password) if place.password else None
        self._wrong, self._again = 0, 0.0
        self._write()

    @property
    def address(self) -> str:
        """Where the token is handed in; worth one visit."""
        return f"{self.place.url}/enter?key={self._token}"

    @property
    def asks_password(self) -> bool:
        return self._digest is not None

    def exchange(self, token: str) -> str | None:
        """A cookie value for the current token, which is thereby spent; None for any other."""
        with self._lock:
            if not compare_digest(token.encode(), self._token.encode()):
                return None
            self._token = secrets.token_urlsafe(32)
            cookie = self._admit()
            self._write()
        return cookie

    def wait_s(self) -> float:
        """Seconds until a password is looked at again."""
        return max(0.0, self._again - self._clock())

    def enter(self, password: str) -> str | None:
        """A cookie for the right password. Each wrong one doubles the wait, to a minute.

        While waiting nothing is compared, so guessing faster is of no use.
        """
        with self._lock:
            if self._digest is None or self.wait_s() > 0:
                return None
            if compare_digest(self._hashed(password), self._digest):
                self._wrong = 0
                return self._admit()
            self._wrong += 1
            self._again = self._clock() + min(MOST_WAIT_S, 2.0 ** (self._wrong - 1))
        return None

    def knows(self, cookie: str | None) -> bool:
        return cookie is not None and cookie in self._known

    def forget(self, cookie: str) -> None:
        self._known.discard(cookie)

    def close(self) -> None:
        """Admit nobody any more; a start file that another run has written since stays."""
        self._known.clear()
        with suppress(OSError):
            if self._token in self.file.read_text(encoding="utf-8"):
                self.file.unlink()

    def _admit(self) -> str:
        cookie = secrets.token_urlsafe(32)
        self._known.add(cookie)
        return cookie

    def _hashed(self, password: str) -> bytes:
        """Of equal length for every password, so that comparing takes equally long."""
        return hashlib.scrypt(password.encode(), salt=self._salt, n=2**14, r=8, p=1)

    def _write(self) -> None:
        """Made aside with mode 0600 and renamed, so that it is never readable by others."""
        aside = self.file.with_name(f".open-{os.getpid()}")
        aside.unlink(missing_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(PAGE.format(url=self.address))
        aside.replace(self.file)
