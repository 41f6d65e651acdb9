"""``prompts/tools.toml`` as values: the rules of "Before you send" and the words of all three."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from assistant.errors import PromptInvalid
from assistant.texts import PROMPTS, toml

CASUAL = {
    "{youre}": r"(?:you'?re|you are|ur|u r)",
    "{your}": r"(?:your|ur|yr)",
    "{you}": r"(?:you|u|ya)",
}


@dataclass(frozen=True, slots=True)
class DraftRule:
    """Words that may land badly. ``instead`` is None where they simply go."""

    kind: str
    why: str
    pattern: re.Pattern[str]
    instead: str | None
    unless: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Ask:
    """Something a draft may ask for; ``text`` may hold ``$words``."""

    pattern: re.Pattern[str]
    text: str


@cache
def wording() -> dict[str, Any]:
    """The whole file, as TOML gives it."""
    return toml(PROMPTS / "tools.toml")


@cache
def draft_rules() -> tuple[DraftRule, ...]:
    return tuple(_rule(raw) for raw in wording()["draft"]["rule"])


@cache
def asks() -> tuple[Ask, ...]:
    return tuple(Ask(compiled(a["pattern"]), a["text"]) for a in wording()["draft"]["asks"])


@cache
def refused(name: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of ``draft.refused``: threat, no_contact, not_a_draft or young."""
    return tuple(compiled(p) for p in wording()["draft"]["refused"][name])


def compiled(pattern: str) -> re.Pattern[str]:
    for word, spellings in CASUAL.items():
        pattern = pattern.replace(word, spellings)
    try:
        return re.compile(pattern, re.I)
    except re.error as error:
        raise PromptInvalid(f"tools.toml: {error} in the pattern {pattern[:60]!r}") from None


def _rule(raw: dict[str, str]) -> DraftRule:
    kinds = wording()["draft"]["kind"]
    if raw.get("kind") not in kinds or "pattern" not in raw:
        raise PromptInvalid("tools.toml: a draft rule needs a pattern and a kind from draft.kind")
    return DraftRule(
        kind=raw["kind"],
        why=raw.get("why", kinds[raw["kind"]]),
        pattern=compiled(raw["pattern"]),
        instead=raw.get("instead"),
        unless=compiled(raw["unless"]) if "unless" in raw else None,
    )
