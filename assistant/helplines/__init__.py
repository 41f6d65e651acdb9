"""Helplines by country: dated facts in one TOML file each, chosen by the user, never by place.

``show = false`` keeps an entry on file and off the screen until a person has verified it; what
is missing is said under ``gaps``. The release checklist (``stillpoint doctor --release``), not
CI, fails on an entry checked more than twelve months ago.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from assistant.errors import PromptInvalid

HERE = Path(__file__).parent
FALLBACK = "fallback"
STALE_DAYS = 365
MOST_EACH = 3  # lines of one purpose under a reply
DEVICE_CAUTION = "If someone checks this device or its call list, use a phone they cannot see."
CHOOSE = "Choose your country on this page, under Help lines, to see numbers near you."


@dataclass(frozen=True, slots=True)
class Line:
    """One service. Empty strings mean that the source did not say."""

    id: str
    name: str
    purpose: str
    contact: str
    hours: str = ""
    for_whom: str = ""
    on_bill: str = ""
    in_call_log: str = ""
    source: str = ""
    grade: str = ""
    source_dated: str = ""
    checked_on: str = ""
    show: bool = True

    def text(self) -> str:
        """The line as shown under a reply: name, how to reach it, for whom, hours."""
        details = ", ".join(filter(None, (_lower(self.for_whom), self.hours)))
        return f"{self.name}: {self.contact}" + (f" ({details})" if details else "")

    @property
    def age_days(self) -> int:
        return (date.today() - date.fromisoformat(self.checked_on)).days


def _lower(text: str) -> str:
    """The first letter small, unless the word is an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


@dataclass(frozen=True, slots=True)
class Directory:
    """The lines of one country; ``code`` is "" for the fallback."""

    code: str
    country: str
    lines: tuple[Line, ...]
    gaps: tuple[str, ...]

    @property
    def shown(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.show)


@cache
def load(country: str | None) -> Directory:
    """The directory of a two-letter country code; the fallback for none or an unknown one."""
    path = HERE / f"{(country or FALLBACK).lower()}.toml"
    if not path.exists():
        path = HERE / f"{FALLBACK}.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        lines = tuple(Line(**line) for line in raw["line"])
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise PromptInvalid(f"helplines/{path.name}: {error}") from None
    code = "" if path.stem == FALLBACK else path.stem
    return Directory(code, raw.get("country", ""), lines, tuple(raw.get("gaps", ())))


@cache
def countries() -> dict[str, str]:
    """Country names by code, in the order of the names."""
    found = {p.stem: load(p.stem).country for p in HERE.glob("*.toml") if p.stem != FALLBACK}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def block(country: str | None, purposes: Iterable[str]) -> str:
    """Lines for these purposes in this order, one a row, with the device caution under them.

    The emergency number always leads and a suicide or crisis line is always among them, since a
    person may be in more danger than they said.
    """
    directory = load(country)
    wanted = list(dict.fromkeys(["emergency", *purposes, "suicide", "partner_abuse"]))
    if not directory.code:
        wanted.append("other")
    chosen: list[Line] = []
    for purpose in wanted:
        chosen += [line for line in directory.shown if line.purpose == purpose][:MOST_EACH]
    rows = [f"- {line.text()}" for line in chosen]
    if not directory.code:
        rows.append(f"- {CHOOSE}")
    return "\n".join([*rows, DEVICE_CAUTION])


def stale() -> list[str]:
    """Entries checked more than a year ago: the release checklist fails on them."""
    return [
        f"{code}: {line.name}, checked {line.checked_on}"
        for code in countries()
        for line in load(code).lines
        if line.age_days > STALE_DAYS
    ]
