"""Text as the guards read it: one spelling for look-alikes, sentences, and what is quoted."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from itertools import pairwise

from assistant.spelling import mended

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_LOOKALIKE = str.maketrans(
    "аеорсухіјѕԁһКВМНТАЕОРСХαοερυνικтмнвк’‘ʼ“”„«»–—",
    'aeopcyxijsdhKBMHTAEOPCXaoepuvikTMHBK\'\'\'"""""--',
)
_SMALL = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz")
_QUOTED = re.compile(
    r"\"[^\"\n]{2,400}\""
    r"|\b(?:he|she|they|ex|husband|wife|bf|gf|boyfriend|girlfriend|partner)(?:'s)? (?:just |always |"
    r"once |even )?(?:said|says|told me|texted|wrote|goes|was like|keeps saying|yelled|screamed)"
    r"(?: to me)?(?: that)?[:,]? [^.!?,;\n]{2,200}?(?=$|[.!?,;\n]| and i\b| but\b| so i\b| then i\b)",
    re.I,
)
# Words between single marks, of at least two words; an apostrophe inside a word ends nothing.
_MARKED = r"(?<!\w)'(?=[^'\s]+(?:'\w+)? )(?:[^'\n]|(?<=\w)'(?=\w)){4,400}'"
_SAID_BY = re.compile(
    r"((?:\b(?:he|she|they|his|her|their|ex|this|then|message|card|note|text)\b)[^'\".!?\n]{0,40})"
    rf"{_MARKED}(?!\w)|{_MARKED}(?= (?:is what )?(?:he|she|they)\b)",
    re.I,
)
_ASKED = re.compile(r"\b(?:write|draft|polish|tidy|shorten|proofread|check|send|i)\b", re.I)
_SENTENCE = re.compile(r"(?<=[.!?…\n])\s+|\n+|\s+(?=(?:but|and then|so now|because|cuz|also)\s)")
_LATIN_LEAK = re.compile(r"[A-Za-z]")
_CODED = re.compile(r"\b[A-Za-z0-9+/]{24,}={0,2}")
WINDOW = 2  # sentences read together
MOST_WINDOWS = 24


def plain(text: str) -> str:
    """Lower case, no invisible characters, look-alike letters as Latin, hidden words mended."""
    return mended(one_script(text).lower())


def one_script(text: str) -> str:
    """No invisible characters, and letters that only look Latin as Latin ones."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_SMALL)
    return text.translate(_LOOKALIKE) if _LATIN_LEAK.search(text) else text


def readable(text: str) -> str:
    """What the reader is given: the text as it stands, or its plain form where that hid words."""
    same = one_script(text)
    mending = plain(text)
    return same if mending == same.lower() else mending


def decoded(text: str) -> str:
    """What base64 or rot13 in a message says, so that a wrapper hides nothing; "" if none."""
    out = []
    for chunk in _CODED.findall(text):
        try:
            out.append(base64.b64decode(chunk + "=" * (-len(chunk) % 4)).decode("utf-8"))
        except (binascii.Error, UnicodeDecodeError):
            continue
    if "rot13" in text.lower():
        out.append(codecs.decode(text, "rot13"))
    return " ".join(out)


def own_words(text: str) -> str:
    """The text without what someone else is quoted as saying."""
    return _SAID_BY.sub(_unless_mine, _QUOTED.sub(" ", text))


def _unless_mine(match: re.Match[str]) -> str:
    """Nothing of a quotation by someone else; what the user means to write stays."""
    lead = match.group(1) or ""
    before = match.string[max(0, match.start() - 40) : match.start()] + lead
    return match.group(0) if _ASKED.search(before.rpartition(".")[2]) else lead


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in _sentence_spans(text)]


def windows(text: str) -> list[tuple[int, int]]:
    """Where each pair of neighbouring sentences stands (start, end), so that a rambling message
    cannot drown the one sentence that matters. None where there are but two; at most
    ``MOST_WINDOWS``, each of more sentences then."""
    parts = _sentence_spans(text)
    if len(parts) < 3:
        return []
    firsts = range(len(parts) - WINDOW + 1)
    if len(firsts) <= MOST_WINDOWS:
        return [(parts[i][0], parts[i + WINDOW - 1][1]) for i in firsts]
    edges = [round(i * (len(parts) - 1) / MOST_WINDOWS) for i in range(MOST_WINDOWS + 1)]
    return [(parts[a][0], parts[b][1]) for a, b in pairwise(edges)]


def _sentence_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence, without the blanks around it."""
    cuts = [(0, 0), *(match.span() for match in _SENTENCE.finditer(text)), (len(text), len(text))]
    spans = []
    for (_, start), (end, _) in pairwise(cuts):
        body = text[start:end]
        if body.strip():
            spans.append(
                (start + len(body) - len(body.lstrip()), end - len(body) + len(body.rstrip()))
            )
    return spans
