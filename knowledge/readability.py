"""Flesch-Kincaid grade: the school year (US) whose pupils read a text with ease."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")


def words(text: str) -> list[str]:
    return _WORD.findall(text)


def grade(text: str) -> float:
    """Kincaid et al. 1975: 0.39 words per sentence + 11.8 syllables per word - 15.59."""
    found = words(text)
    if not found:
        return 0.0
    sentences = max(len(re.findall(r"[.!?]+(?:\s|$|[\"”’'])", text)), 1)
    syllables = sum(map(_syllables, found))
    return 0.39 * len(found) / sentences + 11.8 * syllables / len(found) - 15.59


def _syllables(word: str) -> int:
    """Vowel groups, less a silent ending: right for about nine words in ten."""
    word = re.sub(r"[^a-z]", "", word.lower())
    count = len(re.findall(r"[aeiouy]+", word))
    if re.search(r"[^aeiouyl]e$|[^aeiouytd]ed$|[^aeiouyscxz]es$", word) and count > 1:
        count -= 1
    return max(count, 1)
