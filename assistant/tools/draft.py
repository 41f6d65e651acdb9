"""Before you send: what a draft asks for, how it may land, and the same thing said more calmly.

Rules over the pasted text; nothing is generated. A threat, a message to someone who asked for no
contact, and a draft that speaks of danger get a fixed line and no other wording.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.guards.patterns import rules
from assistant.language import foreign_danger, is_english
from assistant.plain import own_words, plain
from assistant.texts import fill
from assistant.tools.wording import DraftRule, asks, draft_rules, refused, wording

MOST_SHOWN = 12
MOST_WORDS = 90  # characters of a phrase that is shown
LEFTOVERS = frozenset({"i mean it", "please", "seriously", "i swear", "baby", "babe", "lol"})
FRAGMENT = 3  # words; what is left of a clause and no longer than this says nothing alone
PASSES = 6  # rules that may act on one clause before it is given up
TACTICS = frozenset({"tactic", "silence_as_leverage"})

# Labels of the input guard, gravest first, and the line of [draft.danger] each one gets.
DANGER = {
    "self_harm": "self",
    "dark_thoughts": "self",
    "minor_adult": "young",
    "violence": "other",
    "threats": "other",
    "control": "other",
    "fear": "other",
    "stalked": "other",
    "other_self_harm": "life",
    "own_harm_fear": "own",
}
REFUSED = {"harm_intent": "threat", "coercion": "threat", "pursuit": "no_contact"}

_STRAIGHT = str.maketrans("’‘ʼ“”„", "'''\"\"\"")  # one for one: places in the text stay the same
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*|[.!?…]+")
_CLAUSE = re.compile(r";\s+|,?\s+(?=(?:but|and|because|cuz)\s)", re.I)
_QUOTED = re.compile(r"\"[^\"\n]{2,400}\"")
_CAPITALS = re.compile(r"\b(?:I\s+)?[A-Z][A-Z']+(?:[\s,]+(?:[A-Z][A-Z']+|I)\b)+")
_MARKS = re.compile(r"[!?]*\?[!?]+|!{3,}")
_STATEMENT = re.compile(r"(?:I|this) ")
_ENDS_A_THOUGHT = re.compile(
    r"(?<!\band)(?<!\bbut)(?<!because)(?<!\bcuz)(?<!\bso)(?<!\bthat)(?<!\bwhen)(?<!\bif)(?<!\bhow)"
    r"(?<!\bthen)(?<!\blike)(?<!\bfeel)(?<!\bthink)(?<!\bor)(?<!\bsaid)(?<=\w) $"
)
_TWICE = re.compile(r"\b(.{8,}?)(?:,? (?:and )?\1\b)+", re.I)
_LEADING = re.compile(r"^[\s,;:-]*(?:(?:but|and|because|cuz|so)\s+)?[\s,;:-]*", re.I)
_SHOWS = re.compile(
    r"\b(?:you|u) ((?:always |still |constantly )?)(?!read|see|saw|hear|hurt)([a-z]+)\b"
)


@dataclass(frozen=True, slots=True)
class DraftView:
    """``may_read_as``: literal words of the draft, each with one line of why.

    ``calmer`` is empty where nothing needs other words, and where ``note`` says why none are
    offered. ``help``: danger was heard, and the page shows the help lines with the note.
    """

    asks_for: str
    may_read_as: tuple[tuple[str, str], ...]
    calmer: str
    note: str
    help: bool = False


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    why: str
    kind: str
    instead: str | None


def check_draft(text: str) -> DraftView:
    """The draft as rules see it. Never a tactic: see the module's first lines for what is refused."""
    straight = text.translate(_STRAIGHT)
    lines = wording()["draft"]
    labels = _labels(text)
    plainly = _asks_for(straight) or lines["no_request"]
    if (danger := _danger(labels, straight)) is not None:
        return DraftView(plainly, (), "", lines["danger"][danger], help=True)
    if (name := _refusal(labels, straight)) is not None:
        return DraftView(plainly, (), "", lines[name], help=name == "threat")
    if not is_english(text):
        return DraftView(lines["no_request"], (), "", lines["foreign"])
    found = list(_findings(straight))
    kept = _kept(straight) if found else ""
    return DraftView(
        asks_for=_asks_for(straight) or _asks_for(kept) or plainly,
        may_read_as=_shown(text, found),
        calmer=_with_request(kept) if found else "",
        note=_note(straight, found),
    )


def _labels(text: str) -> frozenset[str]:
    """What the input guard hears when "you" is read as the other person."""
    whole = plain(text)
    found = set()
    for said in (whole, *_third_person(whole)):
        own = own_words(said)
        found |= {r.label for r in rules("input") if r.words(own if r.own else said)}
    foreign = foreign_danger(whole)
    return frozenset(found | {foreign} if foreign else found)


def _third_person(text: str) -> Iterator[str]:
    """The draft told about the other person, so that rules for a talk fit a message to them.

    A bare "you hurt me" is mostly about feelings in a message to the one who did it; ``_note``
    says what to do where it is not.
    """
    felt = re.sub(
        r"\b(?:you|u)((?:'ve| have| really| just)*) hurt me\b(?! physically)",
        r"you\1 wounded me",
        text,
    )
    mine = re.sub(r"\b(?:your|ur)\b", "their", felt)
    mine = re.sub(r"\byourself\b", "themself", mine)
    yield re.sub(r"\b(?:you|u)\b", "they", mine)
    yield re.sub(r"\b(?:you|u)\b", "them", mine)
    yield _SHOWS.sub(r"he \1\2s", re.sub(r"\b(?:you're|you are)\b", "he's", mine))


def _danger(labels: frozenset[str], text: str) -> str | None:
    for label, line in DANGER.items():
        if label in labels:
            return line
    return "young" if _matches("young", text) else None


def _refusal(labels: frozenset[str], text: str) -> str | None:
    said = _QUOTED.sub(" ", text)
    for name in ("threat", "no_contact", "not_a_draft"):
        if name in {REFUSED.get(label) for label in labels} or _matches(name, said):
            return name
    return None


def _matches(name: str, text: str) -> bool:
    return any(pattern.search(text) for pattern in refused(name))


def _asks_for(text: str) -> str:
    found: list[str] = []
    for ask in asks():
        if (hit := ask.pattern.search(text)) and not ("question" in ask.text and found):
            words = hit.group(0).strip()[:MOST_WORDS]
            found.append(fill(ask.text, {"words": words}))
    return " ".join(found[:2])


def _findings(text: str) -> Iterator[_Hit]:
    """Every phrase a rule names, in the order of the text, and loud writing."""
    for part in _SENTENCE.finditer(text):
        for start, clause in _clauses(part.group(0)):
            for hit in _hits(clause, part.group(0)):
                at = part.start() + start
                yield _Hit(at + hit.start, at + hit.end, hit.why, hit.kind, hit.instead)
    lines = wording()["draft"]
    for loud, why in ((_CAPITALS, lines["shouting"]), (_MARKS, lines["volume"])):
        for match in loud.finditer(text):
            yield _Hit(match.start(), match.end(), why, "pressure", "")


def _clauses(sentence: str) -> list[tuple[int, str]]:
    """Parts of a sentence with where they begin, so that one bad part does not cost the rest."""
    starts = [0, *(m.end() for m in _CLAUSE.finditer(sentence))]
    ends = [*starts[1:], len(sentence)]
    return [(a, sentence[a:b]) for a, b in zip(starts, ends, strict=True)]


def _hits(clause: str, sentence: str) -> Iterator[_Hit]:
    for rule in draft_rules():
        if rule.unless and rule.unless.search(sentence):
            continue
        for match in rule.pattern.finditer(clause):
            if match.group(0).strip() and not _is_quoted(clause, match):
                yield _hit(rule, match)
    if _is_tactic(clause):
        yield _Hit(0, len(clause), wording()["draft"]["tactic"], "bait", None)


def _hit(rule: DraftRule, match: re.Match[str]) -> _Hit:
    instead = None if rule.instead is None else match.expand(rule.instead)
    return _Hit(match.start(), match.end(), rule.why, rule.kind, instead)


def _is_quoted(clause: str, match: re.Match[str]) -> bool:
    spans = (quote.span() for quote in _QUOTED.finditer(clause))
    return any(start <= match.start() and match.end() <= end for start, end in spans)


def _is_tactic(clause: str) -> bool:
    told = list(_third_person(plain(clause)))
    return any(r.words(t) for r in rules("output") if r.label in TACTICS for t in told)


def _shown(text: str, found: list[_Hit]) -> tuple[tuple[str, str], ...]:
    """The literal words with their why; a phrase inside one already shown is not told twice."""
    shown: list[tuple[str, str]] = []
    last = -1
    for hit in sorted(found, key=lambda h: (h.start, -h.end)):
        words = text[hit.start : hit.end].strip(" ,;\n")
        loud = hit.instead == "" and hit.kind == "pressure"
        if words and (hit.start >= last or loud):
            shown.append((words[:MOST_WORDS], hit.why))
            last = last if loud else hit.end
    return tuple(dict.fromkeys(shown))[:MOST_SHOWN]


def _with_request(kept: str) -> str:
    """The calmer text, with one plain question at its end where it asks for nothing."""
    lines = wording()["draft"]
    if not kept:
        return str(lines["only"])
    return kept if _has_request(kept) else f"{kept}\n{lines['frame']}"


def _kept(text: str) -> str:
    """The draft sentence by sentence, in other words where a rule asks for them."""
    lines: list[str] = []
    for line in _quieter(text).splitlines():
        kept = [done for part in _SENTENCE.findall(line) if (done := _sentence(part))]
        fresh = [s for s in dict.fromkeys(kept) if s not in " ".join(lines)]
        lines += [" ".join(fresh)] if fresh else []
    return "\n".join(lines)


def _quieter(text: str) -> str:
    text = _CAPITALS.sub(lambda m: re.sub(r"\bi\b", "I", m.group(0).lower()), text)
    return _MARKS.sub(lambda m: "?" if "?" in m.group(0) else ".", text)


def _sentence(sentence: str) -> str:
    """One sentence without what was flagged; "" when nothing of it is left."""
    body = sentence.rstrip(".!?…").strip()
    end = sentence[len(sentence.rstrip(".!?…")) :]
    parts: list[str] = []
    gone = False
    for _, clause in _clauses(body):
        gone = gone and _leans_on_the_last(clause)
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
    return joined[0].upper() + joined[1:] + ("?" if _stays_question(joined, end) else ".")


def _leans_on_the_last(clause: str) -> bool:
    """Whether a part such as "and be sorry" has its subject in the part before it."""
    return bool(
        re.match(
            r"\s*(?:and|but) (?!\w*(?:i|you|u|we|he|she|they|it|my|our|your|this|that|there|"
            r"please|can|could|what|don'?t|i'm|im)\b)",
            clause,
            re.I,
        )
    )


def _stays_question(joined: str, end: str) -> bool:
    asks_first = re.match(
        r"(?:can|could|would|will|do|did|are|is|what|why|when|how|where|shall|should)\b",
        joined,
        re.I,
    )
    return "?" in end and asks_first is not None


def _clause(clause: str, sentence: str) -> str:
    for _ in range(PASSES):
        hit = next(_hits(clause, sentence), None)
        if hit is None:
            return clause
        if hit.instead is None:
            apart = (clause[: hit.start].strip(" ,;-"), clause[hit.end :].strip(" ,;-"))
            clause = ", ".join(part for part in apart if len(part.split()) > FRAGMENT)
        else:
            before, rest = clause[: hit.start], clause[hit.end :]
            comma = ", " if _STATEMENT.match(hit.instead) and _ENDS_A_THOUGHT.search(before) else ""
            clause = (before.rstrip() + comma if comma else before) + hit.instead
            clause = (clause + rest).strip()
    return ""


def _has_request(text: str) -> bool:
    return any(ask.pattern.search(text) for ask in asks())


def _note(text: str, found: list[_Hit]) -> str:
    lines: dict[str, str] = wording()["draft"]
    if re.search(r"\b(?:you|u)(?:'ve| have| really| just)* hurt me\b", text, re.I):
        return f"{lines['hurt']} {lines['suggestion'] if found else ''}".strip()
    if not found:
        return lines["clean"] if _has_request(text) else lines["clean_no_request"]
    limit = any(hit.kind == "ultimatum" for hit in found)
    return f"{lines['limit']} {lines['suggestion']}" if limit else lines["suggestion"]
