"""Before you send: what a draft asks for, how it may land, and the same thing said more calmly.

Rules over the pasted text; nothing is generated. A threat, a message to someone who asked for no
contact, and a draft that speaks of danger get a fixed line and no other wording.
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.guards.patterns import rules
from assistant.language import foreign_danger, is_english
from assistant.plain import own_words, plain
from assistant.texts import fill
from assistant.tools.calmer import calmer, has_request, with_request
from assistant.tools.phrases import QUOTED, Hit, findings, tells_of_hurt, third_person
from assistant.tools.wording import asks, refused, wording

MOST_SHOWN = 12
MOST_WORDS = 90  # characters of a phrase that is shown

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
    "friend_in_danger": "other",
    "own_violence": "own",
}
REFUSED = {"harm_intent": "threat", "coercion": "threat", "pursuit": "no_contact"}

_STRAIGHT = str.maketrans("’‘ʼ“”„", "'''\"\"\"")  # one for one: places in the text stay the same


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


def check_draft(text: str) -> DraftView:
    """The draft as rules see it. Never a tactic: see the module's first lines for what is refused."""
    straight = text.translate(_STRAIGHT)
    lines = wording()["draft"]
    labels = _labels(text)
    if _matches("threat", QUOTED.sub(" ", straight)):
        labels -= {"threats"}  # a threat the writer makes, not one they were given
    plainly = _asks_for(straight) or lines["no_request"]
    if (danger := _danger(labels, straight)) is not None:
        return DraftView(plainly, (), "", lines["danger"][danger], help=True)
    if (name := _refusal(labels, straight)) is not None:
        return DraftView(plainly, (), "", lines[name], help=name == "threat")
    if not is_english(text):
        return DraftView(lines["no_request"], (), "", lines["foreign"])
    found = list(findings(straight))
    kept = calmer(straight) if found else ""
    return DraftView(
        asks_for=_asks_for(straight) or _asks_for(kept) or plainly,
        may_read_as=_shown(text, found),
        calmer=with_request(kept) if found else "",
        note=_note(straight, found),
        help=tells_of_hurt(straight),
    )


def _labels(text: str) -> frozenset[str]:
    """What the input guard hears when "you" is read as the other person."""
    whole = plain(text)
    found = set()
    for said in (whole, *third_person(whole)):
        own = own_words(said)
        found |= {r.label for r in rules("input") if r.words(own if r.own else said)}
    foreign = foreign_danger(whole)
    return frozenset(found | {foreign} if foreign else found)


def _danger(labels: frozenset[str], text: str) -> str | None:
    for label, line in DANGER.items():
        if label in labels:
            return line
    return "young" if _matches("young", text) else None


def _refusal(labels: frozenset[str], text: str) -> str | None:
    said = QUOTED.sub(" ", text)
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


def _shown(text: str, found: list[Hit]) -> tuple[tuple[str, str], ...]:
    """The literal words with their why; a phrase inside one already shown is not told twice."""
    shown: list[tuple[str, str]] = []
    last = -1
    for hit in sorted(found, key=lambda h: (h.start, -h.end)):
        words = text[hit.start : hit.end].strip(" ,;\n")
        if words and (hit.loud or hit.start >= last):
            shown.append((words[:MOST_WORDS], hit.why))
            last = last if hit.loud else hit.end
    return tuple(dict.fromkeys(shown))[:MOST_SHOWN]


def _note(text: str, found: list[Hit]) -> str:
    lines: dict[str, str] = wording()["draft"]
    if tells_of_hurt(text):
        return f"{lines['hurt']} {lines['suggestion'] if found else ''}".strip()
    if not found:
        return lines["clean"] if has_request(text) else lines["clean_no_request"]
    limit = any(hit.kind == "ultimatum" for hit in found)
    return f"{lines['limit']} {lines['suggestion']}" if limit else lines["suggestion"]
