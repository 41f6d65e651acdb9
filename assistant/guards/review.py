"""Output guard: every sentence is checked before it is shown; a broken one is dropped.

The same rules serve the live reply, ``stillpoint review``, the evals and the filter of training
data. Rules are files in ``guards/output``. ``confrontation`` applies only where fear or danger
was heard (stance SAFETY or a careful talk).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from assistant.guards.patterns import rules
from assistant.plain import plain
from assistant.texts import reply, sentences
from assistant.turn import Finding

ONLY_IN_DANGER = frozenset({"confrontation"})


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
    danger = careful or stance == "SAFETY"
    kept, findings = [], []
    for paragraph in text.split("\n\n"):
        sound = []
        for sentence in sentences(paragraph):
            found = check(sentence, danger=danger, said_by_user=said_by_user)
            findings += found
            sound += [] if found else [sentence]
        if sound:
            kept.append(" ".join(sound))
    repaired = "\n\n".join(kept) if findings else text
    return Reviewed(not findings, tuple(findings), repaired or fallback())


def check(sentence: str, *, danger: bool = False, said_by_user: str = "") -> list[Finding]:
    """The rules a sentence breaks, with the words that break them."""
    judged = plain(_without_quotes(sentence, said_by_user))
    found = []
    for rule in rules("output"):
        if rule.label in ONLY_IN_DANGER and not danger:
            continue
        if words := rule.words(judged):
            found.append(Finding(rule.label, words[:160], 1.0, "pattern"))
    return found


def watch(
    chunks: Iterable[str],
    *,
    danger: bool = False,
    said_by_user: str = "",
    also: Callable[[str], list[str]] = lambda _sentence: [],
    dropped: list[Finding] | None = None,
) -> Iterator[str]:
    """Sound text so far from a stream: holds back the sentence that is still being written.

    ``also`` names further faults of a sentence; what is dropped is added to ``dropped``.
    """
    shown = ""
    for sentence in _sentences_of(chunks):
        found = check(sentence, danger=danger, said_by_user=said_by_user)
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


def _without_quotes(sentence: str, source: str) -> str:
    """The sentence without spans between “ and ” that the user wrote."""
    out, rest = "", sentence
    while "“" in rest and "”" in rest:
        before, _, tail = rest.partition("“")
        inside, _, rest = tail.partition("”")
        out += before + (" " if inside.strip(" .") in source else inside)
    return out + rest
