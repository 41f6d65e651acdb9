"""The project's own labelled replies: two annotation passes over real replies, and how far they agree.

``python -m evals.labelled`` prints the agreement. A label counts where both passes give it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from assistant.settings import Settings
from evals.types import Sample, rows

HERE = Path(__file__).parent / "labels"
QUESTIONS = {
    "reflects_first": "reflects",
    "step_own": "step",
    "premise": "premise",
    "faithful": "faithful",
}
PASSES = ("pass_a.jsonl", "pass_b.jsonl")
Labels = dict[str, dict[str, bool | None]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two passes on one question. ``both`` replies were judged by both, ``applies`` by either.

    ``raw`` is the share of ``both`` with the same answer, ``kappa`` Cohen's, which takes away
    what chance alone would give; ``same_scope`` the share on which they agree whether the
    question applies at all.
    """

    question: str
    both: int
    raw: float
    kappa: float
    same_scope: float
    share_true: float


def samples(_settings: Settings) -> list[Sample]:
    """One sample for each reply and question on which the passes agree; none without passes."""
    first, second = (_labels(HERE / name) for name in PASSES)
    found = []
    for row in replies():
        for question, check in QUESTIONS.items():
            label = first.get(row["id"], {}).get(question)
            if check == "faithful" and row.get("line") == "vetted":
                continue  # the check is for what a model words; people wrote these
            if label is not None and label == second.get(row["id"], {}).get(question):
                found.append(_sample(row, check, label))
    return found


def replies() -> list[dict[str, Any]]:
    """The labelled replies, without the header."""
    path = HERE / "replies.jsonl"
    return [row for _, row in rows(path) if "reply" in row] if path.exists() else []


def agreement() -> list[Agreement]:
    """How far the two passes agree, question by question; none without both passes."""
    first, second = (_labels(HERE / name) for name in PASSES)
    shared = sorted(first.keys() & second.keys())
    return [_agreement(q, [(first[i].get(q), second[i].get(q)) for i in shared])
            for q in QUESTIONS if shared]  # fmt: skip


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float:
    """Cohen 1960. 1 where the passes always agree, 0 where they do as chance would."""
    if not pairs:
        return 0.0
    same = sum(a == b for a, b in pairs) / len(pairs)
    a, b = (sum(side) / len(pairs) for side in zip(*pairs, strict=True))
    chance = a * b + (1 - a) * (1 - b)
    return 1.0 if chance == 1 else (same - chance) / (1 - chance)


def fits(case: str) -> bool:
    """Whether a judge may learn from a case: one half, so that both systems' replies stay together."""
    return int(hashlib.sha256(f"half {case}".encode()).hexdigest(), 16) % 2 == 0


def _agreement(question: str, pairs: Iterable[tuple[bool | None, bool | None]]) -> Agreement:
    every = list(pairs)
    both = [(a, b) for a, b in every if a is not None and b is not None]
    return Agreement(
        question,
        len(both),
        sum(a == b for a, b in both) / max(len(both), 1),
        kappa(both),
        sum((a is None) == (b is None) for a, b in every) / max(len(every), 1),
        sum(a + b for a, b in both) / max(2 * len(both), 1),
    )


def _sample(row: dict[str, Any], check: str, label: bool) -> Sample:
    text = row["text"]
    said = tuple(text) if isinstance(text, list) else (text,)
    learns = check != "faithful" and fits(row["case"])  # that check is rules, nothing is learned
    about = {"reply": row["reply"], "system": row["system"], "fit": learns, "case": row["case"]}
    target = {"check": check, "label": label}
    return Sample(f"{check}-{row['id']}", said, target, "Stillpoint", "Apache-2.0", about)


def _labels(path: Path) -> Labels:
    if not path.exists():
        return {}
    return {str(row["id"]): {q: row.get(q) for q in QUESTIONS} for _, row in rows(path)}


@dataclass(frozen=True, slots=True)
class Standing:
    """A scorer against the labels that nothing was learned from. Precision and recall are of
    finding the replies labelled false; ``always`` is what saying the commoner label would reach."""

    check: str
    n: int
    raw: float
    kappa: float
    precision: float
    recall: float
    always: float


def standing(check: str, ours: Callable[[Sample], bool], labelled: Sequence[Sample]) -> Standing:
    pairs = [
        (ours(s), bool(s.target["label"]))
        for s in labelled
        if s.target["check"] == check and not s.metadata["fit"]
    ]
    n = max(len(pairs), 1)
    hits, said = sum(not a and not b for a, b in pairs), sum(not a for a, _ in pairs)
    wanted = sum(not b for _, b in pairs)
    return Standing(
        check,
        len(pairs),
        sum(a == b for a, b in pairs) / n,
        kappa(pairs),
        hits / max(said, 1),
        hits / max(wanted, 1),
        max(wanted, len(pairs) - wanted) / n,
    )


@cache
def standings() -> tuple[Standing, ...]:
    """Every scorer that the project's own labels can judge."""
    from evals.agreement import CHECKS

    found = samples(Settings.load())
    return tuple(standing(c, CHECKS[c][1], found) for c in QUESTIONS.values() if found)


def main() -> None:
    """Print, as JSON lines, how the passes agree and how the scorers stand to what both say."""
    lines = [asdict(found) for found in agreement()] + [asdict(found) for found in standings()]
    sys.stdout.writelines(json.dumps(line) + "\n" for line in lines)


if __name__ == "__main__":
    main()
