"""The values of one turn. Frozen, in the field's nouns; nothing downstream writes upstream.

Codes (S1, L7, H2, P8, ...) are those of docs/decision-model.md; routes, categories and
stances are one vocabulary for the page, the batch formats and the evals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Route = Literal["reflect", "decline", "safety", "offtopic"]
Category = Literal["self_harm", "danger", "harm_to_other", "minor", "certainty", "diagnosis"]
StancePath = Literal[
    "SAFETY", "CUTOFF", "PAUSE", "NEITHER_TALK", "NEITHER_WAIT", "NEITHER_HONOUR_NO"
]
Confidence = Literal["low", "fair", "good"]
Finish = Literal["stop", "length", "stopped", "vetted", "fallback"]
Mode = Literal["anchored", "free", "vetted"]
Value = int | str | list[str]

TACTICS = (
    "jealousy",
    "staged_post",
    "silent_punishment",
    "test",
    "breadcrumb_back",
    "bluff_ultimatum",
    "guilt_trip",
    "love_bomb",
    "messenger",
    "fake_identity",
    "withholding",
    "hook_script",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a guard saw: the label, the words that showed it, and how sure it is (0-1)."""

    label: str
    words: str
    score: float
    source: Literal["pattern", "reader", "history", "user"]


@dataclass(frozen=True, slots=True)
class Screening:
    """Where a message goes and why. ``score`` is the calibrated probability of the route."""

    route: Route
    category: Category | None = None
    pattern: str | None = None
    score: float = 0.0
    form: str = ""  # "", "friend", "youth" or "own_harm": whom a safety reply speaks to
    findings: tuple[Finding, ...] = ()

    def labels(self) -> frozenset[str]:
        return frozenset(finding.label for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Situation:
    """The signals heard so far. A signal that is absent is unknown, never zero."""

    signals: Mapping[str, Value] = field(default_factory=dict)
    evidence: Mapping[str, str] = field(default_factory=dict)
    corrected: frozenset[str] = frozenset()  # set by the user's own hand: nothing overwrites it
    fresh: frozenset[str] = frozenset()  # set or changed by the newest message


@dataclass(frozen=True, slots=True)
class Stance:
    """What the decision model suggests, which rule decided, and what would change it."""

    path: StancePath
    rule: str
    why: str
    rules: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    confidence: Confidence = "low"
    would_change: str = ""
    question: str | None = None
    asks: str | None = None  # the key of ``question`` in the model's list, to never ask twice
    leaning: StancePath | None = None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """All that is known about a message before a word is written."""

    screening: Screening
    situation: Situation
    stance: Stance
    ms: float = 0.0
    hints: Mapping[str, float] = field(default_factory=dict)  # every guard score, also weak ones


@dataclass(frozen=True, slots=True)
class UserTurn:
    """What the person did: typed ``text``; ``set`` holds signals corrected by hand.

    ``asked`` is the question put before it where a caller knows better than the history.
    """

    text: str
    asked: str | None = None
    set: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Citation:
    """A card a sentence of the reply stands on."""

    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens: evaluated or reused on the way in, written on the way out."""

    input: int = 0
    cached: int = 0
    output: int = 0

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> Usage:
        """From langchain-core's ``usage_metadata``."""
        cached = metadata.get("input_token_details", {}).get("cache_read", 0)
        return cls(metadata.get("input_tokens", 0), cached, metadata.get("output_tokens", 0))


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds from the start of the turn; zero where a stage did not run."""

    screen: float = 0.0
    retrieve: float = 0.0
    first_token: float = 0.0
    first_shown: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What is shown. A stream yields growing snapshots; the last has ``finish`` set.

    ``text`` carries ``[slug]`` markers, each naming a card in ``citations``.
    """

    text: str
    reading: Reading
    stage: Literal["reading", "finding", "writing", "done"] = "writing"
    cards: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    finish: Finish | None = None
    mode: Mode = "anchored"
    usage: Usage = Usage()
    timings: Timings = Timings()
    guard: tuple[Finding, ...] = ()
    question: str | None = None
    notice: str | None = None  # said beside the reply, e.g. that older turns were left out


@dataclass(frozen=True, slots=True)
class Exchange:
    """One finished turn: what was said and what was answered."""

    user: UserTurn
    reply: Reply
