"""Phrases of a draft that may land badly, each with where it stands and the words to put there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.guards.patterns import rules
from assistant.plain import plain
from assistant.tools.wording import DraftRule, draft_rules, wording

TACTICS = frozenset({"tactic", "silence_as_leverage"})

SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*|[.!?…]+")
QUOTED = re.compile(r"\"[^\"\n]{2,400}\"")
CAPITALS = re.compile(r"\b(?:I\s+)?[A-Z][A-Z']+(?:[\s,]+(?:[A-Z][A-Z']+|I)\b)+")
MARKS = re.compile(r"[!?]*\?[!?]+|!{3,}")
_CLAUSE = re.compile(r";\s+|,?\s+(?=(?:but|and|because|cuz)\s)", re.I)
_HURT = re.compile(r"\b(?:you|u)((?:'ve| have| really| just)*) hurt me\b(?! physically)", re.I)
_SHOWS = re.compile(
    r"\b(?:you|u) ((?:always |still |constantly )?)(?!read|see|saw|hear|hurt)([a-z]+)\b"
)


@dataclass(frozen=True, slots=True)
class Hit:
    """``instead`` is None where the words simply go. ``loud``: how it is written, not what."""

    start: int
    end: int
    why: str
    kind: str
    instead: str | None = None
    loud: bool = False


def findings(text: str) -> Iterator[Hit]:
    """Every phrase a rule names, in the order of the text, and loud writing."""
    for part in SENTENCE.finditer(text):
        for start, clause in clauses(part.group(0)):
            for hit in hits(clause, part.group(0)):
                at = part.start() + start
                yield Hit(at + hit.start, at + hit.end, hit.why, hit.kind, hit.instead)
    lines = wording()["draft"]
    for loud, why in ((CAPITALS, lines["shouting"]), (MARKS, lines["volume"])):
        for match in loud.finditer(text):
            yield Hit(match.start(), match.end(), why, "pressure", loud=True)


def clauses(sentence: str) -> list[tuple[int, str]]:
    """Parts of a sentence with where they begin, so that one bad part does not cost the rest."""
    starts = [0, *(m.end() for m in _CLAUSE.finditer(sentence))]
    ends = [*starts[1:], len(sentence)]
    return [(a, sentence[a:b]) for a, b in zip(starts, ends, strict=True)]


def hits(clause: str, sentence: str) -> Iterator[Hit]:
    for rule in draft_rules():
        for match in rule.pattern.finditer(clause):
            if match.group(0).strip() and not _is_spared(rule, match, sentence):
                yield _hit(rule, match)
    if _is_tactic(clause):
        yield Hit(0, len(clause), wording()["draft"]["tactic"], "bait", None)


def _hit(rule: DraftRule, match: re.Match[str]) -> Hit:
    instead = None if rule.instead is None else match.expand(rule.instead)
    return Hit(match.start(), match.end(), rule.why, rule.kind, instead)


def _is_spared(rule: DraftRule, match: re.Match[str], sentence: str) -> bool:
    """Quoted from someone, or in a sentence that the rule does not mean."""
    quotes = (quote.span() for quote in QUOTED.finditer(match.string))
    quoted = any(start <= match.start() and match.end() <= end for start, end in quotes)
    return quoted or bool(rule.unless and rule.unless.search(sentence))


def _is_tactic(clause: str) -> bool:
    told = list(third_person(plain(clause)))
    return any(r.words(t) for r in rules("output") if r.label in TACTICS for t in told)


def third_person(text: str) -> Iterator[str]:
    """The draft told about the other person, so that rules for a talk fit a message to them.

    A bare "you hurt me" is mostly about feelings in a message to the one who did it; the note
    says what to do where it is not.
    """
    felt = _HURT.sub(r"you\1 wounded me", text)
    mine = re.sub(r"\b(?:your|ur)\b", "their", felt)
    mine = re.sub(r"\byourself\b", "themself", mine)
    yield re.sub(r"\b(?:you|u)\b", "they", mine)
    yield re.sub(r"\b(?:you|u)\b", "them", mine)
    yield _SHOWS.sub(r"he \1\2s", re.sub(r"\b(?:you're|you are)\b", "he's", mine))


def tells_of_hurt(text: str) -> bool:
    """Whether it says "you hurt me", which may be about feelings or about more."""
    return bool(_HURT.search(text))
