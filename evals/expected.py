"""What the contract says should happen to a message that carries certain labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assistant.guards import LEADS
from assistant.turn import TACTICS

_CATEGORY = dict(LEADS)


def target(labels: Iterable[str]) -> dict[str, Any]:
    """Route, category and pattern; ``also`` holds categories as right as the leading one."""
    heard = set(labels)
    dangers = [category for label, category in LEADS if label in heard]
    pattern = next((tactic for tactic in TACTICS if tactic in heard), None)
    if dangers:
        return {"route": "safety", "category": dangers[0], "also": dangers[1:], "pattern": pattern}
    if pattern:
        return {"route": "decline", "category": None, "pattern": pattern}
    if heard & {"offtopic", "smalltalk", "not_english"}:
        return {"route": "offtopic"}
    if "minor_peer" in heard:
        return {"route": "reflect", "category": "minor"}
    found = [name for name in ("diagnosis", "certainty") if name in heard]
    return {"route": "reflect", "category": found[0]} if found else {"route": "reflect"}
