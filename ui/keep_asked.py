"""What the page asks about kept talks. Each answer is the part of the page anew, and a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from assistant.errors import HistoryError, InputInvalid, StillpointError
from ui import kept
from ui.desk import Desk
from ui.desks import LOCKED_NOW, Visitor
from ui.keeping import KeptTalk
from ui.view import view

Query = Mapping[str, Any]
MOST_TITLE_WORDS = 8
OTHER_TAB = "That talk is open in another tab. Go on there, or begin a new talk there first."
NOTHING = "There is nothing to keep yet. Write something first."


def answer(visitor: Visitor, desk: Desk, query: Query) -> dict[str, Any]:
    """``html`` of the view, ``said`` or ``fault`` as a line, ``file`` to save, and the talk."""
    out: dict[str, Any] = {"said": "", "fault": ""}
    try:
        act = _ACTS.get(str(query.get("act")))
        out |= (act(visitor, desk, query) if act else None) or {}
    except StillpointError as error:
        out["fault"] = str(error)
    if "list" not in out:
        out["html"] = kept.page(visitor.keeping, desk, _text(query, "words"))
    return {**out, "view": view(desk, visitor.keeping.state)}


def _list(visitor: Visitor, desk: Desk, query: Query) -> dict[str, Any]:
    return {"list": kept.rows(visitor.keeping, desk, _text(query, "words"))}


def _on(visitor: Visitor, desk: Desk, query: Query) -> dict[str, Any]:
    visitor.keeping.turn_on(_text(query, "passphrase"), _text(query, "again"))
    if desk.turns:
        _keep(visitor, desk, query)
        return {"said": "Turned on. This talk is kept from now on, encrypted."}
    return {"said": "Turned on. No talk is kept before you choose it."}


def _unlock(visitor: Visitor, _: Desk, query: Query) -> dict[str, Any]:
    visitor.keeping.unlock(_text(query, "passphrase"))
    return {"said": "Open. It locks after ten minutes without use."}


def _lock(visitor: Visitor, _: Desk, __: Query) -> dict[str, Any]:
    visitor.lock(LOCKED_NOW)
    return {"said": "Locked."}


def _keep(visitor: Visitor, desk: Desk, _: Query) -> dict[str, Any]:
    if not desk.turns:
        raise InputInvalid(NOTHING)
    if desk.talk is None:
        desk.keep(visitor.keeping.start(_title(desk.turns[0].user.text)))
    return {"said": "This talk is kept from now on, encrypted."}


def _open(visitor: Visitor, desk: Desk, query: Query) -> dict[str, Any]:
    talk = KeptTalk(visitor.keeping.kept, _text(query, "id"))
    if any(other.talk == talk for other in visitor.desks() if other is not desk):
        raise HistoryError(OTHER_TAB)
    if desk.talk != talk:
        desk.resume(talk, talk.kept.read(talk.id))
        visitor.forget()
    return {"go": "talk"}


def _rename(visitor: Visitor, _: Desk, query: Query) -> dict[str, Any]:
    visitor.keeping.kept.rename(_text(query, "id"), _text(query, "title"))
    return {"said": "Renamed."}


def _delete(visitor: Visitor, _: Desk, query: Query) -> dict[str, Any]:
    """Also from memory: a talk that is open in a tab goes from there too."""
    gone = KeptTalk(visitor.keeping.kept, _text(query, "id"))
    gone.kept.delete(gone.id)
    for desk in visitor.desks():
        if desk.talk == gone:
            desk.clear()
    visitor.forget()
    return {"said": "Deleted for good."}


def _export(visitor: Visitor, _: Desk, query: Query) -> dict[str, Any]:
    text = visitor.keeping.kept.export(_text(query, "id") or None)
    return {"said": "Exported. The saved file is not encrypted.", "file": text}


def _import(visitor: Visitor, _: Desk, query: Query) -> dict[str, Any]:
    added = len(visitor.keeping.kept.import_(_text(query, "text")))
    return {"said": f"{added} talk{'' if added == 1 else 's'} added."}


def _change(visitor: Visitor, _: Desk, query: Query) -> dict[str, Any]:
    new, again = _text(query, "passphrase"), _text(query, "again")
    visitor.keeping.change(_text(query, "old"), new, again)
    return {"said": "The passphrase is changed. The old one opens nothing any more."}


def _give_up(visitor: Visitor, _: Desk, __: Query) -> dict[str, Any]:
    visitor.lock("")
    visitor.keeping.give_up()
    return {"said": "Everything that was kept is deleted."}


def _text(query: Query, name: str) -> str:
    return str(query.get(name) or "")


def _title(text: str) -> str:
    words = text.split()
    more = "…" if len(words) > MOST_TITLE_WORDS else ""
    return " ".join(words[:MOST_TITLE_WORDS]) + more


_ACTS: dict[str, Callable[[Visitor, Desk, Query], dict[str, Any]]] = {
    "list": _list,
    "on": _on,
    "unlock": _unlock,
    "lock": _lock,
    "keep": _keep,
    "open": _open,
    "rename": _rename,
    "delete": _delete,
    "export": _export,
    "import": _import,
    "change": _change,
    "give_up": _give_up,
}
