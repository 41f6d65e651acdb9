"""Which vetted safety text is shown, and its help lines. Nothing here is generated."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant import helplines, texts
from assistant.guards.pushback import is_safe_now
from assistant.turn import Exchange, Reading

# Warning signs of lethal violence (Campbell 2003, Glass 2008: references R71, R73).
_SEVERE = re.compile(
    r"\b(?:neck|throat|strangl\w*|chok\w*|knife|gun|weapon|machete|hammer|kill\w*|suffocat\w*|"
    r"i(?:'ve| have)? (?:just )?left (?:him|her|them))\b",
    re.I,
)


def text_name(reading: Reading, words: str) -> str:
    """The file of ``prompts/safety`` that fits what was heard and whom the reply speaks to."""
    screening, labels = reading.screening, reading.screening.labels()
    if screening.category == "self_harm":
        return _self_harm(reading, labels)
    if screening.category == "minor":
        return "minor_friend" if screening.form == "friend" else "minor_adult"
    if screening.category == "harm_to_other":
        if "harm_intent" in labels:
            return "harm_intent"
        if "own_violence" in labels:
            return "own_harm"
        return "harm_to_other_youth" if screening.form == "youth" else "harm_to_other"
    return _danger(reading, labels, words)


def _self_harm(reading: Reading, labels: frozenset[str]) -> str:
    if reading.screening.form == "friend":
        return "self_harm_friend"
    if reading.screening.form == "youth":
        return "self_harm_youth"
    stated = "self_harm" in labels or reading.situation.signals.get("S5") == 2
    return "self_harm" if stated else "self_harm_gentle"


def _danger(reading: Reading, labels: frozenset[str], words: str) -> str:
    if reading.screening.form == "friend":
        return _friend(labels, words)
    if reading.screening.form == "youth":
        return "danger_youth"
    if "other_self_harm" in labels and "violence" not in labels:
        return "other_self_harm"
    signals = reading.situation.signals
    if labels & {"violence", "threats"} or any(signals.get(c) for c in ("S1", "S2")):
        return "danger_severe" if _SEVERE.search(words) else "danger"
    for label, signal, name in _MILDER:
        if label in labels or signals.get(signal):
            return name
    return "danger_fear"


_MILDER = (
    ("stalked", "S4", "stalked"),
    ("other_self_harm", "S6", "other_self_harm"),
    ("control", "S3", "danger_control"),
)


def _friend(labels: frozenset[str], words: str) -> str:
    if "minor_adult" in labels:
        return "minor_friend"
    if re.search(r"kill (?:her|him|them)sel|suicid|wants to die", words, re.I):
        return "self_harm_friend"
    return "stalked_friend" if "stalked" in labels else "danger_friend"


def reply_text(
    reading: Reading, words: str, history: Sequence[Exchange], country: str | None
) -> str:
    """The vetted reply with the country's lines; later turns get the next text, never the same.

    An ask that is declined stays declined under safety, in one fixed sentence.
    """
    text = texts.safety(text_name(reading, words))
    earlier = _in_a_row(history)
    body = text.easing if earlier and is_safe_now(words) else text.turn(earlier)
    lines = helplines.block(country, text.purposes)
    if "$lines" not in body:
        body += "\n\n$lines"
    if reading.screening.pattern:
        body = texts.reply("decline")["with_safety"] + "\n\n" + body
    return texts.fill(body, {"lines": lines})


def _in_a_row(history: Sequence[Exchange]) -> int:
    count = 0
    for turn in reversed(history):
        if turn.reply.reading.screening.route != "safety":
            break
        count += 1
    return count
