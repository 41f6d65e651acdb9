"""One tab's open talk, in this process's memory and, unless it is being kept, nowhere else.

A reply is written in a thread that belongs to the talk and not to the page, so a reload takes
up the same reply where it is. Dropping the desk drops every word.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from assistant.errors import StillpointError
from assistant.turn import Exchange, Reply, UserTurn, Value
from ui.boot import UNEXPECTED, Boot
from ui.keeping import KeptTalk
from ui.talk import UNREAD, Look, Turn

log = logging.getLogger("stillpoint.ui")
UPDATE_S = 0.04  # one update of the page: more often only makes the browser lag
CHECK_S = 0.5
POLL_S = 0.2  # how soon a turn that waits for its time hears that it was stopped
BEAT_S = 3.0  # the page hears at least this often, so that it can tell a wait from a break
MOST_DRAFT = 20_000  # characters
MOST_ASIDE = 5  # earlier replies to one message that a new one shall not repeat
CUT_OFF = (
    "No finished reply to this was kept: it was stopped, or the program ended. “Write again” "
    "answers it anew."
)


def local_time() -> datetime:
    """The night has a rule of its own: what can wait for daylight is not sent."""
    return datetime.now()


@dataclass
class Desk:
    """The talk. Every change raises ``version`` and wakes whoever follows it."""

    boot: Boot
    country: str | None = None
    look: Look = field(default_factory=Look)
    draft: str = ""
    turns: list[Turn] = field(default_factory=list)
    talk: KeptTalk | None = None
    notice: str = ""
    version: int = 0
    closed: bool = False
    born: str = field(default_factory=lambda: secrets.token_hex(4))
    _writing: Turn | None = None
    _ids: Iterator[int] = field(default_factory=lambda: count(1))
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _putting: threading.Lock = field(default_factory=threading.Lock)

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
            self._cut(place)
            self._begin(UserTurn(text.strip()))

    def again(self) -> None:
        """Write the last reply anew, and differently."""
        if not self.turns or self.busy:
            return
        old = self.turns[-1]
        said = (old.reply.text,) if old.reply and old.reply.text else ()
        self._cut(len(self.turns) - 1)
        self._begin(old.user, (*old.aside, *said)[-MOST_ASIDE:])

    def undo(self) -> None:
        """Take back the last message and its reply; its words return to the box."""
        if self.turns and not self.busy:
            self.draft = self.turns[-1].user.text
            self._cut(len(self.turns) - 1)

    def clear(self, notice: str = "") -> None:
        """A new talk; the words of this one are dropped from memory."""
        turn = self._writing
        self.stop()
        if turn is not None and self.talk is not None:
            self._end(turn)  # in the file it stays as far as it was written
        with self._changing():
            self.turns, self.draft, self._writing = [], "", None
            self.talk, self.notice = None, notice

    def correct(self, turn_id: int, code: str, value: Value) -> None:
        """Read a message again with a signal set by the person's own hand.

        What was heard later stands on it, so the later messages are read again too.
        """
        place = self._place(turn_id)
        if place is None or self.busy or self.turns[place].reply is None:
            return
        assistant, now = self.boot.wait(), local_time()
        turn = self.turns[place]
        turn.user = replace(turn.user, set={**turn.user.set, code: value})
        for later in self.turns[place:]:
            if later.reply is not None:
                reading = assistant.read(self._before(later), later.user, now)
                later.reply = replace(later.reply, reading=reading)
                self._keep(later)
        self.touch()

    # ---- a talk that is being kept ---------------------------------------------------------

    def keep(self, talk: KeptTalk) -> None:
        """Keep this talk from its beginning."""
        self.talk = talk
        for turn in self.turns:
            self._keep(turn)
        self.touch()

    def resume(self, talk: KeptTalk, exchanges: Sequence[Exchange]) -> None:
        """Go on in a kept talk; the one that was open here is dropped from memory."""
        self.clear()
        with self._changing():
            self.talk = talk
            self.turns = [self._kept_turn(n, exchange) for n, exchange in enumerate(exchanges)]

    def put_away(self, notice: str) -> None:
        """Before the file is locked: drop a kept talk from memory."""
        if self.talk is not None:
            self.clear(notice)

    def stop(self) -> None:
        """End the reply being written; what is there stays."""
        turn = self._writing
        if turn is None:
            return
        turn.stopped = True
        if self.boot.assistant is not None and turn.running:
            self.boot.assistant.stop()

    def close(self) -> None:
        """Drop everything, now; what is kept is kept up to the last word."""
        self.closed = True
        self.clear()

    def tell(self, notice: str) -> None:
        """A line above the box until the next message."""
        with self._changing():
            self.notice = notice

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

    def _before(self, turn: Turn) -> list[Exchange]:
        earlier = self.turns[: self.turns.index(turn)]
        return [done for turn in earlier if (done := turn.exchange())]

    def _kept_turn(self, place: int, exchange: Exchange) -> Turn:
        """A turn from the file; one without an ending was being written when all stopped."""
        turn = Turn(next(self._ids), exchange.user, exchange.reply, place=place)
        if exchange.reply.finish is None:
            turn.reply, turn.fault = None, CUT_OFF
        return turn

    def _keep(self, turn: Turn) -> None:
        """On the disk before more follows. Where that fails the reply goes on, and it is said."""
        with self._putting:
            talk = self.talk
            if talk is None or not any(turn is open_turn for open_turn in self.turns):
                return
            try:
                turn.place = talk.put(turn.place, Exchange(turn.user, turn.reply or UNREAD))
                turn.unkept = ""
            except StillpointError as error:
                turn.unkept = f"This could not be kept. {error}"

    def _cut(self, place: int) -> None:
        """Drop a turn and all after it, from the file too; a fault leaves everything as it was."""
        places = [turn.place for turn in self.turns[place:] if turn.place is not None]
        if self.talk is not None and places:
            self.talk.cut(min(places))
        with self._changing():
            del self.turns[place:]

    def _begin(self, user: UserTurn, aside: tuple[str, ...] = ()) -> None:
        turn = Turn(next(self._ids), user, aside=aside)
        with self._changing():
            self.turns.append(turn)
            self._writing, self.notice = turn, ""
        self._keep(turn)  # its words are safe before anybody waits for a model
        threading.Thread(target=self._write, args=(turn,), daemon=True).start()

    def _write(self, turn: Turn) -> None:
        try:
            if not self._turn_comes(turn):
                return
            try:
                assistant = self.boot.wait()
                turn.running = True
                before, now = self._before(turn), local_time()
                replies = assistant.turn(
                    before, turn.user, country=self.country, now=now, aside=turn.aside
                )
                self._stream(turn, replies)
            finally:
                turn.running = False
                self.boot.writing.release()
        except StillpointError as error:
            turn.fault = str(error)
        except Exception as error:  # the edge: shown to the person, named in the log
            log.error("turn failed: %s", type(error).__name__)
            turn.fault = UNEXPECTED
        finally:
            if turn is self._writing:
                self._end(turn)

    def _turn_comes(self, turn: Turn) -> bool:
        """Waits for the model and for another tab's reply; False when stopped meanwhile."""
        while not (self.boot.settled(POLL_S) and self.boot.writing.acquire(timeout=POLL_S)):
            if turn.stopped:
                return False
        if turn is not self._writing:
            self.boot.writing.release()
            return False
        return True

    def _stream(self, turn: Turn, replies: Iterator[Reply]) -> None:
        for reply in replies:
            if turn is not self._writing or (turn.stopped and reply.finish is None):
                break  # a reply that was stopped may still hand over its last words
            with self._changing():
                turn.reply = reply
            if turn.place is None:
                self._keep(turn)
        close = getattr(replies, "close", None)
        if close:
            close()

    def _end(self, turn: Turn) -> None:
        if turn.reply is not None and turn.reply.finish is None:
            turn.reply = replace(turn.reply, finish="stopped", stage="done")
        self._keep(turn)
        with self._changing():
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
