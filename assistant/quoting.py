"""The user's own words: which short span of a message is worth giving back, word for word."""

from __future__ import annotations

import re

from assistant.plain import own_words, sentences

LEAST, MOST = 3, 14
_CLAUSE = re.compile(
    r"[,;:()\n]|\s[-–—]\s|\.{2,}|\b(?:but|because|cuz|so that|and then|which|idk|lol|tbh|ngl)\b",
    re.I,
)
_FEELING = re.compile(
    r"\b(?:tired|exhaust\w*|hurt\w*|miss\w*|alone|lonely|love\w*|hate\w*|cry\w*|cried|scared|afraid|ashamed|"
    r"stupid|small|empty|numb|angry|furious|sick|stuck|lost|hope\w*|hoping|wait\w*|nothing|never|always|"
    r"every|only|enough|done|can'?t|cant|stop\w*|begg\w*|chas\w*|ignor\w*|worth\w*|pathetic|broken|ach\w*|"
    r"confus\w*|torn|invisible|guilt\w*|jealous|still|years?|months?|weeks?)\b",
    re.I,
)
_BAD = re.compile(
    r"(?:^|\s)['‘](?!\S[^'’]*['’](?:\s|$))|\?|https?:|www\.|[<>{}\[\]|\\]|\d{5,}|@|\b(?:fuck\w*|shit\w*|bitch\w*|cunt\w*|slut\w*|whore\w*)\b",
    re.I,
)
_OPENS_BADLY = re.compile(
    r"^(?:or|if|that|than|to|of|for|with|should|would|could|can|do|does|is|are|how|what|why|when|who)\b",
    re.I,
)
_DANGLES = re.compile(
    r"\b(?:a|an|the|to|of|and|or|but|with|for|my|his|her|their|if|that|i|is|was|im|i'm)$", re.I
)


def telling_words(text: str, used: frozenset[str] = frozenset()) -> str | None:
    """A literal span of the message that carries feeling, or None when nothing is fit to quote.

    The user's own voice only: what someone else is quoted as saying is left out.
    """
    found = [span for span in _spans(own_words(text)) if span not in used]
    return max(found, key=_weight, default=None)


def _spans(text: str) -> list[str]:
    spans = []
    for sentence in sentences(text):
        for clause in _CLAUSE.split(sentence):
            span = clause.strip(" .!…'\"*_~").strip()
            if LEAST <= len(span.split()) <= MOST and _fit(span):
                spans.append(span)
    return spans


def _fit(span: str) -> bool:
    return span.isprintable() and not any(
        bad.search(span) for bad in (_BAD, _OPENS_BADLY, _DANGLES)
    )


def _weight(span: str) -> float:
    words = span.split()
    first_person = 1.0 if re.search(r"\b(?:i|im|i'm|ive|i've|me|my)\b", span, re.I) else 0.0
    return 2 * len(_FEELING.findall(span)) + first_person - abs(len(words) - 8) / 8
