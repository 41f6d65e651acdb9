"""Knowledge cards: one Markdown file each, found by listing a folder.

``knowledge/cards/<topic>/<slug>.md`` holds TOML between ``+++`` lines and five sections.
A card that breaks a rule does not load, and the error names the file, the rule and the fix;
``lint`` gathers all such faults of a folder. How to write one: docs/knowledge.md.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.style import faults_of_card

HERE = Path(__file__).parent
CARDS = HERE / "cards"
REFERENCES = HERE / "references.toml"

GRADES = {
    "strong": "Strong: research fairly consistently finds this.",
    "moderate": "Moderate: several studies suggest it, mostly by asking people.",
    "mixed": "Mixed: studies disagree.",
    "weak": "Weak: there is little direct evidence; it is a stretch from other findings.",
    "lore": "Practitioners' lore: coaches say it; no test of it is known to us.",
}
STANCES = {
    "SAFETY", "CUTOFF", "PAUSE", "NEITHER_TALK", "NEITHER_WAIT", "NEITHER_HONOUR_NO",
    "REENTRY", "GROWTH",
}  # fmt: skip
SECTIONS = {
    "The idea": "idea",
    "What the article claims": "article",
    "What research supports": "research",
    "How it gets misused": "misuse",
    "The self-respecting turn": "turn",
}


class CardInvalid(ValueError):
    """A card or the reference list breaks its format. The message names file, rule and fix."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One study. ``verified``: we read its abstract, saw it second-hand, or know it by memory."""

    key: str
    authors: str
    year: int | str
    title: str
    journal: str
    found: str
    verified: str
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One concept. ``note`` is the line the model sees; ``insights`` and ``steps`` are said.

    ``wide`` sentences take nothing for granted: said where it is unsure which card is meant.
    """

    id: str
    code: str
    title: str
    topic: str
    stances: frozenset[str]
    grade: str
    evidence: tuple[str, ...]
    references: tuple[str, ...]
    related: tuple[str, ...]
    note: str
    triggers: tuple[str, ...]
    insights: tuple[str, ...]
    steps: tuple[str, ...]
    questions: tuple[str, ...]
    idea: str
    article: str
    research: str
    misuse: str
    turn: str
    wide: tuple[str, ...] = ()

    @property
    def ideas(self) -> tuple[str, ...]:
        """Every sentence that may be said as this card's idea."""
        return self.insights + self.wide

    @property
    def stands_in(self) -> bool:
        """It is said for want of a surer card: with its wide ideas alone."""
        return bool(self.wide) and self.insights == self.wide

    def standing_in(self) -> Card:
        """The same card, to be said where it is unsure which card is meant."""
        return replace(self, insights=self.wide)

    @property
    def safety(self) -> bool:
        return self.topic == "safety"

    def passages(self) -> tuple[str, ...]:
        """What is indexed, each apart: the idea with its title, the note, every trigger."""
        return (f"{self.title}. {self.idea}", self.note, *self.triggers)


@dataclass(frozen=True, slots=True)
class Library:
    """All cards by slug and all references by key."""

    cards: Mapping[str, Card]
    references: Mapping[str, Reference]

    @property
    def fingerprint(self) -> str:
        """Changes with any indexed word: names the vector cache."""
        text = "\x00".join(p for card in self.cards.values() for p in card.passages())
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def search(self, words: str) -> list[Card]:
        """Cards whose text holds every word, titles first."""
        wanted = words.lower().split()
        hits = [c for c in self.cards.values() if all(w in _haystack(c) for w in wanted)]
        return sorted(hits, key=lambda c: not any(w in c.title.lower() for w in wanted))


@cache
def load(cards: Path = CARDS, references: Path = REFERENCES) -> Library:
    """The whole library; raises CardInvalid at the first fault."""
    refs = read_references(references)
    found = {card.id: card for card in map(read, sorted(cards.glob("*/*.md")))}
    for fault in _link_faults(found.values(), refs):
        raise CardInvalid(fault)
    return Library(found, refs)


def lint(cards: Path = CARDS, references: Path = REFERENCES) -> list[str]:
    """Every fault of every card, one line each, in the order of the files."""
    faults: list[str] = []
    good: list[Card] = []
    for path in sorted(cards.glob("*/*.md")):
        try:
            good.append(read(path))
        except CardInvalid as fault:
            faults.append(str(fault))
    return faults + list(_link_faults(good, read_references(references)))


def read(path: Path) -> Card:
    """One card from its file, checked in full but for its links to others."""
    front, body = split_front_matter(path)
    fields: dict[str, Any] = _sections(path, body)
    try:
        card = Card(**_typed(front), **fields)
    except (TypeError, KeyError) as error:
        raise CardInvalid(f"{path.name}: front matter: {error}; see docs/knowledge.md") from None
    for fault in _shape_faults(card, path):
        raise CardInvalid(f"{path.name}: {fault}")
    return card


def split_front_matter(path: Path) -> tuple[dict[str, Any], str]:
    """TOML between two ``+++`` lines, and the text after it."""
    parts = re.split(r"^\+\+\+\s*$", path.read_text(encoding="utf-8"), maxsplit=2, flags=re.M)
    if len(parts) != 3:
        raise CardInvalid(f"{path.name}: needs TOML between two lines of +++ at its top")
    try:
        return tomllib.loads(parts[1]), parts[2]
    except tomllib.TOMLDecodeError as error:
        raise CardInvalid(f"{path.name}: front matter is not valid TOML: {error}") from None


def read_references(path: Path) -> dict[str, Reference]:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return {key: Reference(key=key, **fields) for key, fields in raw.items()}
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise CardInvalid(f"{path.name}: {error}") from None


def _typed(front: dict[str, Any]) -> dict[str, Any]:
    out = {key: tuple(v) if isinstance(v, list) else v for key, v in front.items()}
    out["stances"] = frozenset(front["stances"])
    return out


def _sections(path: Path, body: str) -> dict[str, str]:
    pairs = re.findall(r"^## (.+?)\s*\n(.*?)(?=^## |\Z)", body, flags=re.M | re.S)
    found = {title: " ".join(text.split()) for title, text in pairs}
    for title in SECTIONS:
        if not found.get(title):
            raise CardInvalid(f"{path.name}: section '## {title}' is missing or empty")
    return {field: found[title] for title, field in SECTIONS.items()}


def _shape_faults(card: Card, path: Path) -> Iterable[str]:
    if card.id != path.stem:
        yield f"id is {card.id!r} but the file is called {path.name}"
    if card.topic != path.parent.name:
        yield f"topic is {card.topic!r} but the folder is {path.parent.name!r}"
    if card.grade not in GRADES:
        yield f"grade {card.grade!r} is not one of {', '.join(GRADES)}"
    if unknown := card.stances - STANCES:
        yield f"unknown stance {', '.join(sorted(unknown))}"
    if not card.references and card.grade != "lore":
        yield f"grade {card.grade} needs at least one reference"
    yield from faults_of_card(card)


def _link_faults(cards: Iterable[Card], references: Mapping[str, Reference]) -> Iterable[str]:
    cards = list(cards)
    slugs = {card.id for card in cards}
    for card in cards:
        for slug in card.related:
            if slug not in slugs:
                yield f"{card.id}.md: related card {slug!r} does not exist"
        for key in card.references:
            if key not in references:
                yield f"{card.id}.md: reference {key!r} is not in references.toml"


@cache
def _haystack(card: Card) -> str:
    return " ".join((card.title, card.note, card.idea, *card.triggers)).lower()
