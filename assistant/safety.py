"""Which vetted safety text is shown, and its help lines. Nothing here is generated."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant import helplines, texts
from assistant.guards.pushback import is_safe_now
from assistant.labels import SAFETY_LABELS
from assistant.turn import Exchange, Reading

# Warning signs of lethal violence (Campbell 2003, Glass 2008: references R71, R73).
_SEVERE = re.compile(
    r"\b(?:neck|throat|strangl\w*|chok\w*|knife|gun|weapon|machete|hammer|kill\w*|(?:shoot\w*|shot) (?:me|us)|stab\w*|suffocat\w*|"
    r"i(?:'ve| have)? (?:just )?left (?:him|her|them))\b",
    re.I,
)
# Who says that they will kill somebody and themselves is a danger to that somebody first.
_AT_YOU = re.compile(
    r"\b(?:kill|shoot|stab|strangle|choke|burn|drown|bury|hurt|finish|end) "
    r"(?:me|us|both of us|the (?:kids|children|baby)|(?:my|our) \w+)\b",
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
    if "other_self_harm" in labels and not ("violence" in labels or _AT_YOU.search(words)):
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
    name = name_in_talk(reading, words, history)
    text = texts.safety(name)
    told = not history or _new(reading, history[-1])
    going_on = bool(history) and history[-1].reply.reading.screening.route == "safety"
    easing = going_on and is_safe_now(words)
    body = text.easing if easing else text.turn(_shown(name, history), told)
    lines = helplines.block(country, text.purposes)
    if "$lines" not in body:
        body += "\n\n$lines"
    if reading.screening.pattern:
        body = texts.reply("decline")["with_safety"] + "\n\n" + body
    return texts.fill(body, {"lines": lines})


def name_in_talk(reading: Reading, words: str, history: Sequence[Exchange]) -> str:
    """The text that fits this turn of a talk: that of the last turn where no new danger is told, or
    only a milder form of the same."""
    named = text_name(reading, words)
    last = history[-1] if history else None
    if last is None or last.reply.reading.screening.route != "safety":
        return named
    before = name_in_talk(last.reply.reading, last.user.text, history[:-1])
    return named if _new(reading, last) and named not in _MILDER_FORMS.get(before, ()) else before


_MILDER_FORMS = {
    "danger_severe": ("danger", "danger_fear", "danger_control"),
    "danger": ("danger_fear",),
    "self_harm": ("self_harm_gentle",),
}


def _new(reading: Reading, last: Exchange) -> bool:
    """A danger is named in this turn, or a dark thought was just said to be about suicide."""
    before = last.reply.reading.situation.signals
    stated = reading.situation.signals.get("S5") == 2 and before.get("S5") != 2
    return stated or bool(reading.screening.labels() & set(SAFETY_LABELS))


def _shown(name: str, history: Sequence[Exchange]) -> int:
    """How many safety replies of this talk were of this text: a danger told anew gets its first."""
    return sum(
        turn.reply.reading.screening.route == "safety"
        and name_in_talk(turn.reply.reading, turn.user.text, history[:number]) == name
        for number, turn in enumerate(history)
    )
