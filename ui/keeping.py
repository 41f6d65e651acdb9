"""Kept talks for one visitor of the page: off, locked or open. The file is ``history``'s.

Nothing is created, not even a folder, before the person turns it on.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from assistant import history
from assistant.errors import HistoryLocked, InputInvalid
from assistant.history import LOCKED, Kept
from assistant.settings import Settings
from assistant.turn import Exchange

State = Literal["off", "locked", "open"]
LEAST = 8  # characters; each guess costs half a second, and a short one is soon guessed
SHORT = f"A passphrase needs {LEAST} characters or more. A few words are easy to remember."
UNEQUAL = "The two passphrases are not the same. Type them again."


@dataclass(frozen=True, slots=True)
class KeptTalk:
    """One talk in the open file. Every call is on the disk when it returns."""

    kept: Kept
    id: str

    def put(self, place: int | None, exchange: Exchange) -> int:
        """A turn that has begun (no place yet) or has gone on; its place."""
        if place is None:
            return self.kept.append(self.id, exchange)
        self.kept.amend(self.id, place, exchange)
        return place

    def cut(self, turns: int) -> None:
        self.kept.cut(self.id, turns)


class Keeping:
    """The file of kept talks as one visitor sees it. Raises what ``history`` raises."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept: Kept | None = None
        self._guard = threading.RLock()

    @property
    def state(self) -> State:
        if self._kept is not None and not self._kept.locked:
            return "open"
        path = self._settings.home / "kept" / history.FILE
        return "locked" if path.exists() and path.stat().st_size else "off"

    @property
    def kept(self) -> Kept:
        if self._kept is None or self._kept.locked:
            raise HistoryLocked(LOCKED)
        return self._kept

    def turn_on(self, passphrase: str, again: str) -> None:
        """A new file behind a passphrase that nobody can recover."""
        _check(passphrase, again)
        with self._guard:
            self._kept = Kept.create(history.place(self._settings), passphrase)

    def unlock(self, passphrase: str) -> None:
        with self._guard:
            if self._kept is not None:
                self._kept.unlock(passphrase)
            else:
                self._kept = Kept.open(history.place(self._settings), passphrase)

    def change(self, old: str, new: str, again: str) -> None:
        _check(new, again)
        self.kept.change_passphrase(new, old=old)

    def give_up(self) -> None:
        """Remove a file whose passphrase is forgotten, with everything in it."""
        self.lock()
        history.discard(history.place(self._settings))
        self._kept = None

    def touch(self) -> None:
        """Count as used, where it is open."""
        if self.state == "open":
            self.kept.touch()

    def lock(self) -> None:
        if self._kept is not None:
            self._kept.lock()

    def lock_if_idle(self) -> bool:
        """Whether this call has locked it."""
        return self.state == "open" and self.kept.lock_if_idle()

    def start(self, title: str) -> KeptTalk:
        """A new, empty talk in the file."""
        return KeptTalk(self.kept, self.kept.start(title))


def _check(passphrase: str, again: str) -> None:
    if len(passphrase.strip()) < LEAST:
        raise InputInvalid(SHORT)
    if passphrase != again:
        raise InputInvalid(UNEQUAL)
