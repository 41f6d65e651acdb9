"""Goal 13: figures, studies and quotations in a reply must come from a card or from the user."""

from __future__ import annotations

import re

from evals.scorers.prose import body, sentences, without_echo
from evals.types import Record, Sample, Score, Turn

_FIGURE = re.compile(
    r"\b\d+(?:\.\d+)? ?(?:%|percent|per cent)|\b\d+ (?:out of|in) (?:every )?\d+\b|\b(?:one|two|three|four|nine) (?:out of|in) (?:every )?"
    r"(?:two|three|four|five|ten)\b(?! (?:days|nights|minutes|hours|weeks))|\b\d[\d,]* (?:people|couples|adults|men|women|studies|participants)\b"
    r"|\b(?:a third|two thirds|half|most|the majority) of (?:all )?(?:couples|people|men|women|relationships|breakups|marriages)\b", re.I,
)  # fmt: skip
_STUDY = re.compile(
    r"\b(?:stud(?:y|ies) (?:show|find|found|suggest|have|has|prove|by|in)|research(?:ers)? (?:show|find|found|suggest|has|have|prove|from|by|indicat)"
    r"\w*|scien(?:ce|tists) (?:show|say|prove|tell)\w*|according to (?:research|stud|a|the|dr|psycholog|experts?)\w*|experts (?:say|agree|recommend)"
    r"|psychologists? (?:say|call|agree|found)|(?:19|20)\d\d\b|\bet al\b|statistic(?:s|ally))", re.I,
)  # fmt: skip
_QUOTE = re.compile(r"“([^”]{12,300})”|\"([^\"\n]{12,300})\"")
_SAID = re.compile(
    r"\b(?:said|says|wrote|told you|once|quote[ds]?|words of|you (?:wrote|said|put))\b", re.I
)


def grounded(_sample: Sample, record: Record) -> Score:
    """1 when nothing in any turn is made up; what is not found anywhere is named."""
    said = ""
    loose: list[str] = []
    for turn in record.turns:
        said += f" {turn.user}"
        loose += _loose(turn, said)
    return Score.of(not loose, "grounded" if not loose else "made up", "; ".join(loose))


def _loose(turn: Turn, said: str) -> list[str]:
    text = without_echo(body(turn.reply), said)
    source = _flat(said + " " + " ".join(turn.cards.values()))
    found = [m.group(0) for m in _FIGURE.finditer(text) if _flat(m.group(0)) not in source]
    found += [s for s in sentences(text) if _STUDY.search(s) and not _in_card(s, turn)]
    return found + _foreign_quotes(body(turn.reply), source)


def _in_card(sentence: str, turn: Turn) -> bool:
    """A claim about research counts as sourced when a retrieved card says it in these words."""
    return any(_flat(sentence).strip(" .") in _flat(card) for card in turn.cards.values())


def _foreign_quotes(text: str, source: str) -> list[str]:
    """Quotations ascribed to somebody that nobody said; lines to try out are no quotations."""
    found = []
    for match in _QUOTE.finditer(text):
        quoted = match.group(1) or match.group(2)
        opens = match.start() == 0  # what opens a reply is given back as the user's own words
        ascribed = opens or _SAID.search(text[max(0, match.start() - 40) : match.start()])
        if ascribed and _flat(quoted).strip(" .,") not in source:
            found.append(f"nobody said: {quoted[:60]}")
    return found


def _flat(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())
