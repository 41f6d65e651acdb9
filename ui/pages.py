"""The page's frame and fixed texts. What changes while it is open comes from ``ui.view``."""

from __future__ import annotations

from string import Template

from assistant import helplines
from ui import shelf, tools
from ui.markup import options
from ui.ways import STATIC

SCRIPT = ("page.js", "away.js", "kept.js", "acts.js")


def shell(country: str | None) -> str:
    """The whole frame as markup, with the countries, cards and tools filled in."""
    page = Template((STATIC / "page.html").read_text(encoding="utf-8"))
    places = {"": "Choose later", **helplines.countries()}
    return page.substitute(
        countries=options(places, country or ""),
        contents=shelf.contents(shelf.library()),
        directory=shelf.directory(country),
        draft=tools.draft_form(),
        motive=tools.motive_form(),
        note=tools.note_form(),
    )


def script() -> str:
    """The page's script; its parts share one scope."""
    return "\n".join((STATIC / part).read_text(encoding="utf-8") for part in SCRIPT)
