"""Input guard: where a message goes, from patterns, the trained reader and what came before.

Precedence is fixed: safety, then decline, then off-topic, then reflect. A pattern alone is
enough; the reader alone is enough above a label's threshold (``thresholds.json``, chosen on the
dev split); a weaker reading counts when earlier messages point the same way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from assistant.guards.patterns import rules
from assistant.guards.pushback import is_denial, is_goodbye, is_pushback, stays_with_danger
from assistant.guards.together import across, joined, turned_about
from assistant.labels import GATES, PREMISE, ROUTED, SAFETY_LABELS
from assistant.language import foreign_danger, is_english
from assistant.plain import decoded, own_words, plain
from assistant.reader import Heard
from assistant.texts import eased
from assistant.turn import TACTICS, Category, Exchange, Finding, Screening

HERE = Path(__file__).parent
PATTERN_SCORE = 0.97  # a convention, not a measured share

# Which safety label leads when several are heard: the order of overrides H1 to H9.
LEADS: tuple[tuple[str, Category], ...] = (
    ("self_harm", "self_harm"),
    ("harm_intent", "harm_to_other"),
    ("violence", "danger"),
    ("threats", "danger"),
    ("control", "danger"),
    ("fear", "danger"),
    ("friend_in_danger", "danger"),
    ("stalked", "danger"),
    ("minor_adult", "minor"),
    ("own_violence", "harm_to_other"),
    ("coercion", "harm_to_other"),
    ("pursuit", "harm_to_other"),
    ("other_self_harm", "danger"),
    ("dark_thoughts", "self_harm"),
)
_CATEGORY = dict(LEADS)
SHORT_ANSWER = 6  # words
ANSWER = 15  # words within which a reply to a question is taken as it is said, and not doubted
BRIEF = 11  # words below which the gate's word alone is no ground; costs no danger on dev
LONG = 60  # words from which danger must show as a kind of danger; chosen on dev
GUESS = 0.15  # below this a kind of danger is not known; under every threshold
ONE_THOUGHT = 20  # words within which an excuse is about the same thing
# A gate this sure names its likeliest label even where no label is sure of itself.
_NAMED = {"any_safety": 0.5, "any_tactic": 0.0}
# Below these the gravest labels and an age, mostly said in digits, are not the reader's to set: a text on
# suicide shown where nobody spoke of it is worse than a late one. On dev .5 costs no alarm beside the .8
# and .9 of a weaker reader, and finds 1.4% more of the danger.
_LEAST = {
    "minor_peer": 0.85,
    "minor_adult": 0.5,
    "self_harm": 0.5,
    "violence": 0.5,
    "harm_intent": 0.5,
    "other_self_harm": 0.5,
}
# What a danger from the other person is called while its kind is a guess. The others are kept: whoever
# may be the one who harms, a friend or a child, is not told what a frightened partner is told.
_GENTLER = {"self_harm": "dark_thoughts", "other_self_harm": "fear"}
_FROM_THE_OTHER = frozenset({"violence", "threats", "control", "stalked"})
_SOMEONE = re.compile(
    r"\b(?:he|she|him|her|my ex|bf|gf|boyfriend|girlfriend|husband|wife|partner|crush|dating|"
    r"relationship|marriage|breakup|situationship)\b",
    re.I,
)
PIECES = ("violence", "threats", "control", "fear", "stalked", "pursuit", "coercion", "self_harm")
AMBIGUOUS = frozenset({"dark_thoughts", "fear"})  # what a plain denial may clear


def screen(text: str, heard: Heard, history: Sequence[Exchange] = ()) -> Screening:
    """The route of a message, with every finding and the words that showed it."""
    # The reader knows English only: of other languages it hears danger in everything.
    read = _reader_findings(heard) if is_english(text) else []
    found = {f.label: f for f in (*read, *across(text, history), *_pattern_findings(text))}
    found = turned_about(found, text)
    found = _with_history(text, heard, history, found)
    findings = tuple(sorted(found.values(), key=lambda f: -f.score))
    if (lead := _lead(found)) is not None:
        pattern = _tactic(found)
        return Screening(
            "safety", _CATEGORY[lead], pattern, found[lead].score, _form(found), findings
        )
    if stayed := _continued(text, heard, history):
        return Screening("safety", stayed.category, None, 0.6, stayed.form, findings)
    if pattern := _tactic(found):
        return Screening("decline", None, pattern, found[pattern].score, "", findings)
    if history and is_goodbye(text):
        return Screening("offtopic", None, None, 0.9, "goodbye", findings)
    answering = bool(_SOMEONE.search(text)) or (bool(history) and len(text.split()) <= SHORT_ANSWER)
    return _ordinary(found, findings, answering)


@cache
def thresholds() -> dict[str, float]:
    """The probability from which a label is believed, per label."""
    raw: dict[str, float] = json.loads((HERE / "thresholds.json").read_text(encoding="utf-8"))
    return raw


def _ordinary(
    found: Mapping[str, Finding], findings: tuple[Finding, ...], answering: bool
) -> Screening:
    """Neither danger nor a tactic. What speaks of someone, or answers shortly, is not off-topic."""
    for label in ("not_english", "offtopic", "smalltalk"):
        if label in found and (label == "not_english" or not answering):
            return Screening("offtopic", None, None, found[label].score, label, findings)
    minor = "minor_peer" in found
    category: Category | None = "minor" if minor else None
    for label in ("diagnosis", "certainty"):
        if label in found and not minor:
            category = "diagnosis" if label == "diagnosis" else "certainty"
            break
    highest = max((f.score for f in findings), default=0.0)
    form = "youth" if minor else ""
    return Screening("reflect", category, None, round(1 - highest / 2, 3), form, findings)


def _pattern_findings(text: str) -> list[Finding]:
    """Rules over the text in one spelling, and over whatever it hides in an encoding."""
    whole = plain(" \n ".join(filter(None, (text, decoded(text)))))
    own = own_words(whole)
    found = []
    for rule in rules("input"):
        if words := rule.words(own if rule.own else whole):
            found.append(Finding(rule.label, words[:200], PATTERN_SCORE, "pattern"))
    if label := foreign_danger(whole):
        found.append(Finding(label, text[:200], PATTERN_SCORE, "pattern"))
    if not is_english(text):
        found.append(Finding("not_english", "", PATTERN_SCORE, "pattern"))
    return found


def _reader_findings(heard: Heard) -> list[Finding]:
    """Labels the reader believes. Danger and tactics pass one gate each, so that the false alarms
    of many labels do not add up. The gravest labels and an age, which is mostly said in
    digits, are believed from the reader alone only when it is sure."""
    believed = {
        label
        for label, hit in heard.guards.items()
        if label not in GATES
        and hit.score >= max(thresholds().get(label, 0.5), _LEAST.get(label, 0))
    }
    for gate, labels in (("any_safety", ROUTED), ("any_tactic", frozenset(TACTICS))):
        if not _opens(gate, heard):
            believed -= labels
        elif gate == "any_tactic" and "offtopic" in believed:
            believed -= labels  # "crush my competition at a bakesale" is aimed at nobody
        elif not believed & labels and _names(gate, heard):
            believed.add(max(labels, key=lambda label: heard.guards[label].score))
    said = plain(heard.text)
    excused = {rule.label for rule in rules("input") if rule.excuses(said)}
    return [
        Finding(_as_known(label, heard), heard.guards[label].words, _sure(label, heard), "reader")
        for label in believed - (excused if len(heard.text.split()) <= ONE_THOUGHT else set())
    ]


def _names(gate: str, heard: Heard) -> bool:
    """A gate this sure needs no label behind it; a long message is unsure as a whole, and of a
    very short one ("it's the third time") the reader guesses what was meant."""
    fit = gate == "any_tactic" or BRIEF <= len(heard.text.split()) < LONG
    return fit and heard.guards[gate].whole >= _NAMED[gate]


def _as_known(label: str, heard: Heard) -> str:
    """What a label that only its gate believes in is called. A danger whose kind is a mere guess is
    fear, whose text takes nothing else for granted; of the gravest kinds the gentler one is taken."""
    score = heard.guards[label].score
    if label in _FROM_THE_OTHER and score < GUESS:
        return "fear"
    return _GENTLER.get(label, label) if score < _LEAST.get(label, 0) else label


def _opens(gate: str, heard: Heard) -> bool:
    """The whole message is likely enough, or one pair of its sentences is very likely."""
    hit = heard.guards[gate]
    if len(heard.text.split()) <= SHORT_ANSWER:  # a few words alone are too little to alarm about
        return hit.whole >= thresholds()[f"{gate}_window"]
    return hit.whole >= thresholds()[gate] or hit.score >= thresholds()[f"{gate}_window"]


def _sure(label: str, heard: Heard) -> float:
    """A routed label is as sure as its gate; the others stand for themselves."""
    gate = "any_safety" if label in ROUTED else "any_tactic" if label in TACTICS else label
    return round(max(heard.guards[label].score, heard.guards[gate].score), 4)


def _with_history(
    text: str, heard: Heard, history: Sequence[Exchange], found: dict[str, Finding]
) -> dict[str, Finding]:
    """Risk spread over turns, pushback on a declined ask, and a plain denial after asking."""
    if not history:
        return found
    denied = bool(history[-1].reply.question) and is_denial(text)
    found = _taken_as_said(text, history, denied, found)
    for label in () if denied else SAFETY_LABELS:
        if label not in found and (spread := _spread(label, heard, history)):
            found[label] = spread
    if not denied and _lead(found) is None:
        found |= {f.label: f for f in joined(heard, PIECES)}
    earlier = history[-1].reply.reading.screening
    if earlier.route == "decline" and earlier.pattern and not (set(found) & set(TACTICS)):
        weak = heard.guards.get(earlier.pattern)
        if is_pushback(text) or (weak and weak.score >= 0.3 * thresholds()[earlier.pattern]):
            found[earlier.pattern] = Finding(earlier.pattern, text[:120], 0.8, "history")
    return found


def _taken_as_said(
    text: str, history: Sequence[Exchange], denied: bool, found: dict[str, Finding]
) -> dict[str, Finding]:
    """The findings without what an answer to a question plainly is not: a guess told as a fact,
    or the vague danger that it denies."""
    if history[-1].reply.question and len(text.split()) <= ANSWER:
        found = {k: f for k, f in found.items() if k != PREMISE or f.source == "pattern"}
    return {k: f for k, f in found.items() if not (denied and k in AMBIGUOUS)}


def _spread(label: str, heard: Heard, history: Sequence[Exchange]) -> Finding | None:
    """A label that no message shows alone, but several point to, this one among them."""
    limit = thresholds().get(label, 0.5)
    now = heard.guards[label].score if label in heard.guards else 0.0
    if now < 0.6 * limit or heard.guards["any_safety"].whole < 0.4 * thresholds()["any_safety"]:
        return None
    before = [_weak(label, turn) for turn in history[-3:]]
    missed = 1 - now
    for score in before:
        missed *= 1 - score
    if max(before, default=0.0) >= 0.3 * limit and 1 - missed >= max(limit, 0.6):
        return Finding(label, heard.guards[label].words, round(1 - missed, 4), "history")
    return None


def _weak(label: str, turn: Exchange) -> float:
    return turn.reply.reading.hints.get(label, 0.0)


def _continued(text: str, heard: Heard, history: Sequence[Exchange]) -> Screening | None:
    """Safety goes on while the person still speaks of the danger or answers its question."""
    if not history or history[-1].reply.reading.screening.route != "safety":
        return None
    earlier = history[-1].reply.reading.screening
    gentle = earlier.category == "self_harm" and "self_harm" not in earlier.labels()
    if gentle and is_denial(text):
        return None
    if eased(history[-1].reply.text):  # the way back was shown: only new danger goes on
        return None
    return earlier if stays_with_danger(text) or heard.guards["any_safety"].whole >= 0.4 else None


def _lead(found: Mapping[str, Finding]) -> str | None:
    return next((label for label, _ in LEADS if label in found), None)


def _tactic(found: Mapping[str, Finding]) -> str | None:
    tactics = [found[label] for label in TACTICS if label in found]
    return max(tactics, key=lambda f: f.score).label if tactics else None


def _form(found: Mapping[str, Finding]) -> str:
    if "friend_in_danger" in found:
        return "friend"
    if "minor_peer" in found or "minor_adult" in found:
        return "youth"
    return ""
