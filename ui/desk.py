"""One person's open talk, in this process's memory and nowhere else.

A reply is written in a thread that belongs to the talk and not to a browser tab, so a reload or
a second tab takes up the same reply where it is. Dropping the desk drops every word.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count

from assistant.errors import StillpointError
from assistant.turn import Exchange, Reply, UserTurn, Value
from ui.boot import UNEXPECTED, Boot

log = logging.getLogger("stillpoint.ui")
UPDATE_S = 0.04  # one update of the page: more often only makes the browser lag
CHECK_S = 0.5
BEAT_S = 3.0  # the page hears at least this often, so that it can tell a wait from a break
FONT_STEPS = 5
THEMES = ("system", "light", "dark")
MOST_DRAFT = 20_000  # characters


@dataclass(slots=True)
class Turn:
    """A message and what has been answered so far."""

    id: int
    user: UserTurn
    reply: Reply | None = None
    fault: str = ""
    stopped: bool = False
    running: bool = False  # the model works on this turn, not on another talk's

    def exchange(self) -> Exchange | None:
        return Exchange(self.user, self.reply) if self.reply and self.reply.finish else None


@dataclass(slots=True)
class Look:
    """How the page looks for this person; kept no longer than the talk."""

    theme: str = "system"
    size: int = 1
    plain: bool = False


@dataclass
class Desk:
    """The talk. Every change raises ``version`` and wakes whoever follows it."""

    boot: Boot
    country: str | None = None
    look: Look = field(default_factory=Look)
    draft: str = ""
    turns: list[Turn] = field(default_factory=list)
    version: int = 0
    closed: bool = False
    _writing: Turn | None = None
    _ids: Iterator[int] = field(default_factory=lambda: count(1))
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def busy(self) -> bool:
        return self._writing is not None

    def history(self) -> list[Exchange]:
        return [done for turn in self.turns if (done := turn.exchange())]

    def say(self, text: str) -> None:
        """Answer a new message; nothing happens while another is being answered."""
        if text.strip() and not self.busy:
            self.draft = ""
            self._begin(UserTurn(text.strip()))

    def edit(self, turn_id: int, text: str) -> None:
        """Go on from an earlier message with other words; what came after it is gone."""
        place = self._place(turn_id)
        if place is not None and text.strip() and not self.busy:
            del self.turns[place:]
            self._begin(UserTurn(text.strip()))

    def again(self) -> None:
        """Write the last reply anew."""
        if self.turns and not self.busy:
            self._begin(self.turns.pop().user)

    def undo(self) -> None:
        """Take back the last message and its reply; its words return to the box."""
        if self.turns and not self.busy:
            with self._changing():
                self.draft = self.turns.pop().user.text

    def clear(self) -> None:
        """A new talk; the words of this one are dropped."""
        self.stop()
        with self._changing():
            self.turns, self.draft, self._writing = [], "", None

    def correct(self, code: str, value: Value) -> None:
        """Read the last message again with a signal set by the person's own hand."""
        if not self.turns or self.busy:
            return
        turn = self.turns[-1]
        if turn.reply is None:
            return
        user = replace(turn.user, set={**turn.user.set, code: value})
        reading = self.boot.wait().read(self.history()[:-1], user)
        with self._changing():
            turn.user, turn.reply = user, replace(turn.reply, reading=reading)

    def stop(self) -> None:
        """End the reply being written; what is there stays."""
        turn = self._writing
        if turn is None:
            return
        turn.stopped = True
        if self.boot.assistant is not None and turn.running:
            self.boot.assistant.stop()

    def close(self) -> None:
        """Drop everything, now."""
        self.closed = True
        self.clear()

    def touch(self) -> None:
        with self._changing():
            pass

    def follow(self) -> Iterator[int]:
        """The version, each time something has changed, until nothing is under way."""
        seen: tuple[object, ...] = ()
        told = time.monotonic()
        while not self.closed:
            with self._changed:
                state = self.boot.ready
                if (self.version, state) == seen:
                    self._changed.wait(CHECK_S)
                now = (self.version, self.boot.ready)
                done = not self.busy and now[1].state in {"ready", "failed"}
            if now != seen or time.monotonic() - told > BEAT_S:
                seen, told = now, time.monotonic()
                yield self.version
                time.sleep(UPDATE_S)
            if done and now == (self.version, self.boot.ready):
                return

    def _place(self, turn_id: int) -> int | None:
        return next((i for i, turn in enumerate(self.turns) if turn.id == turn_id), None)

    def _begin(self, user: UserTurn) -> None:
        turn = Turn(next(self._ids), user)
        history = self.history()
        with self._changing():
            self.turns.append(turn)
            self._writing = turn
        threading.Thread(target=self._write, args=(turn, history), daemon=True).start()

    def _write(self, turn: Turn, history: list[Exchange]) -> None:
        try:
            assistant = self.boot.wait()
            with self.boot.writing:
                turn.running = True
                self._stream(turn, assistant.turn(history, turn.user, country=self.country))
        except StillpointError as error:
            turn.fault = str(error)
        except Exception as error:  # the edge: shown to the person, named in the log
            log.error("turn failed: %s", type(error).__name__)
            turn.fault = UNEXPECTED
        finally:
            turn.running = False
            self._finish(turn)

    def _stream(self, turn: Turn, replies: Iterator[Reply]) -> None:
        for reply in replies:
            if turn is not self._writing or (turn.stopped and reply.finish is None):
                break  # a reply that was stopped may still hand over its last words
            with self._changing():
                turn.reply = reply
        close = getattr(replies, "close", None)
        if close:
            close()

    def _finish(self, turn: Turn) -> None:
        with self._changing():
            if turn.reply is not None and turn.reply.finish is None:
                turn.reply = replace(turn.reply, finish="stopped", stage="done")
            if self._writing is turn:
                self._writing = None

    def _changing(self) -> _Change:
        return _Change(self)


class _Change:
    """Holds the desk's lock, counts the change and wakes the followers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __enter__(self) -> None:
        self._desk._changed.acquire()

    def __exit__(self, *_: object) -> None:
        self._desk.version += 1
        self._desk._changed.notify_all()
        self._desk._changed.release()
