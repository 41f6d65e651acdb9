"""Take-away note: a talk in the person's own words, as plain text for someone they choose.

Only three things go in: literal words of the user, the signals in people-written words, and
people-written lines. Nothing the model wrote is repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from assistant.plain import sentences
from assistant.quoting import telling_words
from assistant.texts import PROMPTS, fill, toml
from assistant.tools.wording import wording
from assistant.turn import Exchange, Situation, Value

FIRST, LAST = 4, 8  # messages quoted from the beginning and from the end of a long talk
MOST_QUESTIONS = 5
MOST_UNKNOWN = 5
MOST_CHARS = 240  # of one quoted sentence
MOST_EVIDENCE = 120


def take_away(history: Sequence[Exchange]) -> str:
    """The note; the warning about who may read it comes first. "" for an empty talk."""
    if not history:
        return ""
    lines = wording()["note"]
    parts = [
        lines["warning"],
        lines["danger"] if _spoke_of_danger(history) else "",
        lines["title"],
        _section(lines["said"], _said(history)),
        _section(lines["heard"], _heard(history) or [lines["heard_none"]]),
        _section(lines["asked"], _asked(history)),
        _section(lines["unclear"], _unclear(history)),
        _section(lines["might"], lines["helps"][history[-1].reply.reading.stance.path]),
        lines["blank"],
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(title: str, items: Sequence[str]) -> str:
    return "\n".join((title, *(f"- {item}" for item in items))) if items else ""


def _spoke_of_danger(history: Sequence[Exchange]) -> bool:
    return any(turn.reply.reading.screening.route == "safety" for turn in history)


def _said(history: Sequence[Exchange]) -> list[str]:
    quotes = [f"“{words}”" for turn in history if (words := _own(turn.user.text))]
    quotes = list(dict.fromkeys(quotes))
    if len(quotes) <= FIRST + LAST:
        return quotes
    return [*quotes[:FIRST], wording()["note"]["left_out"], *quotes[-LAST:]]


def _own(text: str) -> str:
    """The whole sentence that holds the most telling words, as the user wrote it."""
    parts = [part for line in text.splitlines() for part in sentences(line) if part in text]
    telling = telling_words(text)
    chosen = next((p for p in parts if telling and telling in p), parts[0] if parts else "")
    return _cut(chosen, MOST_CHARS)


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[:most].rsplit(" ", 1)[0] + " …"


def _heard(history: Sequence[Exchange]) -> list[str]:
    situation = history[-1].reply.reading.situation
    said = "\n".join(turn.user.text for turn in history)
    return [
        line + _source(code, situation, said)
        for code, value in situation.signals.items()
        for line in _in_words(code, value)
    ]


def _in_words(code: str, value: Value) -> list[str]:
    fields = _signals().get(code, {})
    if isinstance(value, int) and "number" in fields:
        return [fill(fields["number"], {"n": str(value)})]
    values = value if isinstance(value, list) else [value]
    meanings = fields.get("is", {})
    return [meanings[str(v)] for v in values if str(v) in meanings]


def _source(code: str, situation: Situation, said: str) -> str:
    """Where a signal came from: the user's hand, or their words if those are literally there."""
    lines = wording()["note"]
    if code in situation.corrected:
        return f" ({lines['by_hand']})"
    words = situation.evidence.get(code, "").strip()
    at = said.lower().find(words.lower()) if words else -1
    if at < 0:
        return ""
    literal = " ".join(_cut(said[at : at + len(words)], MOST_EVIDENCE).split())
    return f" ({fill(lines['from_words'], {'words': literal})})"


def _asked(history: Sequence[Exchange]) -> list[str]:
    asked = [
        f"“{_cut(sentence, MOST_CHARS)}”"
        for turn in history
        for line in turn.user.text.splitlines()
        for sentence in sentences(line)
        if sentence.endswith("?")
    ]
    return list(dict.fromkeys(asked))[-MOST_QUESTIONS:]


def _unclear(history: Sequence[Exchange]) -> list[str]:
    stance = history[-1].reply.reading.stance
    named = [_signals()[code]["unknown"] for code in stance.unknown if code in _signals()]
    return [*named[:MOST_UNKNOWN], *([stance.question] if stance.question else [])]


@cache
def _signals() -> dict[str, dict[str, Any]]:
    return toml(PROMPTS / "signals.toml")
