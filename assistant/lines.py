"""One line of a batch: from bytes to checked values, or a fault a person can act on."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from assistant.errors import InputInvalid
from assistant.settings import MAX_CHARS
from assistant.texts import PROMPTS
from assistant.turn import UserTurn, Value

Json = dict[str, Any]
CODE = re.compile(r"[SLMDR]\d+")


@dataclass(frozen=True, slots=True)
class Line:
    """The messages of one line, the country of its help lines and the time it was written."""

    turns: tuple[UserTurn, ...]
    country: str | None = None
    now: datetime | None = None


def parse(raw: bytes) -> Json:
    """The JSON object of a line. Raises InputInvalid for anything else."""
    try:
        given = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputInvalid("the line is not UTF-8") from None
    except RecursionError:
        raise InputInvalid("the line is not JSON that can be read: nested too deeply") from None
    except ValueError as error:
        raise InputInvalid(f"the line is not JSON: {error}") from None
    if not isinstance(given, dict):
        raise InputInvalid('the line is not an object such as {"id": "1", "text": "..."}')
    return given


def id_of(given: Json) -> str:
    """The line's id, a string that is not empty."""
    found = given.get("id")
    if not isinstance(found, str) or not found:
        raise InputInvalid('"id" is missing or not a string')
    _check_unicode(found, '"id"')
    return found


def messages(given: Json) -> Line:
    """What is to be answered: ``text``, or ``turns`` from the first to the newest."""
    if "text" in given and "turns" in given:
        raise InputInvalid('give "text" or "turns", not both')
    turns = turns_of(given) if "turns" in given else (UserTurn(text_of(given)),)
    return Line(turns, _country(given), _now(given))


def text_of(given: Json, name: str = "text") -> str:
    """A text of 1 to MAX_CHARS characters."""
    text = given.get(name)
    if not isinstance(text, str):
        raise InputInvalid(f'"{name}" is missing or not a string')
    return _checked(text, f'"{name}"')


def turns_of(given: Json) -> tuple[UserTurn, ...]:
    """Turns as strings or as objects with ``text``, ``asked`` and ``set``."""
    turns = given["turns"]
    if not isinstance(turns, list) or not turns:
        raise InputInvalid('"turns" is not a list with at least one message')
    return tuple(_turn(turn, number) for number, turn in enumerate(turns, 1))


def one_of(given: Json, name: str, allowed: Sequence[str]) -> str | None:
    """An optional field that must be one of some words."""
    value = given.get(name)
    if value is not None and value not in allowed:
        raise InputInvalid(f'"{name}" is not one of {", ".join(allowed)}')
    return None if value is None else str(value)


def slugs_of(given: Json) -> tuple[str, ...]:
    """The optional ``cards``: a list of slugs."""
    cards = given.get("cards") or []
    if not isinstance(cards, list) or not all(isinstance(card, str) for card in cards):
        raise InputInvalid('"cards" is not a list of card ids')
    return tuple(cards)


def _turn(turn: object, number: int) -> UserTurn:
    if isinstance(turn, str):
        return UserTurn(_checked(turn, f"turn {number}"))
    if not isinstance(turn, dict) or not isinstance(turn.get("text"), str):
        raise InputInvalid(f'turn {number} is neither a string nor an object with "text"')
    asked = turn.get("asked")
    if asked is not None and not isinstance(asked, str):
        raise InputInvalid(f'turn {number}: "asked" is not a string')
    text = _checked(turn["text"], f"turn {number}")
    question = _checked(asked, f'turn {number}: "asked"') if asked else None
    return UserTurn(text, question, _set(turn.get("set"), number))


def _checked(text: str, what: str) -> str:
    if not text.strip():
        raise InputInvalid(f"{what} is empty")
    if len(text) > MAX_CHARS:
        raise InputInvalid(f"{what} has {len(text)} characters; {MAX_CHARS} is the limit")
    _check_unicode(text, what)
    return text


def _check_unicode(text: str, what: str) -> None:
    """JSON may spell half of a surrogate pair, which is no character and cannot be written."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputInvalid(f"{what} holds half of a surrogate pair") from None


def _set(given: object, number: int) -> Mapping[str, Value]:
    """Signals a person corrected by hand."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise InputInvalid(f'turn {number}: "set" is not an object of signals')
    for code, value in given.items():
        if code not in _signals():
            raise InputInvalid(f'turn {number}: "set" names an unknown signal {code!r}')
        if not _fits(value, _signals()[code]):
            raise InputInvalid(f'turn {number}: "set" gives {code} a value it cannot have')
    return {code: _plain_list(value) for code, value in given.items()}


def _fits(value: object, allowed: frozenset[str]) -> bool:
    """A level, a word or, for L10, words the signal knows; any whole number for counts."""
    if isinstance(value, bool) or value is None:
        return False
    if not allowed:
        return isinstance(value, int) and value >= 0
    if isinstance(value, list):
        return "children" in allowed and bool(value) and set(map(str, value)) <= allowed
    numeric = all(word.isdigit() for word in allowed)
    return isinstance(value, int if numeric else str) and str(value) in allowed


def _plain_list(value: Any) -> Value:
    return [str(item) for item in value] if isinstance(value, list) else value


@cache
def _signals() -> dict[str, frozenset[str]]:
    """The values each signal can have; an empty set for those that count hours or returns."""
    raw = tomllib.loads((PROMPTS / "signals.toml").read_text(encoding="utf-8"))
    return {code: frozenset(fields["is"]) for code, fields in raw.items() if CODE.fullmatch(code)}


def _country(given: Json) -> str | None:
    code = given.get("country")
    if code is None:
        return None
    if not (isinstance(code, str) and len(code) == 2 and code.isascii() and code.isalpha()):
        raise InputInvalid('"country" is not a two-letter code such as GB')
    return code.lower()


def _now(given: Json) -> datetime | None:
    now = given.get("now")
    if now is None:
        return None
    try:
        return datetime.fromisoformat(now)
    except (TypeError, ValueError):
        raise InputInvalid('"now" is not an ISO time such as 2026-03-01T21:30') from None
