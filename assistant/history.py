"""Kept conversations: only when the person asked for it, behind a passphrase, encrypted.

``Kept`` is one open file (see ``assistant.vault`` for the key and the encryption). Every change
is committed before the call returns, so a killed process loses at most what was not yet handed
over: hand over a turn when its reply begins (``append``) and again when it is done (``amend``).

Deleted words are overwritten (secure_delete) and the file is rewritten without free pages. There
is no write-ahead log: a rollback journal, encrypted with the same key, is removed at each commit.
Copies that a backup or the disk made earlier stay encrypted, out of this program's reach. Nobody
can recover a forgotten passphrase; ``discard`` is all that is left then.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from assistant.errors import HistoryError, HistoryLocked
from assistant.record import exchange_from, exported, folded, imported, to_json
from assistant.settings import Settings
from assistant.turn import Exchange
from assistant.vault import Vault, discard, exists, since_start

__all__ = ("Conversation", "Kept", "discard", "exists", "place")

FILE = "conversations.db"
IDLE_S = 600.0
MOST_TITLE = 120  # characters
LOCKED = "The kept conversations are locked. Enter the passphrase to open them."
GONE = "That conversation is not kept here any more."
_SCHEMA = """
CREATE TABLE conversation(
  id TEXT PRIMARY KEY, title TEXT NOT NULL, started REAL NOT NULL, changed REAL NOT NULL);
CREATE TABLE turn(
  conversation TEXT NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
  place INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY(conversation, place))
"""
_LIST = """SELECT id, title, started, changed,
  (SELECT count(*) FROM turn WHERE turn.conversation = conversation.id)
  FROM conversation ORDER BY changed DESC, id"""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One kept conversation in a list. Times in seconds since 1970; ``turns`` is a count."""

    id: str
    title: str
    started: float
    changed: float
    turns: int


def place(settings: Settings) -> Path:
    """Where conversations are kept, in a folder that only the owner can enter."""
    return settings.folder("kept") / FILE


class Kept:
    """Kept conversations, open or locked. Safe to use from several threads.

    After ``idle_s`` seconds without a call it locks itself, at the next call or when the page
    asks ``lock_if_idle``. While locked all but ``unlock`` and ``lock`` raise HistoryLocked.
    """

    def __init__(self, vault: Vault, clock: Callable[[], float], idle_s: float) -> None:
        self.path = vault.path
        self._vault: Vault | None = vault
        self._clock, self._idle_s = clock, idle_s
        self._used = clock()
        self._guard = threading.RLock()

    @classmethod
    def create(
        cls,
        path: Path,
        passphrase: str,
        *,
        clock: Callable[[], float] = since_start,
        idle_s: float = IDLE_S,
    ) -> Kept:
        """A new file. Raises HistoryLocked for an empty passphrase, HistoryError if one exists."""
        return cls(Vault.create(path, passphrase, _SCHEMA), clock, idle_s)

    @classmethod
    def open(
        cls,
        path: Path,
        passphrase: str,
        *,
        clock: Callable[[], float] = since_start,
        idle_s: float = IDLE_S,
    ) -> Kept:
        """The file at ``path``. Raises HistoryLocked, or HistoryForeign and leaves it untouched."""
        return cls(Vault.open(path, passphrase), clock, idle_s)

    def start(self, title: str | None = None) -> str:
        """A new, empty conversation; its id."""
        with self._changing() as vault:
            return _start(vault, title, time.time())

    def append(self, id: str, exchange: Exchange) -> int:
        """Keep one more turn, finished or just begun; its place, counted from 0."""
        with self._changing() as vault:
            _touch(vault, id)
            return _append(vault, id, exchange)

    def amend(self, id: str, place: int, exchange: Exchange) -> None:
        """Put the finished turn where the begun one was."""
        with self._changing() as vault:
            _touch(vault, id)
            at = "WHERE conversation = ? AND place = ? RETURNING place"
            if not vault.rows(f"UPDATE turn SET record = ? {at}", (to_json(exchange), id, place)):
                raise HistoryError(GONE)

    def cut(self, id: str, turns: int) -> None:
        """Keep the first ``turns`` turns and delete the rest for real: undo, edit, regenerate."""
        with self._changing(compact=True) as vault:
            _touch(vault, id)
            vault.rows("DELETE FROM turn WHERE conversation = ? AND place >= ?", (id, turns))

    def read(self, id: str) -> Sequence[Exchange]:
        """The turns of a conversation in their order."""
        with self._using() as vault:
            _known(vault, id)
            return [exchange_from(raw) for raw in _records(vault, id)]

    def list(self) -> Sequence[Conversation]:
        """All conversations, the one last written to first."""
        with self._using() as vault:
            return _listed(vault)

    def search(self, words: str) -> Sequence[Conversation]:
        """Conversations whose title or turns hold every word, wherever they stand."""
        wanted = folded(words).split()
        with self._using() as vault:
            return [c for c in _listed(vault) if _holds(vault, c, wanted)]

    def rename(self, id: str, title: str) -> None:
        with self._changing() as vault:
            _known(vault, id)
            vault.rows("UPDATE conversation SET title = ? WHERE id = ?", (_title(title), id))

    def export(self, id: str | None = None) -> str:
        """One conversation, or all, as JSON text that anyone can read: say so before saving it."""
        with self._using() as vault:
            if id is not None:
                _known(vault, id)
            chosen = [c for c in _listed(vault) if id in (None, c.id)]
            return exported([(c.title, c.started, _records(vault, c.id)) for c in chosen])

    def import_(self, text: str) -> Sequence[str]:
        """Add the conversations of an export, all or none; their new ids.

        Raises InputInvalid for anything that is not an export. Nothing kept is overwritten.
        """
        found = imported(text)
        with self._changing() as vault:
            return [_add(vault, *conversation) for conversation in found]

    def delete(self, id: str) -> None:
        """Delete a conversation for real: overwritten, then the file rewritten without it."""
        with self._changing(compact=True) as vault:
            _known(vault, id)
            vault.rows("DELETE FROM conversation WHERE id = ?", (id,))

    def change_passphrase(self, new: str, *, old: str) -> None:
        """Encrypt everything anew. ``old`` is asked again: the page may be open and unattended."""
        with self._using() as vault:
            Vault.open(self.path, old).close()
            vault.rekey(new)

    def unlock(self, passphrase: str) -> None:
        """Open again after a lock; raises as ``open`` does."""
        vault = Vault.open(self.path, passphrase)
        with self._guard:
            self.lock()
            self._vault, self._used = vault, self._clock()

    def touch(self) -> None:
        """Count as used, for instance while the person types."""
        with self._using():
            pass

    def lock(self) -> None:
        """Close the file and forget its key until ``unlock``."""
        with self._guard:
            if self._vault is not None:
                self._vault.close()
            self._vault = None

    close = lock

    @property
    def locked(self) -> bool:
        return self._vault is None

    def lock_if_idle(self) -> bool:
        """Lock when the idle time is over; whether it is locked now."""
        with self._guard:
            if self._clock() - self._used >= self._idle_s:
                self.lock()
            return self.locked

    def __enter__(self) -> Kept:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _using(self) -> Iterator[Vault]:
        with self._guard:
            self.lock_if_idle()
            if self._vault is None:
                raise HistoryLocked(LOCKED)
            self._used = self._clock()
            vault = self._vault
            try:
                yield vault
            finally:
                if vault.stale:
                    self.lock()

    @contextmanager
    def _changing(self, *, compact: bool = False) -> Iterator[Vault]:
        with self._using() as vault:
            with vault.change():
                yield vault
            if compact:
                vault.compact()


def _listed(vault: Vault) -> Sequence[Conversation]:
    return [Conversation(*row) for row in vault.rows(_LIST)]


def _records(vault: Vault, id: str) -> Sequence[Any]:
    rows = vault.rows("SELECT record FROM turn WHERE conversation = ? ORDER BY place", (id,))
    return [json.loads(record) for (record,) in rows]


def _known(vault: Vault, id: str) -> None:
    if not vault.rows("SELECT 1 FROM conversation WHERE id = ?", (id,)):
        raise HistoryError(GONE)


def _touch(vault: Vault, id: str) -> None:
    _known(vault, id)
    vault.rows("UPDATE conversation SET changed = ? WHERE id = ?", (time.time(), id))


def _start(vault: Vault, title: str | None, started: float) -> str:
    id = secrets.token_hex(8)  # never used again, so that a stale page writes into no other talk
    values = (id, _title(title, started), started, time.time())
    vault.rows("INSERT INTO conversation VALUES (?, ?, ?, ?)", values)
    return id


def _append(vault: Vault, id: str, exchange: Exchange) -> int:
    count = "SELECT count(*) FROM turn WHERE conversation = ?"
    number: int = vault.rows(count, (id,))[0][0]
    vault.rows("INSERT INTO turn VALUES (?, ?, ?)", (id, number, to_json(exchange)))
    return number


def _add(vault: Vault, title: str, started: float, turns: Sequence[Exchange]) -> str:
    id = _start(vault, title, started)
    for turn in turns:
        _append(vault, id, turn)
    return id


def _title(title: str | None, started: float | None = None) -> str:
    """One printable line; where there is none, the day."""
    shown = "".join(c if c.isprintable() else " " for c in title or "")
    shown = " ".join(shown.encode("utf-8", "replace").decode().split())[:MOST_TITLE]
    return shown or time.strftime("%Y-%m-%d %H:%M", time.localtime(started))


def _holds(vault: Vault, conversation: Conversation, wanted: Sequence[str]) -> bool:
    said = [
        turn["user"]["text"] + "\n" + turn["reply"]["text"]
        for turn in _records(vault, conversation.id)
    ]
    text = folded("\n".join((conversation.title, *said)))
    return all(word in text for word in wanted)
