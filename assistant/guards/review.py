"""Output guard: every sentence is checked before it is shown; a broken one is dropped.

The same rules serve the live reply, ``stillpoint review``, the evals and the filter of training
data. Rules are files in ``guards/output``. Those with ``when = "danger"`` apply only where fear
or danger was heard (stance SAFETY or a careful talk), those with ``"no"`` after the other's no.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from assistant.guards.patterns import rules
from assistant.helplines import countries, load
from assistant.plain import plain
from assistant.texts import reply, sentences
from assistant.turn import Finding

# What the person hopes, fears or thinks, given back to them, is theirs and no claim of ours.
_GIVEN_BACK = re.compile(
    r"\b(?:you(?:'re| are)? (?:\w+ )?(?:hope|hoping|afraid|scared|fear|think|believe|say|said|wonder|wish)"
    r"|you feel sure|part of you (?:hopes|fears|thinks|believes|wonders)|hoping|(?:your|that|the) (?:hope|fear))"
    r" (?:that |if )?(?:he|she|they)\b[^.,;!?]*",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Whether a text may be shown as it is, what was found, and what may be shown instead."""

    ok: bool
    findings: tuple[Finding, ...]
    text: str


def review(
    text: str, *, stance: str | None = None, said_by_user: str = "", careful: bool = False
) -> Reviewed:
    """Check each sentence; keep the sound ones, or the vetted fallback when none is left.

    What stands between typographic quotes and also in ``said_by_user`` is the user's own and
    is not judged.
    """
    state = _state(careful or stance == "SAFETY", stance == "NEITHER_HONOUR_NO")
    kept, findings = [], []
    for paragraph in text.split("\n\n"):
        sound = []
        for sentence in sentences(paragraph):
            found = _broken(sentence, state, said_by_user)
            findings += found
            sound += [] if found else [sentence]
        if sound:
            kept.append(" ".join(sound))
    repaired = "\n\n".join(kept) if findings else text
    return Reviewed(not findings, tuple(findings), repaired or fallback())


def check(
    sentence: str, *, danger: bool = False, refused: bool = False, said_by_user: str = ""
) -> list[Finding]:
    """The rules a sentence breaks, with the words that break them."""
    return _broken(sentence, _state(danger, refused), said_by_user)


def _state(danger: bool, refused: bool) -> frozenset[str]:
    """The values of a rule's ``when`` that hold: always, under danger, after a no."""
    return frozenset(["", *["danger"] * danger, *["no"] * refused])


def _broken(sentence: str, state: frozenset[str], said_by_user: str) -> list[Finding]:
    judged = _GIVEN_BACK.sub(" ", plain(_without_listed(_without_quotes(sentence, said_by_user))))
    found = []
    for rule in rules("output"):
        if rule.when not in state:
            continue
        if words := rule.words(judged):
            found.append(Finding(rule.label, words[:160], 1.0, "pattern"))
    return found


def watch(
    chunks: Iterable[str],
    *,
    danger: bool = False,
    refused: bool = False,
    said_by_user: str = "",
    also: Callable[[str], list[str]] = lambda _sentence: [],
    dropped: list[Finding] | None = None,
) -> Iterator[str]:
    """Sound text so far from a stream: holds back the sentence that is still being written.

    ``also`` names further faults of a sentence; what is dropped is added to ``dropped``.
    """
    shown = ""
    for sentence in _sentences_of(chunks):
        found = check(sentence, danger=danger, refused=refused, said_by_user=said_by_user)
        found += [Finding(fault, sentence[:160], 1.0, "pattern") for fault in also(sentence)]
        if not found:
            shown += sentence
            yield shown
        elif dropped is not None:
            dropped.extend(found)


def _sentences_of(chunks: Iterable[str]) -> Iterator[str]:
    """Whole sentences of a stream as soon as each is complete, then what is left."""
    held = ""
    for chunk in chunks:
        *done, held = _split(held + chunk)
        yield from done
    if held.strip():
        yield held


def fallback() -> str:
    """What is said when nothing of a text may be shown."""
    line: str = reply("fallback")["line"]
    return line


def _split(text: str) -> list[str]:
    """Whole sentences with their trailing space, and what is not yet one."""
    parts = []
    start = 0
    for i, char in enumerate(text[:-1]):
        if char in ".!?\n" and text[i + 1] in " \n":
            parts.append(text[start : i + 2])
            start = i + 2
    return [*parts, text[start:]]


@cache
def _listed() -> re.Pattern[str]:
    """What the directory of help lines itself prints as a contact, in any country."""
    contacts = {line.contact for code in countries() for line in load(code).shown}
    numbers = {n for contact in contacts for n in re.findall(r"\+?\d[\d -]+\d", contact)}
    listed = sorted(contacts | numbers, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, listed))})(?!\w)", re.I)


def _without_listed(text: str) -> str:
    return _listed().sub(" ", text)


def _without_quotes(sentence: str, source: str) -> str:
    """The sentence without spans between “ and ” that the user wrote."""
    out, rest = "", sentence
    while "“" in rest and "”" in rest:
        before, _, tail = rest.partition("“")
        inside, _, rest = tail.partition("”")
        out += before + (" " if inside.strip(" .") in source else inside)
    return out + rest
