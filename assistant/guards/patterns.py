"""Pattern rules: one TOML file each, found by listing a folder, for what must never be missed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.errors import PromptInvalid
from assistant.plain import sentences
from assistant.texts import toml

HERE = Path(__file__).parent
MOST_WHOLE = 2000  # characters that a rule over several sentences looks at


@dataclass(frozen=True, slots=True)
class PatternRule:
    """``label`` holds for a sentence that matches a pattern and no ``unless``.

    ``own`` marks labels about the user's own intent, which quoted words never set; ``whole`` a
    rule that needs several sentences at once; ``when`` names the only state in which it holds.
    """

    label: str
    patterns: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    own: bool = False
    whole: bool = False
    when: str = ""

    def excuses(self, text: str) -> bool:
        """Whether a text says the harmless thing this rule knows of: an idiom, long ago, a film."""
        return any(u.search(text) for u in self.unless) and self.words(text) is None

    def words(self, text: str) -> str | None:
        """The first sentence (of a ``whole`` rule: the text) that breaks the rule, or None."""
        for sentence in [text[:MOST_WHOLE]] if self.whole else sentences(text):
            if any(p.search(sentence) for p in self.patterns) and not any(
                u.search(sentence) for u in self.unless
            ):
                return sentence
        return None


@cache
def rules(folder: str) -> tuple[PatternRule, ...]:
    """All rules of ``guards/input``, ``guards/output``, ``together`` or ``../heard``, in the order of their names."""
    return tuple(_rule(path) for path in sorted((HERE / folder).glob("*.toml")))


def _rule(path: Path) -> PatternRule:
    raw = toml(path)
    try:
        return PatternRule(
            label=raw.get("label", path.stem),
            patterns=tuple(re.compile(p, re.I) for p in raw["patterns"]),
            unless=tuple(re.compile(p, re.I) for p in raw.get("unless", ())),
            own=raw.get("own", False),
            whole=raw.get("whole", False),
            when=raw.get("when", ""),
        )
    except (KeyError, re.error) as error:
        raise PromptInvalid(f"guards/{path.parent.name}/{path.name}: {error}") from None
