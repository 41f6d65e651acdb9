"""The batch formats: JSON lines in, JSON lines out, one for one and in the same order.

A line that cannot be used gives ``{"id" or "line", "error"}`` in its place and the rest goes
on. Lines are read, answered and written one at a time, so a file of any length takes the memory
of one line, and ``-`` works as a pipe.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, get_args

from assistant import lines
from assistant.errors import InputInvalid, StillpointError
from assistant.lines import Line
from assistant.turn import Exchange, Finding, Reading, Reply, StancePath, Timings, UserTurn

if TYPE_CHECKING:
    from assistant.chat import Assistant
    from assistant.listening import Listener

Json = dict[str, Any]
Answer = Callable[[Json], Json]
"""From the parsed object of a line to the fields written beside its id."""

PIPE = "-"
MOST_CARDS = 10


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run did: lines answered, lines that could not be used, lines done earlier."""

    answered: int = 0
    bad: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        parts = [f"{self.answered} answered", f"{self.bad} bad"]
        return ", ".join(parts + ([f"{self.skipped} done earlier"] if self.skipped else []))


def run(source: str, target: str, make: Callable[[], Answer], *, resume: bool = False) -> Tally:
    """Answer every line of ``source`` into ``target``; paths, or ``-`` for the standard streams.

    ``make`` loads what answers, and is called only when there is a line to be answered.

    With ``resume`` lines whose id already stands in ``target`` are left out and the others
    appended; a half written last line is dropped first. Raises InputInvalid when a file cannot
    be opened.
    """
    _check_apart(source, target)
    done = _finished(Path(target)) if resume and target != PIPE else Counter[str]()
    with _reading(source) as incoming, _writing(target, append=resume) as out:
        counts, loaded = Counter[str](), cache(make)
        for number, raw in enumerate(incoming, 1):
            if not raw.strip():
                continue
            key, given = _parse(raw, number)
            if done[_key(key)] > 0:
                done[_key(key)] -= 1
                counts["skipped"] += 1
                continue
            result = _answered(key, given, loaded)
            counts["bad" if "error" in result else "answered"] += 1
            out.write(_line(result))
            out.flush()
    return Tally(**counts)


def screening(listener: Listener) -> Answer:
    """``stillpoint screen``: route, signals and stance of each turn, without a language model."""

    def answer(given: Json) -> Json:
        line = lines.messages(given)
        return {"turns": [screened(reading) for reading in _readings(listener, line)]}

    return answer


def retrieval(listener: Listener, k: int = MOST_CARDS) -> Answer:
    """``stillpoint retrieve``: cards for the newest message of each line, best first."""
    from time import perf_counter

    def answer(given: Json) -> Json:
        line = lines.messages(given)
        started = perf_counter()
        history = [
            _unanswered(turn, reading)
            for turn, reading in zip(line.turns[:-1], _readings(listener, line, -1), strict=True)
        ]
        reading, heard = listener.hear(history, line.turns[-1], line.now)
        found = listener.find(history, line.turns[-1].text, heard, reading)[:k]
        cards = [{"id": item.slug, "score": round(item.score, 4)} for item in found]
        return {"cards": cards, "ms": _ms((perf_counter() - started) * 1000)}

    return answer


def asking(assistant: Assistant, adapter: str | None = None) -> Answer:
    """``stillpoint ask``: a whole reply to each turn, each after the ones before it."""
    settings = assistant.settings

    def answer(given: Json) -> Json:
        line = lines.messages(given)
        history: list[Exchange] = []
        for user in line.turns:
            country = line.country or settings.country
            *_, last = assistant.turn(history, user, country=country, now=line.now)
            history.append(Exchange(user, last))
        return {
            "turns": [replied(exchange.reply) for exchange in history],
            "model": settings.model,
            "adapter": adapter,
            "seed": settings.seed,
        }

    return answer


def reviewing() -> Answer:
    """``stillpoint review``: the output guard on a reply that is given."""
    from assistant.guards.review import review

    def answer(given: Json) -> Json:
        text = lines.text_of(given)
        said = "\n".join(turn.text for turn in lines.turns_of(given)) if "turns" in given else ""
        stance = lines.one_of(given, "stance", get_args(StancePath))
        lines.slugs_of(given)
        found = review(text, stance=stance, said_by_user=said)
        return {"ok": found.ok, "findings": _rules(found.findings), "text": found.text}

    return answer


def screened(reading: Reading) -> Json:
    """The fields of one turn in ``screen``."""
    screening, situation, stance = reading.screening, reading.situation, reading.stance
    return {
        "route": screening.route,
        "category": screening.category,
        "pattern": screening.pattern,
        "score": round(float(screening.score), 4),
        "signals": dict(situation.signals),
        "evidence": dict(situation.evidence),
        "unknown": list(stance.unknown),
        "stance": stance.path,
        "leaning": stance.leaning,
        "rule": stance.rule,
        "rules": list(stance.rules),
        "modifiers": list(stance.modifiers),
        "confidence": stance.confidence,
        "would_change": stance.would_change,
        "question": stance.question,
        "ms": _ms(reading.ms),
    }


def replied(reply: Reply) -> Json:
    """The fields of one turn in ``ask``: those of ``screen``, and the reply."""
    usage = reply.usage
    asks = reply.reading.stance.question is not None
    return {
        **screened(reply.reading),
        "question": reply.question if asks else None,  # the wording the reply chose
        "reply": reply.text,
        "cards": list(reply.cards),
        "citations": [citation.slug for citation in reply.citations],
        "finish": reply.finish,
        "mode": reply.mode,
        "usage": {"input": usage.input, "cached": usage.cached, "output": usage.output},
        "ms": _stages(reply.timings),
        "guard": _rules(reply.guard),
    }


def _readings(listener: Listener, line: Line, stop: int | None = None) -> list[Reading]:
    """What is heard in each turn, each in the light of those before it."""
    history: list[Exchange] = []
    for user in line.turns[:stop]:
        history.append(_unanswered(user, listener.read(history, user, line.now)))
    return [exchange.reply.reading for exchange in history]


def _unanswered(user: UserTurn, reading: Reading) -> Exchange:
    """An exchange whose reply was never written: only what was heard, and what would be asked."""
    reply = Reply("", reading, "done", finish="vetted", question=reading.stance.question)
    return Exchange(user, reply)


def _stages(timings: Timings) -> Json:
    names = ("screen", "retrieve", "first_token", "first_shown", "total")
    return {name: _ms(getattr(timings, name)) for name in names}


def _rules(findings: Iterable[Finding]) -> list[Json]:
    return [{"rule": finding.label, "words": finding.words} for finding in findings]


def _ms(value: float) -> float:
    return round(float(value), 1)


def _parse(raw: bytes, number: int) -> tuple[Json, Json | StillpointError]:
    """The line's ``{"id"}`` or, without one, its ``{"line"}``; and its object or its fault."""
    key: Json = {"line": number}
    try:
        given = lines.parse(raw)
        key = {"id": lines.id_of(given)}
    except InputInvalid as fault:
        return key, fault
    return key, given


def _answered(key: Json, given: Json | StillpointError, loaded: Callable[[], Answer]) -> Json:
    if isinstance(given, StillpointError):
        return {**key, "error": str(given)}
    answer = loaded()  # a fault in loading ends the run: it is not the line's
    try:
        return {**key, **answer(given)}
    except StillpointError as fault:
        return {**key, "error": str(fault)}


def _line(result: Json) -> bytes:
    """Readable, and one line also for readers that break at Unicode's line separators."""
    return json.dumps(result, ensure_ascii=False).translate(_BREAKS).encode() + b"\n"


_BREAKS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}


def _key(given: Mapping[str, Any]) -> str:
    return f"id {given['id']}" if "id" in given else f"line {given.get('line')}"


def _finished(target: Path) -> Counter[str]:
    """How often each id or line number is already answered; drops a half written last line."""
    done = Counter[str]()
    if not target.exists():
        return done
    with target.open("r+b") as file:
        whole = 0
        for raw in file:
            if not raw.endswith(b"\n"):
                file.truncate(whole)
                break
            whole += len(raw)
            done.update(_keys(raw))
    return done


def _keys(raw: bytes) -> Iterator[str]:
    try:
        given = json.loads(raw)
    except ValueError:
        return
    if isinstance(given, dict) and given.keys() & {"id", "line"}:
        yield _key(given)


def _check_apart(source: str, target: str) -> None:
    both = PIPE not in {source, target} and Path(source).exists() and Path(target).exists()
    if both and os.path.samefile(source, target):
        raise InputInvalid(f"{target} is also the input: choose another file for the answers")


@contextmanager
def _reading(source: str) -> Iterator[Iterable[bytes]]:
    if source == PIPE:
        yield sys.stdin.buffer
        return
    with os.fdopen(_open(source, os.O_RDONLY, "read"), "rb") as file:
        yield file


@contextmanager
def _writing(target: str, *, append: bool) -> Iterator[IO[bytes]]:
    if target == PIPE:
        yield sys.stdout.buffer
        return
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC)
    with os.fdopen(_open(target, flags, "written"), "wb") as file:
        yield file


def _open(path: str, flags: int, done: str) -> int:
    """Private from the start where it is new: answers quote what people wrote."""
    try:
        return os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)
    except OSError as error:
        raise InputInvalid(f"{path} cannot be {done}: {error.strerror}") from None
