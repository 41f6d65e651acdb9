"""The open talks: one for each tab, found by the visitor's cookie and the tab's own name.

A tab's talk is dropped soon after the tab is closed, after twelve hours without use, and at once
when somebody leaves quickly. Kept talks are locked after ten minutes without use (``history``).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from assistant.history import IDLE_S
from assistant.settings import Settings
from assistant.vault import since_start
from ui.boot import Boot
from ui.desk import Desk
from ui.keeping import Keeping

UNUSED_S = 12 * 3600.0  # after which a talk that nobody looks at is dropped
RELOAD_S = 30.0  # a closed tab and a reloaded one look the same for so long
ROUND_S = 2.0  # between two looks at what has been idle too long
MOST_TABS = 50  # of one visitor; the one longest unused makes room
_TAB = re.compile(r"[0-9a-f]{8,40}")
EXPIRED = "The talk that was here has been dropped, because it was not used for a long time."
LOCKED_NOW = "Locked. Kept talks open again with the passphrase, under Kept."
LOCKED_IDLE = (
    f"The kept talks were locked after {IDLE_S / 60:.0f} minutes without use. What was kept is "
    "safe; open it again with the passphrase, under Kept."
)


@dataclass
class Place:
    """A tab: its talk, when it was last used, and since when its page is closed."""

    desk: Desk
    used: float
    closed: float | None = None


@dataclass
class Visitor:
    """One browser's cookie: its tabs, and the kept talks it may have unlocked."""

    keeping: Keeping
    forget: Callable[[], None]  # what Gradio still holds of shown values
    tabs: dict[str, Place] = field(default_factory=dict)

    def desks(self) -> list[Desk]:
        return [place.desk for place in list(self.tabs.values())]

    def lock(self, notice: str) -> None:
        """Put kept talks away and lock the file; talks that are not kept stay open."""
        for desk in self.desks():
            desk.put_away(notice)
        self.keeping.lock()
        self.forget()

    def lock_if_idle(self) -> None:
        if any(desk.busy for desk in self.desks()):
            self.keeping.touch()
        elif self.keeping.lock_if_idle():
            self.lock(LOCKED_IDLE)


class Desks:
    """All visitors. ``forget`` is told whenever words were dropped."""

    def __init__(
        self,
        boot: Boot,
        settings: Settings,
        cookie: str,
        clock: Callable[[], float] = since_start,
    ) -> None:
        self.boot, self.settings, self.cookie = boot, settings, cookie
        self.forget: Callable[[], None] = lambda: None
        self._clock = clock
        self._visitors: dict[str, Visitor] = {}
        self._lock = threading.RLock()
        self._ended = threading.Event()

    def watch(self) -> None:
        """Look after idle talks from a thread of its own, until ``close``."""
        threading.Thread(target=self._rounds, name="idle", daemon=True).start()

    def visitor(self, request: Any) -> Visitor:
        key = request.cookies.get(self.cookie, "")
        with self._lock:
            if key not in self._visitors:
                self._visitors[key] = Visitor(Keeping(self.settings), lambda: self.forget())
            return self._visitors[key]

    def of(self, request: Any, tab: object, born: object = "", use: bool = True) -> Desk:
        """The talk of a tab, new where there is none. ``use`` is False for a mere look.

        ``born`` is what the page knows its talk by: it tells a talk that is gone from a new tab.
        """
        visitor = self.visitor(request)
        visitor.lock_if_idle()
        name = tab if isinstance(tab, str) and _TAB.fullmatch(tab) else ""
        with self._lock:
            place = visitor.tabs.get(name) or self._open(visitor, name, bool(born))
            if use:
                place.used, place.closed = self._clock(), None
                visitor.keeping.touch()
        return place.desk

    def closed(self, cookie: str, tab: str) -> None:
        """The page of a tab has gone away; unless it comes back soon, so does its talk."""
        visitor = self._visitors.get(cookie)
        if visitor is not None and tab in visitor.tabs:
            visitor.tabs[tab].closed = self._clock()

    def leave(self, cookie: str) -> None:
        """Stop what is being written, lock what is kept and drop every word of a visitor."""
        with self._lock:
            visitor = self._visitors.pop(cookie, None)
        if visitor is not None:
            for desk in visitor.desks():
                desk.close()
            visitor.keeping.lock()
        self.forget()

    def close(self) -> None:
        self._ended.set()
        for cookie in list(self._visitors):
            self.leave(cookie)

    def tidy(self) -> None:
        """Lock what is idle, drop what was closed or has not been used for long."""
        for visitor in list(self._visitors.values()):
            visitor.lock_if_idle()
            for name in list(self._stale(visitor)):
                visitor.tabs.pop(name).desk.close()
                self.forget()

    def _open(self, visitor: Visitor, name: str, expected: bool) -> Place:
        while len(visitor.tabs) >= MOST_TABS:
            oldest = min(visitor.tabs, key=lambda tab: visitor.tabs[tab].used)
            visitor.tabs.pop(oldest).desk.close()
        desk = Desk(self.boot, self.settings.country, notice=EXPIRED if expected else "")
        for other in visitor.desks()[-1:]:
            desk.look, desk.country = other.look, other.country
        visitor.tabs[name] = Place(desk, self._clock())
        return visitor.tabs[name]

    def _stale(self, visitor: Visitor) -> Iterator[str]:
        now = self._clock()
        for name, place in list(visitor.tabs.items()):
            closed = place.closed is not None and now - place.closed > RELOAD_S
            if closed or (now - place.used > UNUSED_S and not place.desk.busy):
                yield name

    def _rounds(self) -> None:
        while not self._ended.wait(ROUND_S):
            self.tidy()
