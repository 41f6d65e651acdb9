"""A turn as JSON and back, for kept conversations. Reading checks each field against its type."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from assistant.errors import InputInvalid
from assistant.turn import Exchange

FORMAT, VERSION = "stillpoint-conversations", 1
MOST_IMPORT = 50_000_000  # characters
LATEST = 32_503_680_000  # the year 3000 in seconds since 1970
MOST_NESTED = 12  # levels; a real turn has seven


def to_json(value: object) -> str:
    """One line of ASCII, so that no text of any kind fails to be stored."""
    return json.dumps(plain(value), separators=(",", ":"), default=float)


def plain(value: object) -> Any:
    """Dataclasses and collections as what JSON knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def exchange_from(raw: object) -> Exchange:
    """An exchange from what ``plain`` made of it; InputInvalid names what does not fit.

    A field that this version does not know is left out; one it misses gets its default.
    """
    try:
        exchange: Exchange = _value(Exchange, raw, "turn", 0)
    except RecursionError:
        raise InputInvalid("a kept turn is nested too deeply to be one") from None
    return exchange


def exported(conversations: Sequence[tuple[str, float, Sequence[Any]]]) -> str:
    """Title, start and plain turns of each conversation, as JSON text that a person can read."""
    kept = [{"title": t, "started": s, "turns": list(turns)} for t, s, turns in conversations]
    return json.dumps({"format": FORMAT, "version": VERSION, "conversations": kept}, indent=1)


def imported(text: str) -> list[tuple[str, float, list[Exchange]]]:
    """What an export holds, checked throughout. Raises InputInvalid for anything else."""
    if len(text) > MOST_IMPORT:
        raise InputInvalid("This file is too large to be an export of conversations.")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise InputInvalid("This is not an export of conversations: it is not JSON.") from None
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise InputInvalid("This is not an export of conversations.")
    if raw.get("version") != VERSION:
        raise InputInvalid("This export was written by a newer version of this program.")
    conversations = raw.get("conversations")
    if not isinstance(conversations, list):
        raise InputInvalid("This export holds no list of conversations.")
    return [_conversation(item) for item in conversations]


def _conversation(raw: object) -> tuple[str, float, list[Exchange]]:
    found = raw if isinstance(raw, dict) else {}
    title, started, turns = found.get("title"), found.get("started"), found.get("turns")
    if not isinstance(title, str) or not isinstance(turns, list):
        raise InputInvalid("A conversation in this export lacks its title or turns.")
    return title, _time(started), [exchange_from(turn) for turn in turns]


def _time(raw: object) -> float:
    """Seconds since 1970; also refuses what JSON writes as NaN or Infinity."""
    if isinstance(raw, (int, float)) and not isinstance(raw, bool) and 0 <= raw < LATEST:
        return float(raw)
    raise InputInvalid("A conversation in this export has no possible start.")


def folded(text: str) -> str:
    """Case and accents aside, so that a word is found however it was typed."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in apart if not unicodedata.combining(c))


def _value(kind: Any, raw: object, where: str, depth: int) -> Any:
    if depth > MOST_NESTED:
        raise InputInvalid(f"{where}: nested too deeply")
    origin = get_origin(kind)
    if is_dataclass(kind):
        return _dataclass(kind, raw, where, depth + 1)
    if origin in (Union, UnionType):
        return _either(get_args(kind), raw, where, depth + 1)
    if origin is Literal:
        return raw if raw in get_args(kind) else _wrong(where)
    if origin is not None:
        return _collection(kind, raw, where, depth + 1)
    return _single(kind, raw, where)


def _dataclass(kind: Any, raw: object, where: str, depth: int) -> Any:
    if not isinstance(raw, dict):
        _wrong(where)
    assert isinstance(raw, dict)
    known: dict[str, Any] = {}
    for item in fields(kind):
        if item.name in raw:
            wanted = _hints(kind)[item.name]
            known[item.name] = _value(wanted, raw[item.name], f"{where}.{item.name}", depth)
        elif _is_needed(item):
            raise InputInvalid(f"{where}.{item.name} is missing")
    return kind(**known)


def _either(kinds: tuple[Any, ...], raw: object, where: str, depth: int) -> Any:
    for kind in kinds:
        try:
            return _value(kind, raw, where, depth)
        except InputInvalid:
            continue
    return _wrong(where)


def _collection(kind: Any, raw: object, where: str, depth: int) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if isinstance(raw, dict) and len(inner) == 2 and issubclass(origin, Mapping):
        return {k: _value(inner[1], v, f"{where}.{k[:20]}", depth) for k, v in raw.items()}
    if isinstance(raw, list) and not issubclass(origin, Mapping):
        return origin(_value(inner[0], item, where, depth) for item in raw)
    return _wrong(where)


def _single(kind: Any, raw: object, where: str) -> Any:
    if kind is float and isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return float(raw)
    if kind is NoneType and raw is None:
        return None
    return raw if type(raw) is kind else _wrong(where)


def _wrong(where: str) -> Any:
    raise InputInvalid(f"{where} is not what a kept turn holds there")


def _is_needed(item: Field[Any]) -> bool:
    return item.default is MISSING and item.default_factory is MISSING


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
