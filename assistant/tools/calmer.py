"""A draft said more calmly: sentence by sentence, facts, feelings and the request kept."""

from __future__ import annotations

import re

from assistant.tools.phrases import CAPITALS, MARKS, SENTENCE, clauses, findings, hits
from assistant.tools.wording import asks, wording

LEFTOVERS = frozenset(
    {"i mean it", "please", "seriously", "i swear", "baby", "babe", "lol", "go ahead"}
)
FRAGMENT = 3  # words; what is left of a clause and no longer than this says nothing alone
_FEELING = re.compile(r"i (?:still |really |do )?(?:love|miss|need|want|like) (?:you|u|us)\b", re.I)
PASSES = 6  # rules that may act on one clause before it is given up

_STATEMENT = re.compile(r"(?:I|this) ")
_ENDS_A_THOUGHT = re.compile(
    r"(?<!\band)(?<!\bbut)(?<!because)(?<!\bcuz)(?<!\bso)(?<!\bthat)(?<!\bwhen)(?<!\bif)(?<!\bhow)"
    r"(?<!\bthen)(?<!\blike)(?<!\bfeel)(?<!\bthink)(?<!\bor)(?<!\bsaid)(?<=\w) $"
)
_TWICE = re.compile(r"\b(.{8,60}?)(?:,? (?:and )?\1\b)+", re.I)
_LEADING = re.compile(r"^[\s,;:-]*(?:(?:but|and|because|cuz|so)\s+)?[\s,;:-]*", re.I)
_LEANS = re.compile(
    r"\s*(?:and|but) (?!(?:i|you|u|we|he|she|they|it|my|our|your|this|that|there|please|can|could|"
    r"what|don'?t|i'm|im|it's|its)\b)",
    re.I,
)
_ASKS = re.compile(
    r"(?:can|could|would|will|do|did|are|is|what|why|when|how|where|shall|should)\b", re.I
)


def calmer(text: str) -> str:
    """The draft in other words where a rule asks for them; "" when nothing of it is left.

    What is left over after all rules and still breaks one is not shown.
    """
    lines: list[str] = []
    for line in _quieter(text).splitlines():
        kept = [done for part in SENTENCE.findall(line) if (done := _sentence(part))]
        fresh = [s for s in dict.fromkeys(kept) if s not in " ".join(lines)]
        sound = [s for s in fresh if not any(findings(s))]
        lines += [" ".join(sound)] if sound else []
    return "\n".join(lines)


def with_request(kept: str) -> str:
    """The calmer text, with one plain question at its end where it asks for nothing."""
    lines = wording()["draft"]
    if not kept:
        return str(lines["only"])
    return kept if has_request(kept) else f"{kept}\n{lines['frame']}"


def has_request(text: str) -> bool:
    return any(ask.pattern.search(text) for ask in asks())


def _quieter(text: str) -> str:
    text = CAPITALS.sub(lambda m: re.sub(r"\bi\b", "I", m.group(0).lower()), text)
    return MARKS.sub(lambda m: "?" if "?" in m.group(0) else ".", text)


def _sentence(sentence: str) -> str:
    """One sentence without what was flagged; "" when nothing of it is left."""
    body = sentence.rstrip(".!?…").strip()
    end = sentence[len(sentence.rstrip(".!?…")) :]
    parts: list[str] = []
    gone = False
    for _, clause in clauses(body):
        # "and be sorry" has its subject in the part before it, and goes with it
        gone = gone and bool(_LEANS.match(clause))
        part = "" if gone else _clause(clause.strip(), sentence)
        gone = gone or not part
        parts += [part] if part and part not in parts else []
    joined = " ".join(parts)
    if not any(char.isalnum() for char in joined):
        return ""
    if joined == " ".join(body.split()):
        return joined + end
    joined = _TWICE.sub(r"\1", _LEADING.sub("", joined)).strip(" ,;:-")
    if not joined or joined.lower() in LEFTOVERS:
        return ""
    return joined[0].upper() + joined[1:] + ("?" if "?" in end and _ASKS.match(joined) else ".")


def _clause(clause: str, sentence: str) -> str:
    for _ in range(PASSES):
        hit = next(hits(clause, sentence), None)
        if hit is None:
            return clause
        if hit.instead is None:
            apart = (clause[: hit.start].strip(" ,;-"), clause[hit.end :].strip(" ,;-"))
            clause = ", ".join(part for part in apart if _says_something(part))
        else:
            before, rest = clause[: hit.start], clause[hit.end :]
            comma = ", " if _STATEMENT.match(hit.instead) and _ENDS_A_THOUGHT.search(before) else ""
            clause = (before.rstrip() + comma if comma else before) + hit.instead
            clause = (clause + rest).strip()
    return ""


def _says_something(part: str) -> bool:
    return len(part.split()) > FRAGMENT or bool(_FEELING.match(part))
