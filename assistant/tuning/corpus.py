"""The labelled text the reader learns from: files by task and hand, splits kept by source."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import EvalInvalid
from assistant.labels import GUARD_LABELS, PREMISE, SIGNALS
from knowledge.cards import load

DATA = Path(__file__).parent / "data"
ALL_BUT_PREMISE = frozenset(GUARD_LABELS) - {PREMISE}
ONE_IN = 20
ASKED = " [SEP] "  # between a question and its answer
# A question for a card may still tell of danger in passing: such a one teaches the guards nothing.
_GRAVE = re.compile(
    r"\b(?:hit|hits|threw|grab\w*|push\w*|chok\w*|hurt me|hurts me|gun|knife|kill\w*|suicid\w*"
    r"|scared|frighten\w*|afraid|terrif\w*|threat\w*|follow(?:s|ed) me|stalk\w*|track\w*|spy\w*|locks|"
    r"police|forced?|disappear\w*|vanish\w*|die|dead|end it)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Example:
    """A message and what is known of it; None means that nobody said, and is masked.

    ``harmless`` says that no guard has anything to hear in it, though nobody labelled it for them;
    ``surely`` names guard labels it does carry, where nobody looked for the others; ``unasked`` those
    that nobody looked for among ``labels``.
    """

    text: str
    labels: frozenset[str] | None = None
    signals: dict[str, Any] | None = None
    cards: tuple[str, ...] | None = None
    asked: str | None = None
    harmless: bool = False
    surely: frozenset[str] = frozenset()
    unasked: frozenset[str] = frozenset()


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Objects of a JSON lines file; a bad line is named with its number."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise EvalInvalid(f"{path.name} line {number}: {error}") from None


def guards(split: str) -> list[Example]:
    return [
        Example(
            row["text"],
            labels=frozenset(row["labels"]),
            unasked=frozenset({PREMISE}),
        )
        for path in sorted((DATA / "guards").glob(f"{split}*.jsonl"))
        if "dialogues" not in path.name
        for row in lines(path)
    ]


def premises(split: str) -> list[Example]:
    """Messages whose author looked for guesses told as facts, and for nothing else."""
    return [
        Example(row["text"], labels=frozenset(row["labels"]), unasked=ALL_BUT_PREMISE)
        for row in lines(DATA / "premise" / f"{split}.jsonl")
    ]


def unguessed(split: str) -> list[Example]:
    """Some of the messages nobody looked at for guesses, as free of them: nearly all are. Without
    these the label is told from its near-misses only and not from what people mostly write (on dev,
    recall .86 where it marks a tenth of the questions; .54 before)."""
    ordinary = queries(split) + [row for row in guards(split) if not row.labels]
    return [
        Example(row.text, labels=frozenset(), unasked=ALL_BUT_PREMISE) for row in ordinary[::ONE_IN]
    ]


def together(split: str) -> list[Example]:
    """Each message of a conversation read with the one before it, as the guard reads it: what a
    careful reader knows then. Rows hold ``turns`` and, for each of them, ``labels``."""
    return [
        Example(f"{before} {newest}", labels=frozenset(labels), unasked=frozenset({PREMISE}))
        for path in sorted((DATA / "guards").glob(f"{split}_dialogues*.jsonl"))
        for row in lines(path)
        for before, newest, labels in zip(
            row["turns"], row["turns"][1:], row["labels"][1:], strict=False
        )
    ]


def situations(split: str) -> list[Example]:
    """Messages with their signals; those without a signal of safety are harmless too."""
    return [
        Example(
            row["text"],
            signals=row["signals"],
            asked=row.get("asked"),
            harmless=not any(code.startswith("S") for code in row["signals"])
            and not _GRAVE.search(row["text"]),
            surely=guard_labels(row["signals"]),
        )
        for path in sorted((DATA / "situation").glob(f"{split}*.jsonl"))
        if "dialogues" not in path.name
        for row in lines(path)
    ]


def guard_labels(signals: Mapping[str, Any]) -> frozenset[str]:
    """What signals of safety say in the guards' words; S6 is heard from the first hint on."""
    least = {**SIGNALS, "other_self_harm": ("S6", 1)}
    return frozenset(
        label
        for label, (code, value) in least.items()
        if isinstance(signals.get(code), int)
        and (signals[code] == value if code in {"S5", "S7"} else signals[code] >= value)
    )


def queries(split: str) -> list[Example]:
    """Messages with the cards they want; those that want no safety card are harmless too."""
    grave = {card.id for card in load().cards.values() if card.safety}
    return [
        Example(
            row["text"],
            cards=tuple(row["cards"]),
            harmless=not grave & set(row["cards"]) and not _GRAVE.search(row["text"]),
        )
        for path in sorted((DATA / "queries").glob(f"{split}*.jsonl"))
        for row in lines(path)
        if row["cards"]
    ]


def queries_with_none(split: str) -> list[tuple[str, bool]]:
    """Every query, and whether it wants no card at all. A dev query is graded and not listed."""
    return [
        (row["text"], not (row.get("cards") or row.get("grades")))
        for path in sorted((DATA / "queries").glob(f"{split}*.jsonl"))
        for row in lines(path)
    ]


def with_question(text: str, asked: str | None) -> str:
    """How the reader sees an answer: the question first, so that "no, never" means something."""
    return f"{asked}{ASKED}{text}" if asked else text


def roughen(text: str, rng: random.Random) -> str:
    """The same message typed in a hurry: lost words, swapped letters, lost capitals."""
    words = text.split()
    if len(words) > 6 and rng.random() < 0.5:
        words = [w for w in words if rng.random() > 0.06]
    words = [_swap(w, rng) if len(w) > 3 and rng.random() < 0.05 else w for w in words]
    out = " ".join(words)
    return out.lower() if rng.random() < 0.4 else out


def _swap(word: str, rng: random.Random) -> str:
    i = rng.randrange(len(word) - 1)
    return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
