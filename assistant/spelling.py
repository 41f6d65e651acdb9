"""Words hidden by spelling, brought back: digits for letters, split and stretched words, slips."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from assistant.texts import toml

HERE = Path(__file__).parent
_LEET = re.compile(r"(?<![\w.@])[a-z]+(?:[013457@$]+[a-z]+)+[13457]?(?!\w|\.\w)")
_LEET_ME = re.compile(r"\bm3\b")
_DIGITS = str.maketrans("013457@$", "oieastas")
_ALONE = re.compile(r"(?<![\w'])[a-z](?:[\s.\-_*]{1,4}[a-z](?![\w']))+")
_CUT = re.compile(r"(?<![\w.@/])[a-z]{1,8}(?:[.\-_*][a-z]{1,8}){2,}(?![\w@/])")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_DOUBLED = {"start": "", "middle": "elostp", "end": "lsf"}  # letters that come twice in real words
_WORD = re.compile(r"[a-z]{5,12}")
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def mended(text: str) -> str:
    """A lower-case text with its hidden words in their common spelling."""
    if _LEET.search(text):
        text = _LEET_ME.sub("me", _LEET.sub(lambda m: m.group(0).translate(_DIGITS), text))
    text = _CUT.sub(_joined, _ALONE.sub(_together, text))
    text = _STRETCHED.sub(_shortened, text)
    return _WORD.sub(lambda m: _slips().get(m.group(0), m.group(0)), text)


def _together(match: re.Match[str]) -> str:
    """Single letters as words: their gaps are the wider ones, or those of blanks among dots."""
    found = match.group(0)
    blanks = re.search(r"[.\-_*]", found)
    words = re.split(r"\s+" if blanks else r"\s{2,}", found)
    letters = [re.sub(r"[\s.\-_*]", "", word) for word in words]
    if len(letters) == 1 and len(letters[0]) > 3:
        return _read(letters[0]) or letters[0]
    return " ".join(letters) if blanks or len(letters) > 1 else found


def _joined(match: re.Match[str]) -> str:
    """A word cut by dots or dashes, where its letters can be read as the words we look for."""
    return _read(re.sub(r"[.\-_*]", "", match.group(0))) or match.group(0)


def _read(letters: str) -> str:
    """Letters without gaps as known words, or "" where that cannot be done."""
    found = _splits().fullmatch(letters)
    if not found or len(letters) > 60:
        return ""
    words, rest = [], letters
    while rest:
        word = next(w for w in _longest() if rest.startswith(w) and _fits(rest[len(w) :]))
        words.append(word)
        rest = rest[len(word) :]
    return " ".join(words)


def _fits(rest: str) -> bool:
    return not rest or _splits().fullmatch(rest) is not None


def _shortened(match: re.Match[str]) -> str:
    """A stretched letter once, or twice where it often is double in that place of a word."""
    text, letter = match.string, match.group(1)
    first = not text[: match.start()][-1:].isalpha()
    last = not text[match.end() :][:1].isalpha()
    place = "start" if first else "end" if last else "middle"
    return letter * (2 if letter in _DOUBLED[place] else 1)


@cache
def _longest() -> tuple[str, ...]:
    words: list[str] = toml(HERE / "spelling.toml")["split"]
    return tuple(sorted(words, key=len, reverse=True))


@cache
def _splits() -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(_longest())})+")


@cache
def _slips() -> dict[str, str]:
    """Each danger word's misspellings: two letters swapped, one left out, or a key beside it."""
    listed = toml(HERE / "spelling.toml")
    taken = {*listed["real"], *listed["danger"]}
    return {slip: word for word in listed["danger"] for slip in _slips_of(word) - taken}


def _slips_of(word: str) -> set[str]:
    found = set()
    for i in range(1, len(word)):
        head, tail = word[:i], word[i + 1 :]
        found |= {head + tail, head + word[i] + word[i:]}
        found |= {head + key + tail for key in _beside(word[i])}
        if tail:
            found.add(head + tail[0] + word[i] + tail[1:])
    return {slip for slip in found if len(slip) > 4}


def _beside(letter: str) -> str:
    """The keys to the left and right of a letter."""
    row = next(row for row in _KEYS if letter in row)
    at = row.index(letter)
    return row[max(at - 1, 0) : at + 2].replace(letter, "")
