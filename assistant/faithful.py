"""Does a reflection stay with what the user said? Checked in code, before anyone reads it.

Names, numbers, roles and facts must come from the message. A small model may word a feeling; it
is not trusted with who did what, so a line that talks about the other person's acts fails
unless the message holds the same words.
"""

from __future__ import annotations

import re
from pathlib import Path

_NUMBER = re.compile(
    r"\b(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|hundred|dozens?)\b", re.I
)
_NAME = re.compile(r"(?<![.!?\"“”:]\s)(?<!^)\b[A-Z][a-z]{2,}\b")
_OTHER = re.compile(
    r"\b(?:he|she|they|him|her|them|your (?:ex|partner|boyfriend|girlfriend|husband|wife|friend))\b",
    re.I,
)
_SENSE = re.compile(r"[a-z']+")
_ADVICE = re.compile(
    r"\b(?:you (?:should|must|need to|have to|can|could|might want)|try|consider|take (?:a|some|time)|let'?s|"
    r"remember|don'?t forget|make sure|it'?s (?:important|okay|ok|best|better) to|reach(?:ing)? out|talk to|"
    r"focus on|give yourself|allow yourself|be sure|why not|i (?:am|'m|will|can|understand|hear|feel|know))\b",
    re.I,
)
_PROMISE = re.compile(
    r"\b(?:will (?:be|get|come|pass|find|feel)|soon|one day|eventually|better days)\b", re.I
)
# Words that say how something feels and commit to no fact; the rest must be the user's own.
_COMMON = frozenset((Path(__file__).parent / "plain_words.txt").read_text(encoding="utf-8").split())
_BLAND = re.compile(
    r"\b(?:(?:difficult|tough|challenging|hard|sensitive|complex|tricky) (?:time|situation|one|thing|position|question|moment)|"
    r"great (?:start|idea)|good (?:start|idea|thing)|strong statement|by the situation|in (?:your|this|the) relationship|"
    r"sense of|mix of|important|communicat\w*|comfort zone|personal)\b",
    re.I,
)
_WEIGHS = re.compile(r"\b(?:might|may|could|would|if you|whether|worth|both of you|decide)\b", re.I)
_FRAME = frozenset(
    [
        "that",
        "this",
        "there",
        "have",
        "been",
        "with",
        "your",
        "you're",
        "you've",
        "wonder",
        "sounds",
        "sound",
        "like",
        "feel",
        "feeling",
        "feelings",
        "makes",
        "sense",
        "part",
        "really",
        "very",
        "much",
        "more",
        "from",
        "into",
        "when",
        "what",
        "just",
        "some",
        "even",
        "still",
        "about",
        "over",
    ]
)
_TO_YOU = re.compile(r"\b(?:you|your|you're|you've|that|this|it|there|no wonder)\b", re.I)
LEAST, MOST = 5, 26
MOST_FOREIGN = 0.34  # tuned by eye on lines of the default model


def faults(line: str, text: str) -> list[str]:
    """What is wrong with a reflection, given the message it answers; empty if it is fit."""
    source = text.lower()
    wrong = {
        "length": not LEAST <= len(line.split()) <= MOST,
        "form": "?" in line or "\n" in line,
        "not to the user": not _TO_YOU.search(line),
        "advice": bool(_ADVICE.search(line)),
        "promise": bool(_PROMISE.search(line)),
        "bland": bool(_BLAND.search(line)),
        "speaks for the other": bool(_OTHER.search(line)),
        "facts not in the message": _foreign_share(line, source) > MOST_FOREIGN,
        "nothing of the message": not _anchored(line, source),
        "weighs options": bool(_WEIGHS.search(line)),
    }
    return [name for name, holds in wrong.items() if holds] + invented(line, text)


def invented(line: str, text: str) -> list[str]:
    """Numbers and names in a line that the message does not hold."""
    source = text.lower()
    numbers = {n.lower() for n in _NUMBER.findall(line)} - {"two", "one"}
    wrong = {
        "number": any(number not in source for number in numbers),
        "name": any(name.lower() not in source for name in _NAME.findall(line)),
    }
    return [name for name, holds in wrong.items() if holds]


def _anchored(line: str, source: str) -> bool:
    """At least one telling word of the line, or its root, was the user's own."""
    words = [w for w in _SENSE.findall(line.lower()) if len(w) > 3 and w not in _FRAME]
    return any(_root(word) in source for word in words)


def _foreign_share(line: str, source: str) -> float:
    """Share of content words that neither the message nor plain feeling talk accounts for."""
    content = [w for w in _SENSE.findall(line.lower()) if w not in _COMMON and len(w) > 2]
    new = [w for w in content if _root(w) not in source]
    return len(new) / max(len(line.split()), 1) * 2


def _root(word: str) -> str:
    return re.sub(r"(?:ing|ed|es|s|ly|ness)$", "", word)[:6]
