"""What the page asks and is answered at once: markup, or the new view. Turns are in ``app``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from assistant import texts
from assistant.errors import StillpointError
from ui import keep_asked, shelf, tools
from ui.desk import MOST_DRAFT, Desk
from ui.desks import Visitor
from ui.talk import FONT_STEPS, THEMES
from ui.view import view

Query = Mapping[str, Any]


def answer(visitor: Visitor, desk: Desk, query: Query) -> Any:
    """The answer to one question of the page; None where there is nothing to say."""
    asked = str(query.get("ask"))
    if asked == "pulse":
        return view(desk, visitor.keeping.state)
    if asked == "keep":
        return keep_asked.answer(visitor, desk, query)
    if asked == "correct":
        return _corrected(visitor, desk, query)
    if asked in _READING:
        return _READING[asked](desk, query)
    if asked in _CHANGES:
        return _CHANGES[asked](desk, query)
    return None


def _corrected(visitor: Visitor, desk: Desk, query: Query) -> Any:
    code = str(query.get("code"))
    entry = texts.signals().get(code, {})
    value = query.get("value") or entry.get("not_so")
    if value is None:
        return None
    with suppress(StillpointError):
        desk.correct(int(query.get("id", 0)), code, value)
    return view(desk, visitor.keeping.state)


def _words(query: Query) -> str:
    return str(query.get("text", ""))


def _answers(query: Query) -> dict[str, int]:
    return {str(key): int(value) for key, value in dict(query["answers"]).items()}


def _draft(desk: Desk, query: Query) -> None:
    desk.draft = _words(query)[:MOST_DRAFT]


def _country(desk: Desk, query: Query) -> str:
    desk.country = _words(query) or None
    return shelf.directory(desk.country)


def _welcomed(desk: Desk, _: Query) -> None:
    desk.boot.welcomed = True


def _look(desk: Desk, query: Query) -> None:
    look = desk.look
    if query.get("theme") in THEMES:
        look.theme = str(query["theme"])
    if isinstance(query.get("size"), int):
        look.size = max(0, min(FONT_STEPS - 1, query["size"]))
    if isinstance(query.get("plain"), bool):
        look.plain = query["plain"]


_READING: dict[str, Callable[[Desk, Query], Any]] = {
    "card": lambda _, query: shelf.card(shelf.library(), _words(query)),
    "search": lambda _, query: shelf.results(shelf.library(), _words(query)),
    "check": lambda desk, query: tools.check(_words(query), desk.country),
    "motive": lambda _, query: tools.motive(_answers(query)),
    "note": lambda desk, _: tools.note(desk.history()),
}
_CHANGES: dict[str, Callable[[Desk, Query], Any]] = {
    "stop": lambda desk, _: desk.stop(),
    "draft": _draft,
    "look": _look,
    "country": _country,
    "welcomed": _welcomed,
}
