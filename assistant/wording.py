"""The one thing a small model writes: a line about how it may feel, tried twice, then replaced.

Its prompt is the constant system message and the newest message only, so the prefix stays in
the model's cache for the whole session. An opening is put into its mouth, which keeps a small
model in the right shape; ``faithful.faults`` decides whether the line may be read.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from assistant import compose, texts
from assistant.faithful import faults
from assistant.guards.review import check
from assistant.turn import Finding, Finish, Reading, Usage

OPENINGS = (
    "No wonder you",
    "It sounds like you",
    "That sounds",
    "You sound",
    "There is",
    "It makes sense that you",
    "That is",
    "Part of you",
)
TRIES = 2
MOST_TOKENS = 34
SEEN_CHARS = 900  # of the message; enough for what it feels like, and quick to read


@dataclass(frozen=True, slots=True)
class Wording:
    """A line fit to be read, who wrote it, and what it cost."""

    line: str
    finish: Finish
    usage: Usage = field(default_factory=Usage)
    first_token: float = 0.0
    rejected: tuple[Finding, ...] = ()


class Writer(Protocol):
    """Whoever words the reflection."""

    def reflect(
        self, text: str, quote: str | None, reading: Reading, said: Sequence[str]
    ) -> Wording:
        """A line for ``text``; ``said`` holds the replies so far, of which none comes twice."""
        ...

    def stop(self) -> None: ...


class PlainWriter:
    """Vetted lines only: what is said when no model is there, or its lines are not fit."""

    def reflect(
        self, text: str, quote: str | None, reading: Reading, said: Sequence[str]
    ) -> Wording:
        _, lines = compose.reflection_lines(reading, text)
        pick = compose.Picker(said, text)
        return Wording(pick(lines["after"] if quote else lines["alone"]), "fallback")

    def stop(self) -> None:
        return


class ModelWriter:
    """The model's line if it is faithful, a vetted one otherwise."""

    def __init__(self, model: BaseChatModel, seed: int = 7) -> None:
        self.model, self._seed = model, seed
        self._trained = bool(getattr(model, "adapter", None))
        self._plain = PlainWriter()

    def stop(self) -> None:
        if hasattr(self.model, "stop"):
            self.model.stop()

    def warm(self) -> None:
        """Read the constant prompt ahead, so that the first reply starts at once."""
        if hasattr(self.model, "warm"):
            self.model.warm(self._ask("", None))

    def reflect(
        self, text: str, quote: str | None, reading: Reading, said: Sequence[str]
    ) -> Wording:
        rejected: list[Finding] = []
        usage, first = Usage(), 0.0
        for attempt in range(TRIES):
            opening = "" if self._trained else _opening(f"{len(said)}{text}", attempt)
            line, spent, token_ms = self._write(self._ask(text, quote), opening, attempt)
            usage = Usage(spent.input, spent.cached, usage.output + spent.output)
            first = first or token_ms
            wrong = faults(line, text) + copied(line) + _breaks(line, reading)
            wrong += ["said before"] if any(line in reply for reply in said) else []
            if not wrong:
                return Wording(line, "stop", usage, first, tuple(rejected))
            rejected.append(Finding("reflection: " + ", ".join(wrong), line, 1.0, "pattern"))
        plain = self._plain.reflect(text, quote, reading, said)
        return Wording(plain.line, "fallback", usage, first, tuple(rejected))

    def _ask(self, text: str, quote: str | None) -> list[BaseMessage]:
        return line_prompt(text, quote) if self._trained else prompt(text)

    def _write(
        self, messages: Sequence[BaseMessage], opening: str, attempt: int
    ) -> tuple[str, Usage, float]:
        started, first = time.perf_counter(), 0.0
        out, usage = opening, Usage()
        for chunk in self.model.stream(
            list(messages),
            stop=[". ", ".\n", "\n", "?", '"', "”"],
            prefix=opening,
            max_tokens=MOST_TOKENS,
            temperature=0.0 if attempt == 0 else 0.7,
            seed=self._seed + attempt,
        ):
            first = first or (time.perf_counter() - started) * 1000
            out += str(chunk.content)
            if chunk.usage_metadata:
                usage = Usage.of(chunk.usage_metadata)
        return _tidy(out), usage, first


def copied(line: str) -> list[str]:
    """A line that repeats five words of an example in the prompt is not about this person."""
    words, system = line.lower().split(), texts.system().lower()
    runs = (" ".join(words[i : i + 5]) for i in range(2, len(words) - 4))
    return ["copies an example"] if any(run in system for run in runs) else []


def prompt(text: str) -> list[BaseMessage]:
    """The constant system message with its examples, and one message with what was written."""
    ask = f'They wrote: "{_flat(text)[:SEEN_CHARS]}"\nLine:'
    return [SystemMessage(texts.system()), HumanMessage(ask)]


def line_prompt(text: str, quote: str | None) -> list[BaseMessage]:
    """What the adapter was trained on: no examples, and the words already given back."""
    said = f'\nGiven back: "{_flat(quote)}"' if quote else ""
    ask = f'They wrote: "{_flat(text)[:SEEN_CHARS]}"{said}\nLine:'
    return [SystemMessage(texts.line()), HumanMessage(ask)]


def _flat(text: str) -> str:
    return " ".join(text.split()).replace('"', "'")


def _opening(salt: str, attempt: int) -> str:
    start = int(hashlib.sha256(salt.encode()).hexdigest(), 16)
    return OPENINGS[(start + attempt * 3) % len(OPENINGS)]


def _tidy(line: str) -> str:
    """One sentence, closed by a full stop; what was cut off in the middle is left out."""
    line = line.strip().strip('"“”').replace("!", ".")
    found = re.match(r"(.+?[.])(?:\s|$)", line)
    return found.group(1) if found else line.rstrip(" ,;:-") + "."


def _breaks(line: str, reading: Reading) -> list[str]:
    """The output guard's rules that a line breaks in this talk."""
    danger, refused = compose.careful(reading), compose.refused(reading)
    return [finding.label for finding in check(line, danger=danger, refused=refused)]
