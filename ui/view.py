"""The talk as the page draws it: one plain dictionary, built anew for every update."""

from __future__ import annotations

import time
from typing import Any

from assistant.turn import Reply
from ui import heard, markup
from ui.desk import Desk
from ui.keeping import State
from ui.talk import Turn

STAGES = {
    "reading": "Reading what you wrote",
    "finding": "Looking for ideas that fit",
    "writing": "Writing",
    "done": "",
}
ENDINGS = {
    "stopped": "You stopped this reply.",
    "unanswered": "You stopped this before it was answered.",
    "length": "This reply reached its greatest length.",
}


def view(desk: Desk, keep: State = "off") -> dict[str, Any]:
    """Everything that may change while a talk goes on; ``keep`` is how the kept talks stand."""
    ready = desk.boot.ready
    return {
        "version": desk.version,
        "born": desk.born,
        "keep": keep,
        "kept": desk.talk is not None,
        "notice": desk.notice,
        "beat": int(time.monotonic()),
        "boot": {"state": ready.state, "text": ready.text, "share": ready.share},
        "busy": desk.busy,
        "turns": [_turn(desk, turn) for turn in list(desk.turns)],
        "draft": desk.draft,
        "country": desk.country or "",
        "look": {"theme": desk.look.theme, "size": desk.look.size, "plain": desk.look.plain},
        "welcome": not desk.boot.welcomed and not desk.turns,
    }


def _turn(desk: Desk, turn: Turn) -> dict[str, Any]:
    last = bool(desk.turns) and turn is desk.turns[-1]
    writing = last and desk.busy
    return {
        "id": turn.id,
        "text": turn.user.text,
        "said": markup.said(turn.user.text),
        "writing": writing,
        "last": last,
        "stage": _stage(desk, turn) if writing else "",
        "fault": " ".join(filter(None, (turn.fault, turn.unkept))),
        **(_answer(turn.reply, desk, not desk.busy) if turn.reply else _nothing(turn, writing)),
    }


EMPTY: dict[str, Any] = {
    "body": "",
    "plain": "",
    "sources": "",
    "heard": "",
    "note": "",
    "safety": False,
}


def _nothing(turn: Turn, writing: bool) -> dict[str, Any]:
    ended = turn.stopped and not writing and not turn.fault
    return {**EMPTY, "note": ENDINGS["unanswered"] if ended else ""}


def _answer(reply: Reply, desk: Desk, correctable: bool) -> dict[str, Any]:
    safety = reply.reading.screening.route == "safety"
    shown = [c for c in reply.citations if reply.finish or f"[{c.slug}]" in reply.text]
    return {
        "body": markup.reply(reply.text, reply.citations),
        "plain": markup.plain(reply.text),
        "sources": markup.sources(shown),
        "heard": heard.fold(reply.reading, correctable),
        "note": " ".join(filter(None, (reply.notice, ENDINGS.get(reply.finish or "", "")))),
        "safety": safety and desk.country is None,
    }


def _stage(desk: Desk, turn: Turn) -> str:
    if turn.stopped:
        return "Stopping"
    if desk.boot.ready.state != "ready":
        return "Waiting for the model; your message is safe here and will be answered"
    if not turn.running and desk.boot.writing.locked():
        return "Waiting for the reply in another tab"
    return STAGES[turn.reply.stage] if turn.reply else STAGES["reading"]
