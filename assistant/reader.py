"""The reader: one encoder pass over a message, and what each trained head says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.models.embedder import HERE, Embedder
from assistant.plain import own_words, readable, sentences, windows

Vectors = NDArray[np.float32]
# What another person says never counts as the user's own intent (contract: "What sets signals").
OWN_LABELS = frozenset(
    {"self_harm", "dark_thoughts", "harm_intent", "pursuit", "coercion", "own_harm_fear"}
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A label's highest probability (0-1), the piece that gave it, and that of the whole text."""

    score: float
    words: str
    whole: float = 0.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What the heads say of one message."""

    text: str
    vector: Vectors
    guards: Mapping[str, Hit]
    situation: Mapping[str, Hit]
    joined: Mapping[str, float] = field(default_factory=dict)  # with the message before it


@dataclass(frozen=True, slots=True)
class Passages:
    """A text and its windows, each with its vector (one row a text)."""

    texts: list[str]
    vectors: Vectors


class Heads:
    """Linear heads over the encoder's vectors: ``cards``, ``guards``, ``situation``."""

    def __init__(self, path: Path = HERE / "heads.npz") -> None:
        with np.load(path) as stored:
            self._arrays = {name: stored[name] for name in stored.files if name != "labels"}
            self.labels: dict[str, list[str]] = json.loads(str(stored["labels"]))

    def logits(self, head: str, vectors: Vectors) -> Vectors:
        weight, bias = self._arrays[f"{head}_weight"], self._arrays[f"{head}_bias"]
        return np.asarray(vectors @ weight.T + bias)

    def cards(self, vector: Vectors) -> dict[str, float]:
        """Probability of each card known at training time."""
        logits = self.logits("cards", vector)
        exp = np.exp(logits - logits.max())
        return dict(zip(self.labels["cards"], map(float, exp / exp.sum()), strict=True))


class Reader:
    """Reads a message once: vector for retrieval, probabilities for guards and situation."""

    def __init__(self, embedder: Embedder, heads: Heads) -> None:
        self.embedder, self.heads = embedder, heads

    def read(self, text: str, asked: str | None = None, before: str = "") -> Heard:
        """What is heard; ``before`` is the message that came before, to be read with it."""
        text = readable(text)
        own = own_words(text)
        everything = self._passages(text)
        everyone = self._best("guards", everything)
        spoken = everyone
        if own != text:  # of nothing but a quotation the user's own labels stay silent
            quoted_only = len(own.split()) <= 2
            silent = {label: Hit(0.0, "") for label in everyone}
            spoken = silent if quoted_only else self._best("guards", self._passages(own))
        guards = {k: (spoken if k in OWN_LABELS else everyone)[k] for k in everyone}
        situation = self._best("situation", everything)
        if asked:
            answer = Passages([text], self.embedder.read(f"{asked} [SEP] {text}"))
            answered = self._best("situation", answer)
            situation = {
                k: max(situation[k], answered[k], key=lambda hit: hit.score) for k in situation
            }
        joined = self.scores(f"{readable(before)} {text}") if before else {}
        return Heard(text, everything.vectors[0], guards, situation, joined)

    def scores(self, text: str) -> dict[str, float]:
        """Guard probabilities of a text as it stands, without windows."""
        logits = self.heads.logits("guards", self.embedder.read(text))[0]
        return dict(zip(self.heads.labels["guards"], map(float, _sigmoid(logits)), strict=True))

    def _passages(self, text: str) -> Passages:
        spans = windows(text)
        texts = [text, *(text[start:end] for start, end in spans)]
        return Passages(texts, self.embedder.read(text, spans))

    def _best(self, head: str, passages: Passages) -> dict[str, Hit]:
        scores = _sigmoid(self.heads.logits(head, passages.vectors))
        where = scores.argmax(0)
        return {
            label: Hit(
                float(scores[where[i], i]), _words(passages.texts[where[i]]), float(scores[0, i])
            )
            for i, label in enumerate(self.heads.labels[head])
        }

    @cached_property
    def fingerprint(self) -> str:
        return self.embedder.fingerprint


def _words(piece: str, most: int = 24) -> str:
    """A piece short enough to be shown as evidence."""
    words = piece.split()
    return piece if len(words) <= most else " ".join(words[:most]) + " …"


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


__all__ = ["Heads", "Heard", "Hit", "Reader", "sentences"]
