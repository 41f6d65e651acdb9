"""What the scorers of replies share: the words a reply itself says, without lines and markers."""

from __future__ import annotations

import re

from assistant.helplines import CHOOSE, DEVICE_CAUTION
from assistant.texts import sentences as split

_MARKER = re.compile(r"\s*\[[a-z0-9]+(?:-[a-z0-9]+)+\]")
_QUOTED = re.compile(r"“[^”]{1,400}”|\"[^\"\n]{1,400}\"")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_EMPTY = frozenset(
    """
    a about after all also always am an and any are aren't as ask at be because been before being
    but by can can't could did didn't do does doesn't don't even ever every for from get gets
    getting give go going gonna got had has have he her him his how i i'd i'll i'm i've idk if in
    into is isn't it it's its just keep kind know like lot made make makes maybe me more most much
    my no not now of off ok on one only or other our out over please really said say says she
    should so some someone something still such tell than that that's the their them then there
    they they're thing things think this time to told too up us very want wants was wasn't way we
    well were what when where which who why will with won't would yes yet you you're your
    """.split()  # noqa: SIM905
)


def body(reply: str) -> str:
    """The reply without help lines, device caution and card markers."""
    kept = [
        line
        for line in reply.splitlines()
        if not line.lstrip().startswith("- ") and line.strip() not in {DEVICE_CAUTION, CHOOSE}
    ]
    return _MARKER.sub("", "\n".join(kept)).strip()


def markers(reply: str) -> list[str]:
    return [found.strip(" []") for found in _MARKER.findall(reply)]


def unquoted(text: str) -> str:
    """Without what stands in quotation marks: someone else's words, or words to try out."""
    return _QUOTED.sub(" ", text)


def without_echo(text: str, said: str) -> str:
    """Without quotations of what the user said; other quotations stay."""
    source = said.lower()
    return re.sub(r"“([^”]*)”", lambda m: " " if m[1].lower().strip(" .") in source else m[0], text)


def sentences(text: str) -> list[str]:
    return split(text)


def stems(text: str) -> set[str]:
    """Roots of the words that carry meaning, for comparing what two texts are about."""
    found = (w for w in _WORD.findall(text.lower().replace("’", "'")) if len(w) > 2)
    return {_root(w) for w in found if w not in _EMPTY}


def _root(word: str) -> str:
    cut = re.sub(r"(?:ing|ed|es|s|ly|ness|'s)$", "", word)
    return cut[:6] if len(cut) > 2 else word


def first_match(pattern: re.Pattern[str], text: str) -> str:
    """The sentence in which a pattern holds, or ""."""
    return next((s for s in sentences(text) if pattern.search(s.replace("’", "'"))), "")
