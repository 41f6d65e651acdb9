"""Everything that is known of a message before a word is written: no language model involved."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from assistant import guards, situation, stance
from assistant.guards.pushback import is_denial
from assistant.reader import Heard, Reader
from assistant.turn import Category, Exchange, Reading, Screening, Situation, Stance, UserTurn
from knowledge.index import CardRetriever, Scored

# Category of an override that a person's answer set, when no guard heard it in the words.
_CATEGORIES: dict[str, Category] = {
    "H1": "self_harm",
    "H2": "danger",
    "H3": "danger",
    "H4": "minor",
    "H6": "harm_to_other",
    "H8": "danger",
    "H9": "self_harm",
}
# Silence, distance or an end has come up, so that safety has to be asked about first.
_EXIT = re.compile(
    r"\bcut\w* .{0,12}\b(?:off|out|contact)\b|\bno.?contact\b|\b(?:block|ghost|dump|leav|ignor|divorc)\w*"
    r"|\bsilen\w+|\b(?:break|split)\w* up\b|\bend (?:it|this|things)\b|\bwalk away\b|\bmove out\b"
    r"|\b(?:space|pause|distance|disappear|vanish)\b|\bpull\w* (?:back|away)\b|\blet (?:him|her|them) go\b"
    r"|\b(?:stop|quit)\w* (?:text|reply|talk|messag|answer)\w*",
    re.I,
)


FEW = 6  # words from which a message can be about something
PLAIN_NO = 12  # words up to which a no only answers; a longer one goes on to tell something


@dataclass(frozen=True, slots=True)
class Listener:
    """Screens, reads and decides, and finds cards. Safe to share between threads."""

    reader: Reader
    retriever: CardRetriever

    def read(
        self, history: Sequence[Exchange], user: UserTurn, now: datetime | None = None
    ) -> Reading:
        """Route, signals and stance of the newest message, given the talk so far."""
        return self.hear(history, user, now)[0]

    def hear(
        self, history: Sequence[Exchange], user: UserTurn, now: datetime | None = None
    ) -> tuple[Reading, Heard]:
        """As ``read``, with the reader's vector for retrieval."""
        started = time.perf_counter()
        asked = user.asked or (history[-1].reply.question if history else None)
        before = history[-1].user.text if history else ""
        heard = self.reader.read(user.text, asked, before)
        screening = guards.screen(user.text, heard, _asked_as(history, asked))
        earlier = history[-1].reply.reading.situation if history else None
        known = situation.read(user, heard, screening, asked, earlier)
        weighing = any(_EXIT.search(t) for t in (user.text, *(e.user.text for e in history)))
        decided = stance.decide(known, _asked(history, known), now, weighing=weighing)
        screening, decided = _agree(screening, known, decided)
        hints = {label: round(hit.score, 3) for label, hit in heard.guards.items()}
        ms = (time.perf_counter() - started) * 1000
        return Reading(screening, known, decided, ms, hints), heard

    def find(
        self, history: Sequence[Exchange], text: str, heard: Heard, reading: Reading
    ) -> list[Scored]:
        """Cards for the message, best first. One that says too little by itself is read with the
        last one that said more; a plain no adds nothing to that one."""
        told = [turn.user.text for turn in history if not _says_little(turn.user.text)]
        if told and _says_little(text):
            said = told[-1] if is_denial(text) else f"{told[-1]} {text}"
            return self.retriever.rank(said, None, reading.stance.path)
        return self.retriever.rank(text, heard.vector, reading.stance.path)


def _says_little(text: str) -> bool:
    """A few words, or a plain no to a question: nothing that a card could be about."""
    words = len(text.split())
    return words < FEW or (words <= PLAIN_NO and is_denial(text))


def _asked_as(history: Sequence[Exchange], asked: str | None) -> Sequence[Exchange]:
    """The history, its last question replaced where the caller knows what was really asked."""
    if not history or asked == history[-1].reply.question:
        return history
    last = history[-1]
    return [*history[:-1], replace(last, reply=replace(last.reply, question=asked))]


def _asked(history: Sequence[Exchange], newest: Situation) -> list[stance.Asked]:
    """The model's own questions so far, each with whether the next message answered it."""
    found = []
    for i, turn in enumerate(history):
        key = turn.reply.reading.stance.asks
        if key and key != "silent" and turn.reply.reading.screening.route == "reflect":
            after = history[i + 1].reply.reading.situation if i + 1 < len(history) else newest
            found.append(stance.Asked(key, stance.answers(key, after.fresh)))
    return found


def _agree(screening: Screening, known: Situation, decided: Stance) -> tuple[Screening, Stance]:
    """Guard and decision model must tell one story.

    A danger set by an answer to a question routes to safety. A danger that was answered in an
    earlier turn no longer does, but its prohibitions stay: no pause, no exit, no confrontation.
    """
    if screening.route == "safety":
        if decided.path != "SAFETY" and not screening.labels() & {"dark_thoughts"}:
            rule = _rule_of(screening)
            decided = replace(decided, path="SAFETY", rule=rule, question=None, asks=None)
        return screening, decided
    if screening.route != "reflect":
        decided = replace(decided, question=None, asks=None)
    if decided.rule not in _CATEGORIES:
        return screening, decided
    if _newly_dangerous(known):
        category = _CATEGORIES[decided.rule]
        return replace(screening, route="safety", category=category, score=0.9), decided
    return screening, replace(decided, path="NEITHER_WAIT", question=None, asks=None)


def _newly_dangerous(known: Situation) -> bool:
    fresh = {c for c in known.fresh if c.startswith("S") and known.signals.get(c) not in {0, None}}
    minor_peer = {"S7"} if known.signals.get("S7") == 1 else set()
    ploy = {"S10"} if known.signals.get("S10") == 1 else set()
    return bool(fresh - minor_peer - ploy - {"S11"})


def _rule_of(screening: Screening) -> str:
    return next((rule for rule, c in _CATEGORIES.items() if c == screening.category), "H2")
