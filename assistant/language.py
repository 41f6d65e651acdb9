"""Is it English, and if not, does it speak of danger? Word lists, no model: short texts matter."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_ENGLISH = frozenset(
    [
        "i",
        "me",
        "my",
        "you",
        "he",
        "she",
        "they",
        "we",
        "it",
        "is",
        "am",
        "are",
        "was",
        "be",
        "to",
        "the",
        "a",
        "an",
        "and",
        "or",
        "but",
        "of",
        "in",
        "on",
        "for",
        "with",
        "at",
        "not",
        "no",
        "so",
        "if",
        "do",
        "did",
        "have",
        "has",
        "had",
        "this",
        "that",
        "what",
        "when",
        "why",
        "how",
        "who",
        "him",
        "her",
        "them",
        "his",
        "their",
        "our",
        "just",
        "like",
        "know",
        "want",
        "feel",
        "think",
        "about",
        "up",
        "out",
        "all",
        "can",
        "will",
        "would",
        "should",
        "im",
        "dont",
        "cant",
        "ive",
        "id",
        "hes",
        "shes",
        "its",
        "bf",
        "gf",
        "ex",
        "love",
        "text",
        "texts",
        "texted",
        "miss",
        "back",
        "get",
        "got",
        "go",
        "going",
        "been",
        "than",
        "then",
        "there",
        "from",
        "u",
        "ur",
        "idk",
        "lol",
        "ok",
        "yes",
        "yeah",
        "thanks",
        "thank",
        "hi",
        "hello",
        "hey",
        "please",
        "help",
        "because",
        "cuz",
        "bc",
        "really",
        "more",
        "too",
        "ever",
        "never",
        "now",
        "one",
        "by",
        "as",
        "your",
        "says",
        "said",
        "wont",
        "didnt",
        "doesnt",
        "isnt",
        "over",
        "again",
        "after",
        "still",
        "time",
    ]
)
_WORDS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def is_english(text: str) -> bool:
    """False only when a text is clearly in another language; short or odd texts pass."""
    words = [w.lower().replace("’", "'").replace("'", "") for w in _WORDS.findall(text)]
    if not words:
        return True
    latin = sum(w.isascii() for w in words)
    if latin / len(words) < 0.5:
        return False
    if len(words) < 4:
        return not (set(words) & _foreign_words()) or bool(set(words) & _ENGLISH)
    english = sum(w in _ENGLISH for w in words) / len(words)
    foreign = sum(w in _foreign_words() for w in words) / len(words)
    return english >= 0.2 or foreign < 0.15 or english > foreign


def foreign_danger(text: str) -> str | None:
    """A safety label for danger words of widely spoken languages, in a lower-cased text."""
    for label, words in _foreign()["danger"].items():
        if any(_holds(text, word) for word in words):
            return str(label)
    return None


def _holds(text: str, word: str) -> bool:
    return bool(re.search(rf"\b{re.escape(word)}\b", text)) if word.isascii() else word in text


@cache
def _foreign_words() -> frozenset[str]:
    return frozenset(_foreign()["common"]["words"].split())


@cache
def _foreign() -> dict[str, Any]:
    path = Path(__file__).parent / "guards" / "languages.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
