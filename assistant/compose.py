"""Composing a reply for a small model: it words the reflection, people wrote the rest.

A reply has four parts: the user's own words given back with one line about how that may feel,
an insight from a card, a small step, and at most one question, last. Only the first is the
model's, and it is checked (``faithful``); insight, step and question are vetted sentences
chosen by stance, situation and what was already said in this conversation.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from assistant.guards.pushback import is_denial
from assistant.labels import PREMISE, SAFETY_LABELS
from assistant.plain import own_words, plain
from assistant.texts import PROMPTS, questions, reply, stance, toml
from assistant.turn import Exchange, Finding, Reading, StancePath
from knowledge.cards import Card

STANCE_FILES: dict[StancePath, str] = {
    "CUTOFF": "cutoff",
    "PAUSE": "pause",
    "NEITHER_TALK": "talk",
    "NEITHER_WAIT": "wait",
    "NEITHER_HONOUR_NO": "honour_no",
    "SAFETY": "wait",
}
FRESH_HOURS = 72  # how long a shock is spoken of as recent
WHY_TURNS = 3  # questions about another's reasons, after which the talk turns to the user's needs
_WHY = re.compile(
    r"\bwhy (?:did|does|do|is|was|would|has|can|wo|cant|can't) ?(?:\w+'t )?(?:he|she|they|my)\b",
    re.I,
)
LONG_TALK = 6  # turns after which a stopping point and a real person are mentioned


@dataclass(frozen=True, slots=True)
class Parts:
    """The vetted parts of one reply; ``card`` is the one the insight and its marker belong to."""

    opening: str  # what stands between reflection and insight: honest uncertainty, or ""
    insight: str
    step: str
    question: str
    card: Card | None


def choose(
    reading: Reading,
    cards: Sequence[Card],
    history: Sequence[Exchange],
    text: str,
    aside: Sequence[str] = (),
) -> Parts:
    """Insight, step and question for this turn; nothing said before in the talk comes again.

    ``aside`` holds replies to this same message that were asked for anew.
    """
    said = said_before(history, aside)
    pick = Picker(said, text)
    card = _card(reading, cards, " ".join(said))
    insight = pick(card.insights) if card else ""
    return Parts(
        opening="" if history and is_denial(text) else _opening(reading, pick),
        insight=_mark(insight, card.id) if card else "",
        step=_step(reading, card, [*(turn.user.text for turn in history), text], pick),
        question=_question(reading, card, pick),
        card=card,
    )


def reflection_lines(reading: Reading, text: str) -> tuple[str, dict[str, Any]]:
    """The strongest thing heard and its vetted lines, for when the model's own is not fit.

    A feeling the person names is surer than a signal that was read into the words.
    """
    lines = _reflections()
    heard = _keys(reading)
    urgent = [key for key in heard if key in _URGENT]
    guessed = [PREMISE] if _guess(reading) else []
    keys = [key for key in (*urgent, *_feelings(text), *guessed, *heard) if key in lines]
    return (keys[0], lines[keys[0]]) if keys else ("general", lines["general"])


def _feelings(text: str) -> list[str]:
    """Feelings the person names of themselves, in the order of reflections.toml."""
    own = own_words(plain(text))
    found = []
    for key, lines in _reflections().items():
        said = re.search(lines["said"], own, re.I) if "said" in lines else None
        if said and not _NOT.search(own[: said.start()] + said.group(0)):
            found.append(key)
    return found


# Whatever else is named, these are what the person is in the middle of when they have just said so.
_URGENT = frozenset({"M6", "R1_light", "R1_owning"})
_PASSING = frozenset({"M6", "R1", "L12"})  # true of the moment they were said in, not of the talk
_NOT = re.compile(
    r"\b(?:not|never|no longer|isn'?t|ain'?t|don'?t feel|wasn'?t)\W+(?:\w+\W+)?\w+$", re.I
)


def assemble(reflection: str, parts: Parts) -> str:
    """Paragraphs: reflection, idea, step, question."""
    idea = " ".join(filter(None, (parts.opening, parts.insight)))
    return "\n\n".join(filter(None, (reflection, idea, parts.step, parts.question)))


def said_before(history: Sequence[Exchange], aside: Sequence[str]) -> list[str]:
    """The replies whose sentences are not to come again."""
    return [*(turn.reply.text for turn in history), *aside]


class Picker:
    """Chooses among variants by a hash of the message, leaving out what was already said."""

    def __init__(self, said: Sequence[str], text: str) -> None:
        # A card's marker stands inside its sentence and would hide that it was said.
        self._said, self._salt = _MARKER.sub("", " ".join(said)), f"{len(said)}{text}"

    def __call__(self, variants: Iterable[str]) -> str:
        options = list(variants)
        fresh = [v for v in options if v not in self._said] or options
        return min(fresh, key=self._rank) if fresh else ""

    def _rank(self, variant: str) -> str:
        return hashlib.sha256((self._salt + variant).encode()).hexdigest()


def _card(reading: Reading, cards: Sequence[Card], said: str) -> Card | None:
    """The best card that serves the stance and has something new to say."""
    wary = careful(reading)
    usable = [c for c in cards if not c.safety and not (wary and c.stances <= _EXITS)]
    serving = [c for c in usable if reading.stance.path in c.stances]
    for group in (serving[:2], usable[:3], serving, usable):
        for card in group:
            if f"[{card.id}]" not in said:
                return card
    return usable[0] if usable else None


_EXITS = frozenset({"PAUSE", "CUTOFF"})
_MARKER = re.compile(r" \[[a-z0-9-]+\]")


def careful(reading: Reading) -> bool:
    """A danger was heard in this talk: no advice on silence, exit or confrontation any more."""
    return any(code in {"H1", "H2", "H3", "H4", "H6", "H8"} for code in reading.stance.rules)


def tender(reading: Reading) -> bool:
    """Not wanting to live has come up in this talk, if only to be denied: nothing but gentle ideas
    and open questions until it ends."""
    return "S5" in reading.situation.signals


def refused(reading: Reading) -> bool:
    """The other person's no was heard: no message, gift or meeting by design any more."""
    return reading.stance.path == "NEITHER_HONOUR_NO"


def _opening(reading: Reading, pick: Picker) -> str:
    """Honest uncertainty where certainty, a diagnosis or agreement with a guess is wanted."""
    if reading.screening.category in {"certainty", "diagnosis"}:
        fields = reply(str(reading.screening.category))
        return pick(fields.get("careful", fields["lines"]) if careful(reading) else fields["lines"])
    guess = _guess(reading)
    if guess is None:
        return ""
    return pick(reply("premise")["lines" if guess.source == "pattern" else "any"])


def _guess(reading: Reading) -> Finding | None:
    """A guess told as a fact. Where a danger is told of, nothing the person says is doubted."""
    if careful(reading) or tender(reading) or reading.screening.labels() & set(SAFETY_LABELS):
        return None
    return next((f for f in reading.screening.findings if f.label == PREMISE), None)


def _step(reading: Reading, card: Card | None, said: Sequence[str], pick: Picker) -> str:
    path, rule, turns = reading.stance.path, reading.stance.rule, len(said) - 1
    growth = stance("growth")
    if _asks_why(said):
        return pick(growth["shift"])
    if "youth" in reading.stance.modifiers and turns % 2 == 0:
        return pick(growth["youth"])
    if turns >= LONG_TALK and turns % 3 == 0:
        return pick(growth["stopping"])
    if careful(reading):
        return pick(card.steps if card else growth["steps"])
    own = _stance_steps(path, rule)
    if "K" in reading.stance.modifiers and path == "CUTOFF":
        own = [f"{pick(own)} {pick(stance('cutoff')['channel'])}"]
    from_stance = path in {"CUTOFF", "PAUSE", "NEITHER_TALK", "NEITHER_HONOUR_NO"}
    if card is None or card.stands_in or from_stance or rule in _RULE_STEPS:
        return pick(own)
    return pick(card.steps)


def _asks_why(said: Sequence[str]) -> bool:
    asked = [bool(_WHY.search(text)) for text in said]
    return asked[-1] and sum(asked) >= WHY_TURNS


_RULE_STEPS = frozenset({"P1", "P5", "H9", "B1", "B2", "B3", "B4", "B5", "B6"})


def _stance_steps(path: StancePath, rule: str) -> list[str]:
    name = "reentry" if rule.startswith("B") else STANCE_FILES[path]
    fields: dict[str, Any] = stance(name)
    own = fields.get("rule", {}).get(rule, {}).get("steps")
    steps: list[str] = own or fields["steps"]
    return steps


def _question(reading: Reading, card: Card | None, pick: Picker) -> str:
    if reading.stance.asks == "silent":
        return ""
    if reading.stance.asks and not (card and tender(reading)):
        fields = questions()[reading.stance.asks]
        return pick([fields["ask"], *fields.get("also", ())])
    return pick(card.questions) if card else ""


def _mark(sentence: str, slug: str) -> str:
    """The card's marker inside the last sentence, before its full stop."""
    return f"{sentence[:-1]} [{slug}]{sentence[-1]}" if sentence else ""


def _keys(reading: Reading) -> list[str]:
    """What was heard, newest and heaviest first, as keys of reflections.toml."""
    situation = reading.situation
    order = sorted(
        (code for code in situation.signals if code in situation.fresh or code not in _PASSING),
        key=lambda code: (code not in situation.fresh, _WEIGHT.get(code, 9)),
    )
    keys = []
    for code in order:
        value = situation.signals[code]
        if code == "L12" and not (isinstance(value, int) and value < FRESH_HOURS):
            continue
        if isinstance(value, int) and (value > 0 or code == "L12"):
            keys.append(code)
        elif isinstance(value, str):
            keys.append(f"{code}_{value}")
        elif isinstance(value, list):
            keys += [f"{code}_{item}" for item in value]
    if "youth" in reading.stance.modifiers:
        keys.append("minor")
    return keys


_WEIGHT = {
    code: i
    for i, code in enumerate(
        ("M6", "R1", "L7", "L3", "L4", "L6", "L1", "L5", "M2", "L2", "L11", "M3", "M4", "D1", "L9")
    )
}


@cache
def _reflections() -> dict[str, dict[str, Any]]:
    return toml(PROMPTS / "reflections.toml")


def declined(
    reading: Reading, history: Sequence[Exchange], text: str, aside: Sequence[str] = ()
) -> str:
    """A vetted no to a tactic: the wish under it, a plain line, a better path, one question.

    When the ask comes again the line changes and the answer does not.
    """
    fields = reply("decline")
    own = fields[str(reading.screening.pattern)]
    pick = Picker(said_before(history, aside), text)
    again = bool(history) and history[-1].reply.reading.screening.route == "decline"
    opening = pick(fields["again"]["line"]) if again else f"{pick(own['feel'])} {pick(own['line'])}"
    return "\n\n".join((opening, pick(own["instead"]), pick(own["question"])))
