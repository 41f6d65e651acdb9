"""Every sentence people wrote for the app: rules, questions, stances, replies, safety texts.

The one loader of ``prompts/``. A broken file is named with its fault and does not load. Slots
are ``$name``; a missing one is an error, never an empty space in a reply.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from assistant.errors import PromptInvalid
from assistant.settings import ROOT

PROMPTS = ROOT / "prompts"


@dataclass(frozen=True, slots=True)
class SafetyText:
    """A vetted safety reply: the first, what follows on later turns, and the way back."""

    name: str
    category: str
    form: str
    override: str
    purposes: tuple[str, ...]
    first: str
    next: tuple[str, ...]
    easing: str

    def turn(self, number: int, told: bool) -> str:
        """What to show after this text was shown ``number`` times; the way back once all was said
        and nothing new was ``told``."""
        if number == 0:
            return self.first
        if number > len(self.next) and not told:
            return self.easing
        return self.next[(number - 1) % len(self.next)]


@cache
def rules() -> dict[str, dict[str, str]]:
    return toml(PROMPTS / "rules.toml")


@cache
def questions() -> dict[str, dict[str, Any]]:
    return toml(PROMPTS / "questions.toml")


@cache
def signals() -> dict[str, dict[str, Any]]:
    """``prompts/signals.toml``: each code's values in plain words."""
    return toml(PROMPTS / "signals.toml")


@cache
def stance(name: str) -> dict[str, Any]:
    """The front matter of ``prompts/stances/NAME.md``: what is said in that stance."""
    return front_matter(PROMPTS / "stances" / f"{name}.md")[0]


@cache
def system() -> str:
    return _read(PROMPTS / "system.md").strip()


@cache
def line() -> str:
    """The system message of a model whose adapter was trained to write the line."""
    return _read(PROMPTS / "line.md").strip()


@cache
def free() -> str:
    """The system message of free composition."""
    return _read(PROMPTS / "free.md").strip()


@cache
def reply(name: str) -> dict[str, Any]:
    """``prompts/replies/NAME.md``: its front matter, with the text under ``body``."""
    fields, body = front_matter(PROMPTS / "replies" / f"{name}.md")
    return {**fields, "body": body.strip()}


@cache
def safety(name: str) -> SafetyText:
    """The vetted text of ``prompts/safety/NAME.md``."""
    path = PROMPTS / "safety" / f"{name}.md"
    fields, body = front_matter(path)
    parts = re.findall(r"^## (\w+)[^\n]*\n(.*?)(?=^## |\Z)", body, flags=re.M | re.S)
    texts: dict[str, list[str]] = {}
    for title, text in parts:
        texts.setdefault(title, []).append(text.strip())
    if "first" not in texts:
        raise PromptInvalid(f"{path.name}: needs a section '## first'")
    return SafetyText(
        name=name,
        category=fields.get("category", ""),
        form=fields.get("form", ""),
        override=fields.get("override", ""),
        purposes=tuple(fields.get("purposes", ())),
        first=texts["first"][0],
        next=tuple(texts.get("next", texts["first"])),
        easing=texts.get("easing", texts["first"])[0],
    )


def eased(reply: str) -> bool:
    """Whether a safety reply showed the way back to other talk."""
    return any(safety(name).easing[:60] in reply for name in safety_names())


def safety_names() -> list[str]:
    return sorted(path.stem for path in (PROMPTS / "safety").glob("*.md"))


def fill(text: str, slots: Mapping[str, str]) -> str:
    """Text with its ``$slots`` filled; a slot without a value is an error."""
    try:
        return Template(text).substitute(slots)
    except (KeyError, ValueError) as error:
        raise PromptInvalid(f"a prompt asks for {error}, which nothing fills") from None


def front_matter(path: Path) -> tuple[dict[str, Any], str]:
    parts = re.split(r"^\+\+\+\s*$", _read(path), maxsplit=2, flags=re.M)
    if len(parts) != 3:
        raise PromptInvalid(f"{path.name}: needs TOML between two lines of +++ at its top")
    return _parse(path, parts[1]), parts[2]


def toml(path: Path) -> dict[str, Any]:
    """A TOML file of the project; one that is broken is named with its fault."""
    return _parse(path, _read(path))


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PromptInvalid(f"{path.name}: not valid TOML: {error}") from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise PromptInvalid(
            f"{path} cannot be read ({error.strerror}): is the checkout complete?"
        ) from None


def sections(name: str) -> list[str]:
    """The texts of ``prompts/replies/NAME.md``, in the order they are said."""
    _, body = front_matter(PROMPTS / "replies" / f"{name}.md")
    return [t.strip() for t in re.findall(r"^## \w+[^\n]*\n(.*?)(?=^## |\Z)", body, re.M | re.S)]


def sentences(text: str) -> list[str]:
    """Sentences of a reply, paragraphs apart, markers and quotes kept."""
    return [s.strip() for s in re.split(r"(?<=[.!?])\s+|(?<=[.!?]”)\s+|\n+", text) if s.strip()]
