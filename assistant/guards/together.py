"""What shows only when things said apart are put side by side: ages, and going on after a no."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.guards.patterns import rules
from assistant.plain import own_words, plain
from assistant.reader import Heard
from assistant.turn import Exchange, Finding

SCORE = 0.95  # a convention, a little less than for one message that says it all
LAST = 6  # earlier messages that are looked at
JOINED_GATE = (
    0.99  # the reader on the last two messages as one; on dev anything from .9 up does the same
)
JOINED_LABEL = 0.97
REFUSED = {"L11": "no_contact", "L7": "clear_refused"}
# Who did what to whom is easily mixed up by the reader: a rule about the user's own doing
# outweighs its guess that the same was done to them.
MIRRORED = {
    "pursuit": {"stalked", "friend_in_danger"},
    "coercion": {"stalked", "control", "friend_in_danger"},
}
_MOVES = re.compile(
    r"\b(?:i'?m (?:going to|gonna)|im gonna|i'?ll|i (?:keep|still|go|went|drove))\b"
)


def across(text: str, history: Sequence[Exchange]) -> list[Finding]:
    """Findings that rest on two sentences or messages, one of them the newest."""
    newest = plain(text)
    earlier = [plain(turn.user.text) for turn in history[-LAST:]]
    found = []
    if words := _both(newest, earlier, "age_minor", "age_adult"):
        found.append(Finding("minor_adult", words, SCORE, "history"))
    if (words := _says(newest, "pursuit")) and _refused(newest, earlier, history):
        found.append(Finding("pursuit", words, SCORE, "history"))
    return found


def turned_about(found: dict[str, Finding], text: str) -> dict[str, Finding]:
    """The findings without what the reader guessed from the wrong side."""
    gone = {g for label, other in MIRRORED.items() if _by_rule(found.get(label)) for g in other}
    guess = found.get("stalked")
    if guess and not _by_rule(guess) and _says(plain(text), "their_no"):
        gone.add("stalked")
        if _MOVES.search(plain(text)):
            found = {"pursuit": replace(guess, label="pursuit"), **found}
    return {k: f for k, f in found.items() if k not in gone or _by_rule(f)}


def joined(heard: Heard, labels: Sequence[str]) -> list[Finding]:
    """Danger that the last two messages show together where neither does; only if very sure."""
    if heard.joined.get("any_safety", 0.0) < JOINED_GATE:
        return []
    label = max(labels, key=lambda name: heard.joined.get(name, 0.0))
    score = heard.joined.get(label, 0.0)
    return [Finding(label, heard.text[:120], score, "history")] if score >= JOINED_LABEL else []


def _by_rule(finding: Finding | None) -> bool:
    return finding is not None and finding.source != "reader"


def _both(newest: str, earlier: Sequence[str], one: str, other: str) -> str:
    """The newest words of two that have to be said, at least one of them just now."""
    now = [words for label in (one, other) if (words := _says(newest, label))]
    before = {label for label in (one, other) for text in earlier if _says(text, label)}
    complete = all(_says(newest, label) or label in before for label in (one, other))
    return now[0] if now and complete else ""


def _refused(newest: str, earlier: Sequence[str], history: Sequence[Exchange]) -> bool:
    known = history[-1].reply.reading.situation.signals if history else {}
    if any(known.get(code) == value for code, value in REFUSED.items()):
        return True
    return any(_says(text, "their_no") for text in (newest, *earlier))


def _says(text: str, label: str) -> str:
    for rule in rules("together"):
        if rule.label == label and (words := rule.words(own_words(text) if rule.own else text)):
            return words[:200]
    return ""
