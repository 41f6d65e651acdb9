"""One page shows the turn: the order of the stages, one generator, values in and values out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from assistant import compose, helplines, safety, texts
from assistant.errors import GenerationStopped
from assistant.free import Draft, FreeWriter
from assistant.guards.pushback import is_denial
from assistant.listening import Listener
from assistant.quoting import telling_words
from assistant.settings import MAX_CHARS, Settings
from assistant.turn import (
    Citation,
    Exchange,
    Reading,
    Reply,
    Timings,
    UserTurn,
)
from assistant.wording import Wording, Writer
from knowledge.cards import Card, Library
from knowledge.index import Scored

MOST_CARDS = 8
# The best card's probability below which no card's own ideas are said: the third of 80 dev messages
# about which least is sure. Of the third below it own ideas once fitted for 30%, above for 55% (docs/knowledge.md).
UNSURE = 0.27
# Cards about how it may turn out and about boldness: not after a danger was told of.
HOPEFUL = frozenset({"no-guarantee", "fear-or-clarity"})
CLOSE = 0.3  # of the best card's score; a lower one is often about something else


@dataclass(slots=True)
class Assistant:
    """The whole companion. ``turn`` streams growing replies; nothing is kept between calls."""

    settings: Settings
    listener: Listener
    library: Library
    writer: Writer
    free: FreeWriter | None = None  # writes whole replies, where the model can carry them

    def read(
        self, history: Sequence[Exchange], user: UserTurn, now: datetime | None = None
    ) -> Reading:
        """What was heard in a message and what it suggests, without writing a reply."""
        return self.listener.read(history, user, now)

    def stop(self) -> None:
        """End the running reply, also while the model still reads its prompt."""
        self.writer.stop()

    def turn(
        self,
        history: Sequence[Exchange],
        user: UserTurn,
        *,
        country: str | None = None,
        now: datetime | None = None,
        aside: Sequence[str] = (),
    ) -> Iterator[Reply]:
        """Growing snapshots of one reply; the last one has ``finish`` set.

        Closing the generator stops the model. ``country`` chooses the help lines. ``aside``
        holds replies to this message that the person asked to have written anew: what they
        said is not said again where there is something else to say.
        """
        clock = _Clock()
        if len(user.text) > MAX_CHARS:
            user = replace(user, text=_ends_of(user.text))
            long = True
        else:
            long = False
        reading, heard = self.listener.hear(history, user, now)
        clock.mark("screen")
        route = reading.screening.route
        if route == "safety":
            text = safety.reply_text(reading, user.text, history, country)
            yield _vetted(text, reading, clock)
        elif long:
            yield _vetted(_section("too_long", history), reading, clock)
        elif route == "offtopic":
            yield _vetted(_offtopic(reading, history, country), reading, clock)
        elif route == "decline":
            yield _vetted(compose.declined(reading, history, user.text, aside), reading, clock)
        else:
            ranked = self.listener.find(history, user.text, heard, reading)
            clock.mark("retrieve")
            danger = compose.careful(reading)
            ranked = [item for item in ranked if not (danger and item.slug in HOPEFUL)]
            cards = _spoken(ranked, self.library, danger or compose.tender(reading))
            write = self._write if self.free else self._reflect
            yield from write(history, user, reading, cards, aside, clock)

    def _write(
        self,
        history: Sequence[Exchange],
        user: UserTurn,
        reading: Reading,
        cards: Sequence[Card],
        aside: Sequence[str],
        clock: _Clock,
    ) -> Iterator[Reply]:
        """The whole reply by the model, a checked sentence at a time (``free``)."""
        assert self.free
        parts = compose.choose(reading, cards, history, user.text, aside)
        start = _started(reading, history, parts, cards)
        draft = Draft()
        before = clock.elapsed()
        try:
            for draft in self.free.write(history, user.text, reading, cards, parts):
                clock.marks.setdefault("first_shown", clock.elapsed())
                yield replace(start, text=draft.text, mode="free")
        except GenerationStopped:
            yield replace(start, text=draft.text, mode="free", stage="done", finish="stopped")
            return
        clock.first_token = before + draft.first_token
        yield replace(
            start,
            text=draft.text,
            mode="free",
            stage="done",
            citations=_cited(cards, draft.text),
            finish="stop" if draft.whole else "fallback",
            usage=draft.usage,
            timings=clock.timings(),
            guard=tuple(draft.dropped),
            notice=_joined(start.notice, _left_out(draft.left_out)),
        )

    def _reflect(
        self,
        history: Sequence[Exchange],
        user: UserTurn,
        reading: Reading,
        cards: Sequence[Card],
        aside: Sequence[str],
        clock: _Clock,
    ) -> Iterator[Reply]:
        parts = compose.choose(reading, cards, history, user.text, aside)
        start = _started(reading, history, parts, cards)
        answering = bool(history) and is_denial(user.text)  # "no, never" is not worth giving back
        quote = None if answering else telling_words(user.text, _quoted_before(history))
        shown = f"“{quote}.” " if quote else ""
        clock.mark("first_shown")
        yield replace(start, text=shown.strip())
        before = clock.elapsed()
        try:
            said = compose.said_before(history, aside)
            wording = self.writer.reflect(user.text, quote, reading, said)
        except GenerationStopped:
            yield replace(start, text=shown.strip(), stage="done", finish="stopped", question=None)
            return
        clock.first_token = before + wording.first_token
        text = compose.assemble(shown + wording.line, parts)
        yield self._finished(start, parts, text, wording, clock)

    def _finished(
        self,
        start: Reply,
        parts: compose.Parts,
        text: str,
        wording: Wording,
        clock: _Clock,
    ) -> Reply:
        return replace(
            start,
            text=text,
            stage="done",
            citations=_cited([parts.card] if parts.card else [], text),
            finish=wording.finish,
            usage=wording.usage,
            timings=clock.timings(),
            guard=wording.rejected,
        )


@dataclass(slots=True)
class _Clock:
    """Milliseconds since the turn began, by stage."""

    started: float = field(default_factory=time.perf_counter)
    marks: dict[str, float] = field(default_factory=dict)
    first_token: float = 0.0

    def elapsed(self) -> float:
        return (time.perf_counter() - self.started) * 1000

    def mark(self, stage: str) -> None:
        self.marks[stage] = self.elapsed()

    def timings(self) -> Timings:
        total = self.elapsed()
        screen = self.marks.get("screen", 0.0)
        retrieve = self.marks.get("retrieve", screen) - screen
        shown = self.marks.get("first_shown", total)
        return Timings(screen, retrieve, self.first_token, shown, total)


def _spoken(ranked: Sequence[Scored], library: Library, wary: bool = False) -> list[Card]:
    """The cards worth speaking from: none that fits far less well than the best. Where no card is
    likely to be meant, or a wrong one would hurt most (``wary``: a danger or a dark thought was
    heard in this talk), those that have an idea which takes nothing for granted, and that idea."""
    if wary or max((item.chance for item in ranked), default=1.0) < UNSURE:
        cards = [library.cards[item.slug] for item in ranked]
        return [card.standing_in() for card in cards if card.wide]
    close = [item for item in ranked[:MOST_CARDS] if item.score >= CLOSE * ranked[0].score]
    return [library.cards[item.slug] for item in close]


def _started(
    reading: Reading, history: Sequence[Exchange], parts: compose.Parts, cards: Sequence[Card]
) -> Reply:
    """A reply of which everything is known but its words."""
    shown = dict.fromkeys(card.id for card in (*cards[:3], parts.card) if card)
    question, notice = parts.question or None, _notice(reading, history)
    return Reply("", reading, "writing", tuple(shown), question=question, notice=notice)


def _cited(cards: Sequence[Card], text: str) -> tuple[Citation, ...]:
    return tuple(Citation(card.id, card.title) for card in cards if f"[{card.id}]" in text)


def _left_out(messages: int) -> str | None:
    if not messages:
        return None
    return f"This talk is long: the model no longer sees its first {messages // 2} turns."


def _joined(*notices: str | None) -> str | None:
    return " ".join(filter(None, notices)) or None


def _vetted(text: str, reading: Reading, clock: _Clock) -> Reply:
    question = _question_in(text)
    return Reply(
        text,
        reading,
        "done",
        finish="vetted",
        mode="vetted",
        timings=clock.timings(),
        question=question,
    )


def _notice(reading: Reading, history: Sequence[Exchange]) -> str | None:
    """What stands beside a reply: the device caution where the watching was heard, and in the first
    ordinary reply after a danger that it is not forgotten."""
    fresh = {"S3", "S11"} & reading.situation.fresh
    device = bool(fresh) and "device_note" in reading.stance.modifiers
    last = history[-1].reply if history else None
    back = last and last.reading.screening.route == "safety" and not texts.eased(last.text)
    names = [n for n, holds in (("device_note", device), ("way_back", back)) if holds]
    return " ".join(texts.safety(name).first for name in names) or None


def _question_in(text: str) -> str | None:
    """The question a vetted text asks, so that the next message is read as its answer."""
    asked = [part for part in texts.sentences(text) if part.endswith("?")]
    return asked[-1] if asked else None


def _offtopic(reading: Reading, history: Sequence[Exchange], country: str | None) -> str:
    name = _FIXED.get(reading.screening.form, "offtopic")
    lines = helplines.block(country, ("crisis_text", "partner_abuse"))
    return texts.fill(_section(name, history), {"lines": lines})


# Replies of their own to what is no talk about a relationship.
_FIXED = {"not_english": "not_english", "goodbye": "closing"}


def _section(name: str, history: Sequence[Exchange]) -> str:
    """The reply's next text that this talk has not shown yet."""
    options = texts.sections(name)
    said = {turn.reply.text[:40] for turn in history}
    return next((text for text in options if text[:40] not in said), options[-1])


def _ends_of(text: str) -> str:
    """Beginning and end of a message far beyond what can be read: where danger is mostly said."""
    half = MAX_CHARS // 2
    return text[:half] + "\n" + text[-half:]


def _quoted_before(history: Sequence[Exchange]) -> frozenset[str]:
    return frozenset(
        turn.reply.text.split(".”")[0].removeprefix("“")
        for turn in history
        if "”" in turn.reply.text
    )
