"""What the tests of kept conversations share: a passphrase, a turn to keep, a full file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("sqlcipher3", reason="not run: the package sqlcipher3 is not installed")

from assistant import vault
from assistant.history import Kept
from assistant.turn import (
    Citation,
    Exchange,
    Finding,
    Reading,
    Reply,
    Screening,
    Situation,
    Stance,
    UserTurn,
)

WORDS = "quiet lake in November"
MARKER = "Pomegranate-7731"
FULL_N = vault.SCRYPT_N
PAGE, RESERVED = 4096, 80


def exchange(text: str = "I miss them", answer: str = "That sounds heavy.") -> Exchange:
    reading = Reading(
        Screening("decline", None, "jealousy", 0.9, "", (Finding("jealousy", text, 0.9, "user"),)),
        Situation({"L1": 2, "L10": ["home"], "L9": "ex"}, {"L1": text}, frozenset({"L9"})),
        Stance("PAUSE", "P5", "why", ("P5",), unknown=("L7",), leaning="CUTOFF"),
        hints={"fear": 0.25},
    )
    reply = Reply(answer, reading, "done", ("a",), (Citation("a", "A"),), "stop", "vetted")
    return Exchange(UserTurn(text, "asked?", {"L9": "ex"}), reply)


def filled(kept: Kept) -> str:
    """One conversation with the marker among others, over many pages."""
    for n in range(3):
        id = kept.start(f"other {n}")
        kept.append(id, exchange("something else " * 60))
    marked = kept.start(MARKER)
    for _ in range(6):
        kept.append(marked, exchange(f"{MARKER} " * 150, f"{MARKER} answered"))
    return marked


def leftovers(path: Path) -> list[str]:
    return [name for name in os.listdir(path.parent) if name != path.name]
