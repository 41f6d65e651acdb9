"""How well the situation is read, signal by signal: ``python -m evals.signals``.

Own messages and dialogues of an author who wrote none of the training text
(``assistant/tuning/data/situation/test*.jsonl``); of a dialogue, each message is read with the talk
so far. Nothing is generated and nothing is chosen here. Prints a Markdown table: how often a signal
was told (n), precision, recall and F1 of its exact value, and the macro F1 over the signals told at
least ``LEAST`` times.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.build import build_listener
from assistant.compose import FRESH_HOURS
from assistant.listening import Listener
from assistant.settings import Settings
from assistant.turn import Exchange, Reply, UserTurn, Value

DATA = Path(__file__).parent.parent / "assistant" / "tuning" / "data" / "situation"
LEAST = 5
MOST_RETURNS = 2  # of earlier returns: the rules ask for none, one, or more


@dataclass
class Counts:
    """What was told and what was heard of one signal."""

    told: int = 0
    heard: int = 0
    right: int = 0

    @property
    def f1(self) -> float:
        return 2 * self.right / max(self.told + self.heard, 1)


def count(listener: Listener) -> dict[str, Counts]:
    """Counts of every signal over all test messages."""
    out: dict[str, Counts] = {}
    for told, heard in _read(listener):
        for code in told.keys() | heard.keys():
            row = out.setdefault(code, Counts())
            row.told += code in told
            row.heard += code in heard
            same = code in told and code in heard and _level(code, told) == _level(code, heard)
            row.right += same
    return out


def _read(listener: Listener) -> Iterator[tuple[Mapping[str, Value], Mapping[str, Value]]]:
    for row in _rows("test.jsonl"):
        user = UserTurn(row["text"], row.get("asked"))
        yield row["signals"], listener.read([], user).situation.signals
    for row in _rows("test_dialogues.jsonl"):
        history: list[Exchange] = []
        for turn in row["turns"]:
            user = UserTurn(turn["text"], turn.get("asked"))
            reading = listener.read(history, user)
            history.append(Exchange(user, Reply("", reading, question=turn.get("asked"))))
        yield row["turns"][-1]["signals"], reading.situation.signals


def _rows(name: str) -> Iterator[dict]:  # type: ignore[type-arg]
    with (DATA / name).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def _level(code: str, signals: Mapping[str, Value]) -> object:
    value = signals[code]
    if code == "L12":
        return isinstance(value, int) and value < FRESH_HOURS
    if code == "R3" and isinstance(value, int):
        return min(value, MOST_RETURNS)
    return sorted(value) if isinstance(value, list) else value


def table(counts: Mapping[str, Counts]) -> str:
    """The Markdown table, best read first, and the macro F1 beneath it."""
    rows = sorted(counts.items(), key=lambda item: -item[1].f1)
    lines = ["| signal | n | precision | recall | F1 |", "|---|---|---|---|---|"]
    for code, c in rows:
        precision, recall = c.right / max(c.heard, 1), c.right / max(c.told, 1)
        lines.append(f"| {code} | {c.told} | {precision:.2f} | {recall:.2f} | {c.f1:.2f} |")
    often = [c.f1 for c in counts.values() if c.told >= LEAST]
    lines.append(f"\nmacro F1 over {len(often)} signals: {sum(often) / max(len(often), 1):.3f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table(count(build_listener(Settings.load()))) + "\n")
