"""The house rules a card's words must keep, as a linter: lengths, plainness, fairness, honesty.

The patterns for promises, mind-reading and diagnosis are about *statements*; a card may name
the very thing to say that nobody can know it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge import readability

if TYPE_CHECKING:
    from knowledge.cards import Card

SHINGLES = Path(__file__).parent / "shingles.txt"
RUN = 6  # words in a row that may not be shared with the source article

IDEA_GRADE, SAID_GRADE = 10.0, 9.0

PROMISE = re.compile(
    r"\b(?:they|he|she|your ex)(?: will|['’]ll) (?:\w+ )?(?:miss|return|regret|come back|realise|"
    r"realize|crave)|\b(?:always works|guaranteed?\b|science proves|studies show that you will)",
    re.I,
)
DIAGNOSIS = re.compile(
    r"\b(?:narcissis\w+|sociopath\w*|psychopath\w*|borderline|bipolar|gasligh\w+|"
    r"toxic (?:person|partner|ex)|(?:is|are) (?:an? )?avoidant|trauma bond\w*)\b",
    re.I,
)
GENDERED = re.compile(r"\b(?:he|she|him|her|his|hers|boyfriend|girlfriend|husband|wife)\b", re.I)
ADVICE = re.compile(
    r"\b(?:block (?:them|their)|go (?:silent|quiet|no contact)|cut (?:them|it) off|leave them|"
    r"break up|confront)\b",
    re.I,
)
TOO_SURE = re.compile(
    r"\b(?:research|science|studies) (?:\w+ ){0,2}(?:show|prove|find|confirm)s?\b", re.I
)


def faults_of_card(card: Card) -> Iterator[str]:
    """Each broken rule, with the words that break it."""
    yield from _lengths(card)
    yield from _plainness(card)
    yield from _fairness(card)
    yield from _honesty(card)
    yield from _originality(card)


def shared_runs(text: str) -> list[str]:
    """Runs of six words that also stand in the source article."""
    found = re.findall(r"[a-z0-9']+", text.lower().replace("’", "'"))
    runs = (" ".join(found[i : i + RUN]) for i in range(len(found) - RUN + 1))
    return [run for run in runs if hashlib.sha256(run.encode()).hexdigest()[:12] in _article()]


@cache
def _article() -> frozenset[str]:
    lines = SHINGLES.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _count(text: str) -> int:
    return len(text.split())


def _lengths(card: Card) -> Iterator[str]:
    yield from _between("note", [card.note], 8, 35)
    yield from _between("the idea", [card.idea], 60, 120)
    yield from _between("insight", card.ideas, 8, 42)
    yield from _between("step", card.steps, 6, 38)
    for name, items, least in (
        ("insights", card.insights, 4),
        ("steps", card.steps, 4),
        ("questions", card.questions, 3),
        ("triggers", card.triggers, 8),
    ):
        if len(set(items)) < least:
            yield f"needs at least {least} different {name}, has {len(set(items))}"
    for question in card.questions:
        if question.count("?") != 1 or not question.endswith("?"):
            yield f"a question must end with its only question mark: {question!r}"


def _between(name: str, texts: Iterable[str], least: int, most: int) -> Iterator[str]:
    for text in texts:
        if not least <= _count(text) <= most:
            yield f"{name} must have {least} to {most} words, has {_count(text)}: {text[:60]!r}"


def _plainness(card: Card) -> Iterator[str]:
    said = readability.grade(" ".join((*card.ideas, *card.steps)))
    if said > SAID_GRADE:
        yield f"insights and steps read at grade {said:.1f}, at most {SAID_GRADE:.0f}: simplify"
    if (grade := readability.grade(card.idea)) > IDEA_GRADE:
        yield f"the idea reads at grade {grade:.1f}, at most {IDEA_GRADE:.0f}: shorten sentences"


def _fairness(card: Card) -> Iterator[str]:
    said = (card.note, *card.ideas, *card.steps, *card.questions)
    yield from _matches("assumes a gender", GENDERED, (*said, card.idea, card.turn))
    yield from _matches("labels or diagnoses", DIAGNOSIS, said)
    if card.safety:
        yield from _matches("advises silence or exit in a safety card", ADVICE, said)
    else:
        yield from _matches("a step decides silence or exit", ADVICE, card.steps)


def _honesty(card: Card) -> Iterator[str]:
    yield from _matches("promises what nobody can know", PROMISE, (card.note, *card.ideas))
    if card.grade in {"weak", "lore"}:
        texts = (card.note, *card.ideas)
        yield from _matches(f"claims more than its grade ({card.grade})", TOO_SURE, texts)


def _matches(what: str, pattern: re.Pattern[str], texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if found := pattern.search(text):
            yield f"{what} ({found.group(0)!r}): {text[:80]!r}"


def _originality(card: Card) -> Iterator[str]:
    for text in (card.note, card.idea, card.article, card.research, card.misuse, card.turn,
                 *card.ideas, *card.steps, *card.questions):  # fmt: skip
        for run in shared_runs(text):
            yield f"shares six words with the source article: {run!r}; say it your own way"
