"""The nouns of the evals, after inspect_ai: Sample, Record, Score, Scorer, Measure, Task.

A scorer is a pure function from a sample and the record of what was answered to a score, so
that a stored run can be scored again without generating a word.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from assistant.errors import EvalInvalid
from assistant.settings import Settings

Kind = Literal["rate", "f1", "median", "p90", "p95"]
Needs = Literal["nothing", "cards", "reply"]
REQUIRED = ("id", "input", "target", "source", "licence")


@dataclass(frozen=True, slots=True)
class Sample:
    """One case. ``input`` holds the user's messages in order; ``target`` what is expected.

    ``metadata["apart"]`` marks messages that are each a conversation of their own, such as
    the two sides of a story.
    """

    id: str
    input: tuple[str, ...]
    target: Mapping[str, Any]
    source: str
    licence: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one message got. ``route`` is "" for a system that has no guard; times are in ms."""

    user: str
    reply: str
    route: str = ""
    category: str | None = None
    pattern: str | None = None
    stance: str = ""
    rule: str = ""
    question: str | None = None
    asks: str | None = None
    cards: Mapping[str, str] = field(default_factory=dict)  # slug: the text it stands for
    finish: str = ""
    guard: tuple[str, ...] = ()
    prompts: tuple[Mapping[str, Any], ...] = ()
    ms: Mapping[str, float] = field(default_factory=dict)
    tokens: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """All that a system did with one sample. ``ranked`` holds card slugs, best first, by method."""

    turns: tuple[Turn, ...] = ()
    ranked: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seed: int = 0

    @property
    def last(self) -> Turn:
        return self.turns[-1]


@dataclass(frozen=True, slots=True)
class Score:
    """``value`` None means "could not judge": kept out of every mean, and counted.

    ``answer`` is what the scorer saw (for F1: tp, fp, fn or tn).
    """

    value: float | None
    answer: str = ""
    explanation: str = ""

    @classmethod
    def unscored(cls, why: str) -> Score:
        return cls(None, "", why)

    @classmethod
    def of(cls, good: bool, answer: str = "", explanation: str = "") -> Score:
        return cls(float(good), answer, explanation)


Scorer = Callable[[Sample, Record], Score]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of the goals table: how it is scored and where its marks are.

    ``floor`` None: reported, never gates. ``safety``: gates whatever the baseline was.
    """

    name: str
    goal: int
    scorer: Scorer
    words: str
    floor: float | None = None
    target: float | None = None
    better: Literal["high", "low"] = "high"
    kind: Kind = "rate"
    safety: bool = False
    trust: str | None = None  # the agreement check its scorer stands on

    def breaks(self, value: float) -> bool:
        if self.floor is None:
            return False
        return value < self.floor if self.better == "high" else value > self.floor

    def meets(self, value: float) -> bool:
        if self.target is None:
            return False
        return value >= self.target if self.better == "high" else value <= self.target


@dataclass(frozen=True, slots=True)
class Task:
    """Samples of one kind and what is measured on them.

    ``samples`` returns none when the data is not there; ``where`` then says how to get it.
    ``needs``: a reply, only a ranking of cards, or nothing but the sample itself.
    """

    name: str
    samples: Callable[[Settings], list[Sample]]
    measures: tuple[Measure, ...]
    needs: Needs = "reply"
    words: bool = True  # whether a model's wording can change the outcome: worth the model tier
    quick: int | None = None  # most samples in the quick tier; None: all
    where: str = ""


def read_samples(path: Path) -> list[Sample]:
    """The cases of a JSON lines file; a line without a required field is named and refused."""
    return [sample(row, f"{path.name} line {n}") for n, row in rows(path)]


def rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Numbered objects of a JSON lines file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise EvalInvalid(f"{path.name} line {number}: not valid JSON: {error}") from None
        if not isinstance(row, dict):
            raise EvalInvalid(f"{path.name} line {number}: not a JSON object")
        yield number, row


def sample(row: Mapping[str, Any], place: str) -> Sample:
    """A checked Sample; ``place`` is said in the error."""
    if missing := [name for name in REQUIRED if row.get(name) in (None, "", [])]:
        raise EvalInvalid(f"{place}: a case needs {', '.join(missing)}; see docs/evals.md")
    given = row["input"] if isinstance(row["input"], list) else [row["input"]]
    texts = tuple(item["text"] if isinstance(item, dict) else item for item in given)
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise EvalInvalid(f"{place}: input must be a text or a list of texts")
    if not isinstance(row["target"], dict):
        raise EvalInvalid(f"{place}: target must be an object")
    metadata = dict(row.get("metadata", {}))
    if asked := {
        str(i): t["asked"] for i, t in enumerate(given) if isinstance(t, dict) and t.get("asked")
    }:
        metadata["asked"] = asked
    return Sample(str(row["id"]), texts, row["target"], row["source"], row["licence"], metadata)
