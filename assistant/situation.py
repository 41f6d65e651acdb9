"""What was heard: the decision model's signals, only from what the user said, with the words.

Later messages add to earlier ones. An unknown signal stays out of the mapping; it never becomes
0. Signals a person corrected by hand are not overwritten by anything heard.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from assistant.guards.patterns import rules
from assistant.guards.pushback import is_denial
from assistant.labels import SIGNALS
from assistant.plain import own_words, plain, sentences
from assistant.reader import Heard, Hit
from assistant.texts import questions
from assistant.turn import Screening, Situation, UserTurn, Value

HERE = Path(__file__).parent
COUNTED = ("L1", "L2", "L3", "L4", "L5", "L6", "L8", "M1", "M2", "M3", "M4", "M6", "R2", "R3")
CHOSEN = ("L7", "L9", "L11", "M5", "D1", "R1")
GROWING = frozenset(
    {"L1", "L2", "L3", "L4", "L5", "L6", "L8", "R3"}
)  # a later mention adds, never shrinks
SCREEN = ("S1", "S2", "S3", "S4", "S12")

RULE_SCORE = 0.97  # what a pattern rule of ``heard/`` counts for, beside the reader's probability
_OTHERS = re.compile(  # a sentence about somebody else's relationship
    r"\b(?:(?:my|a|his|her|our) (?:best |old |good |close |little |big )?(?:friend|mate|cousin|sister|brother|flatmate|"
    r"roommate|housemate|neighbou?r|colleague|daughter|son|aunt|uncle|mum|mom|mother|dad)s?(?:'s)?"
    r"(?: in law)? (?:ex|bf|gf|boyfriend|girlfriend|husband|wife|partner|is|was|has|had|got|keeps|always|who|stays|decided|"
    r"wants|gets|calls|and his|and her)|the neighbou?rs|in (?:the|a) (?:film|movie|series|show|book)|asking for (?:a friend|an essay))\b"
)

_AGO = re.compile(
    r"\b(\d+|an?|one|two|three|four|five|six|ten|twelve|couple(?: of)?|few) (minute|min|hour|hr)s? (?:ago|back|since)",
    re.I,
)
_NOW = re.compile(
    r"\b(?:just now|right now|literally just|just (?:had|saw|found|got|hung|left|happened|fought|broke)|(?:this|an) hour ago|tonight we|earlier tonight|we fought tonight)\b",
    re.I,
)
_RETURNS = re.compile(
    r"\b(?:(third|3rd|fourth|4th|fifth|5th|sixth|6th|nth) (?:time|return|comeback)|(?:came|comes|come|been) back (\d+|two|three|four|five|six|several|many) times)\b",
    re.I,
)
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "couple": 2, "couple of": 2, "few": 3, "three": 3,
            "four": 4, "five": 5, "six": 6, "ten": 10, "twelve": 12, "several": 3, "many": 4,
            "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "fifth": 4, "5th": 4, "sixth": 5,
            "6th": 5, "nth": 4}  # fmt: skip
_YES = re.compile(
    r"^\W*(?:yes|yeah|yep|yh|ya|sure|of course|definitely|i think so|probably|still right|it would|honestly yes)\b",
    re.I,
)


@cache
def thresholds() -> dict[str, float]:
    """The probability from which a situation label is believed; chosen on the dev split."""
    raw: dict[str, float] = json.loads(
        (HERE / "situation_thresholds.json").read_text(encoding="utf-8")
    )
    return raw


def read(
    turn: UserTurn,
    heard: Heard,
    screening: Screening,
    asked: str | None = None,
    earlier: Situation | None = None,
) -> Situation:
    """Signals known after this message: what it says, added to ``earlier``, then corrections."""
    earlier = earlier or Situation()
    # Of another subject the reader guesses: a file that comes back is nobody who came back.
    new, words = ({}, {}) if screening.route == "offtopic" else _heard(heard, asked)
    _add_times(turn.text, new, words)
    _add_safety(screening, new, words)
    _add_answers(turn.text, asked, {**earlier.signals, **new}, new, words)
    signals, evidence = dict(earlier.signals), dict(earlier.evidence)
    fresh = set()
    for code, value in new.items():
        if code in earlier.corrected or not _replaces(code, signals.get(code), value):
            continue
        signals[code], evidence[code] = value, words.get(code, turn.text[:120])
        fresh.add(code)
    corrected = earlier.corrected | set(turn.set)
    for code, value in turn.set.items():
        signals[code], evidence[code] = value, "you said so"
    return Situation(signals, evidence, corrected, frozenset(fresh | set(turn.set)))


def _heard(heard: Heard, asked: str | None) -> tuple[dict[str, Value], dict[str, str]]:
    signals: dict[str, Value] = {}
    words: dict[str, str] = {}
    hits = with_rules(heard)
    for code in COUNTED:
        if (found := _counted(code, hits)) is not None:
            signals[code], words[code] = found[0], found[1].words
    for code in CHOSEN:
        if code == "L7" and not (question_key(asked) == "L7" or _SAYING.search(heard.text)):
            continue
        if (best := _chosen(code, hits)) is not None:
            signals[code], words[code] = best[0], best[1].words
    duties = _believed("L10=", hits)
    if duties:
        real = [value for value, _ in duties if value != "none"]
        signals["L10"], words["L10"] = real or ["none"], duties[0][1].words
    return signals, words


# Whether a need was put to the other cannot be read from a message in which nobody says anything.
_SAYING = re.compile(
    r"\b(?:ask|said|say|tell|told|talk|spoke|speak|brought|bring|rais|explain|beg|hint|mention|wrote|written|confess|propos|"
    r"word|request|honest|open|admit|express|want|wish|need|reject|turned me|friend ?zone|interested|brush|laugh|shrug)",
    re.I,
)


def with_rules(heard: Heard) -> dict[str, Hit]:
    """The reader's hits, and the rules' where those are surer."""
    hits = dict(heard.situation)
    for label, words in rule_hits(heard.text).items():
        if label not in hits or hits[label].score < RULE_SCORE:
            hits[label] = Hit(RULE_SCORE, words)
    return hits


def rule_hits(text: str) -> dict[str, str]:
    """Labels that the patterns of ``heard/`` find, each with its sentence; others' stories not."""
    whole = "\n".join(part for part in sentences(plain(text)) if not _OTHERS.search(part))
    own = own_words(whole)
    found: dict[str, str] = {}
    for rule in rules("../heard"):
        if rule.label not in found and (words := rule.words(own if rule.own else whole)):
            found[rule.label] = words[:200]
    return found


def _counted(code: str, hits: Mapping[str, Hit]) -> tuple[int, Hit] | None:
    """The highest value believed; what says that it is not so wins where it is surer."""
    labels = [(2, f"{code}>=2"), (1, f"{code}>=1"), (0, f"{code}=0")]
    found = [(value, hits[k]) for value, k in labels if k in hits and _believes(k, hits[k])]
    if not found:
        return None
    denied = found[-1][0] == 0 and found[-1][1].score > found[0][1].score
    return found[-1] if denied else found[0]


def _believes(label: str, hit: Hit) -> bool:
    return hit.score >= _limit(label)


def _chosen(code: str, hits: Mapping[str, Hit]) -> tuple[str, Hit] | None:
    believed = _believed(f"{code}=", hits)
    return believed[0] if believed else None


# Values that set aside every other path, so a guess is not enough (rule H7).
SURE = {"L7=clear_refused": 0.96, "L11=no_contact": 0.96}


def _limit(label: str) -> float:
    return max(thresholds().get(label, 0.5), SURE.get(label, 0.0))


def _believed(start: str, hits: Mapping[str, Hit]) -> list[tuple[str, Hit]]:
    """Values whose probability passes their threshold, most probable first."""
    found = [
        (label.removeprefix(start), hit)
        for label, hit in hits.items()
        if label.startswith(start) and _believes(label, hit)
    ]
    return sorted(found, key=lambda item: -item[1].score)


def _add_times(text: str, new: dict[str, Value], words: dict[str, str]) -> None:
    """Hours since the last shock and earlier returns, which are numbers and need no model."""
    if found := _AGO.search(text):
        amount = _NUMBERS.get(found.group(1).lower()) or int(found.group(1))
        hours = amount if found.group(2).lower().startswith("h") else 0
        new["L12"], words["L12"] = hours, found.group(0)
    elif found := _NOW.search(text):
        new["L12"], words["L12"] = 0, found.group(0)
    if found := _RETURNS.search(text):
        value = (found.group(1) or found.group(2)).lower()
        new["R3"] = _NUMBERS.get(value) or int(value)
        words["R3"] = found.group(0)


def _add_safety(screening: Screening, new: dict[str, Value], words: dict[str, str]) -> None:
    if screening.form == "friend":
        return  # a friend's danger is not the user's own situation
    for finding in screening.findings:
        if finding.label in SIGNALS:
            code, value = SIGNALS[finding.label]
            current = new.get(code)
            if not isinstance(current, int) or current < value:
                new[code], words[code] = value, finding.words
    if screening.pattern:
        new["S10"] = max(int(str(new.get("S10", 0))), 1)
        words.setdefault("S10", screening.findings[0].words)


def _add_answers(
    text: str,
    asked: str | None,
    known: Mapping[str, Value],
    new: dict[str, Value],
    words: dict[str, str],
) -> None:
    """Plain yes and no to the model's own questions."""
    key = question_key(asked)
    if key is None:
        return
    fills = questions()[key]["fills"]
    if is_denial(text) and key in {"safety", "S5", "S11"}:
        for code in fills:
            if code not in new and (code not in known or _ambiguous(code, known[code])):
                new[code], words[code] = 0, text[:120]
    elif is_denial(text) and key == "M5":
        new["M5"], words["M5"] = "no", text[:120]
    elif _YES.search(text) and key == "M5":
        new["M5"], words["M5"] = "yes", text[:120]
    elif _YES.search(text) and key in {"safety", "S5", "S11"}:
        # Yes to the question about suicide is taken as meant: the careful reading of a short word.
        code, value = {"safety": ("S12", 1), "S5": ("S5", 2), "S11": ("S11", 1)}[key]
        new[code], words[code] = value, text[:120]


def _ambiguous(code: str, value: Value) -> bool:
    """A passive dark thought or a vague fear: what a plain denial may clear."""
    return code in {"S5", "S12"} and value == 1


@cache
def question_key(asked: str | None) -> str | None:
    """The key of a question: by its exact words, else by what it is plainly about."""
    if not asked:
        return None
    for key, fields in questions().items():
        if any(way.lower() in asked.lower() for way in (fields["ask"], *fields.get("also", ()))):
            return key
    return next((key for key, cue in _CUES if cue.search(asked)), None)


_CUES = tuple(
    (key, re.compile(cue, re.I))
    for key, cue in (
        (
            "S5",
            r"not wanting to (?:live|be alive)|thoughts? of (?:dying|suicide|death)|kill yourself|end(?:ing)? your life|(?:about|of) suicide|be alive",
        ),
        (
            "safety",
            r"afraid|scared|frighten|hurt or punish|threaten|safe (?:with|around)|ever hurt",
        ),
        ("S11", r"device|look at (?:your|this) (?:phone|screen)|read this"),
        (
            "M5",
            r"never (?:noticed|reacted|knew|cared|saw|find out)|still be right|nobody ever reacted",
        ),
        ("S7", r"how old"),
        ("L3", r"how (?:many times|often).*(?:ended|broken|begun|again|split)"),
        ("L8", r"(?:last|past) month.*(?:for you|unasked|without)"),
        ("L10", r"still (?:have to |must )?share|children, (?:a )?home"),
        ("L7", r"told them|asked (?:them|him|her)|so many words|plain words"),
    )
)


def _replaces(code: str, old: Value | None, new: Value) -> bool:
    if old is None:
        return True
    if old == new:
        return False
    if code.startswith("S") and isinstance(old, int) and isinstance(new, int):
        return new > old or _ambiguous(code, old)
    if code in GROWING and isinstance(old, int) and isinstance(new, int):
        return new > old
    return True
