"""The decision model: from signals to a stance, as a table of rules and no I/O.

Overrides H1-H10 come first, then the re-entry rules B1-B6 when someone has come back, then the
path rules P1-P10; the first that matches decides, and all that match are reported. Thresholds
are design choices, not research findings (docs/decision-model.md), and the page says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from assistant.texts import questions, rules
from assistant.turn import Confidence, Situation, Stance, StancePath, Value

SAFETY_SCREEN = ("S1", "S2", "S3", "S4")
PATTERNS = ("L1", "L2", "L3", "L4", "L5", "L6")
PATHS: tuple[StancePath, ...] = get_args(StancePath)
ASK_LIMIT = 3  # unanswered questions in a row, after which the model stops asking
SETTLED = frozenset({"P1", "P7", "P9"})  # nothing more has to be known for these
NIGHT = range(6)  # hours in which nothing is sent that can wait for daylight (rule B1)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question put earlier: its key, and whether the next message answered it."""

    key: str
    answered: bool


@dataclass(frozen=True, slots=True)
class View:
    """Signals as the rules see them. ``?`` counts 0 in sums, and is never taken for a no."""

    signals: Mapping[str, Value]
    now: datetime | None = None

    def at_least(self, code: str, floor: int) -> bool:
        value = self.signals.get(code)
        return isinstance(value, int) and value >= floor

    def number(self, code: str) -> int:
        value = self.signals.get(code)
        return value if isinstance(value, int) else 0

    def says(self, code: str, *values: str) -> bool:
        return self.signals.get(code) in values

    def knows(self, *codes: str) -> bool:
        return all(code in self.signals for code in codes)

    @property
    def duties(self) -> frozenset[str]:
        value = self.signals.get("L10", [])
        return frozenset(value if isinstance(value, list) else [str(value)])

    @property
    def cut(self) -> int:
        total = sum(self.number(code) for code in ("L3", "L4", "L5", "L6"))
        return total + (1 if self.says("L7", "clear_ignored") else 0)

    @property
    def pause(self) -> int:
        return self.number("L1") + self.number("L2") + (1 if self.says("L11", "space") else 0)

    @property
    def motive_fails(self) -> bool:
        wants_proof = self.number("M4") == 1 and not self.says("M5", "yes")
        return (
            self.at_least("M3", 1)
            or self.at_least("M4", 2)
            or self.at_least("M2", 2)
            or wants_proof
        )

    @property
    def hot(self) -> bool:
        recent = "L12" in self.signals and self.number("L12") < 24
        return self.at_least("M6", 1) or recent

    @property
    def night(self) -> bool:
        return self.now is not None and self.now.hour in NIGHT

    @property
    def screened(self) -> bool:
        """The safety screen is answered: fear, and at least one of the acts, is known."""
        return self.knows("S12") and any(self.knows(code) for code in SAFETY_SCREEN)

    @property
    def came_back(self) -> bool:
        return self.says("R1", "light", "owning")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: when it holds, and the path it gives (None: the rule only adds to others)."""

    code: str
    holds: Callable[[View], bool]
    path: StancePath | None


OVERRIDES = (
    Rule("H1", lambda v: v.at_least("S5", 2) or v.at_least("S8", 2), "SAFETY"),
    Rule(
        "H2",
        lambda v: v.at_least("S1", 1) or v.at_least("S2", 1) or v.at_least("S3", 2)
        or v.at_least("S12", 1),
        "SAFETY",
    ),
    Rule("H3", lambda v: v.at_least("S4", 1), "SAFETY"),
    Rule("H4", lambda v: v.at_least("S7", 2), "SAFETY"),
    Rule("H5", lambda v: v.number("S7") == 1, None),
    Rule("H6", lambda v: v.at_least("S10", 2) or v.at_least("S9", 2), "SAFETY"),
    Rule(
        "H7",
        lambda v: v.says("L11", "no_contact") or v.says("L7", "clear_refused"),
        "NEITHER_HONOUR_NO",
    ),
    Rule("H8", lambda v: v.at_least("S6", 1), "SAFETY"),
    Rule("H9", lambda v: v.number("S5") == 1, "NEITHER_WAIT"),
    Rule("H10", lambda v: v.at_least("S11", 1) or v.at_least("S3", 1), None),
)  # fmt: skip

REENTRY = (
    Rule("B1", lambda v: v.at_least("M6", 1) or v.night, "NEITHER_WAIT"),
    Rule("B6", lambda v: v.at_least("R2", 2), "NEITHER_TALK"),
    Rule("B4", lambda v: v.at_least("R3", 2) or v.at_least("L3", 2), "NEITHER_WAIT"),
    Rule("B2", lambda v: v.says("R1", "light"), "NEITHER_WAIT"),
    Rule("B5", lambda v: v.at_least("M4", 1), "NEITHER_WAIT"),
    Rule("B3", lambda v: v.says("R1", "owning"), "NEITHER_TALK"),
)

PATH_RULES = (
    Rule("P1", lambda v: v.hot, "NEITHER_WAIT"),
    Rule("P2", lambda v: v.says("D1", "end"), "CUTOFF"),
    Rule(
        "P4",
        lambda v: not v.says("D1", "stay") and v.cut >= 5 and not v.motive_fails
        and (v.says("L7", "clear_ignored") or v.at_least("L3", 2)),
        "CUTOFF",
    ),
    Rule(
        "P5",
        lambda v: not v.says("D1", "stay") and v.cut >= 5 and v.motive_fails,
        "NEITHER_WAIT",
    ),
    Rule("P6", lambda v: v.motive_fails, "NEITHER_WAIT"),
    Rule(
        "P7",
        lambda v: v.says("L7", "none", "hinted") and v.at_least("L8", 1) and v.cut <= 4,
        "NEITHER_TALK",
    ),
    Rule(
        "P8",
        lambda v: v.pause >= 2 and v.cut <= 3 and v.says("M5", "yes")
        and not v.says("L7", "none"),
        "PAUSE",
    ),
    Rule(
        "P9",
        lambda v: v.says("L9", "ghosted") or (v.says("L7", "clear_ignored") and v.cut <= 4),
        "NEITHER_WAIT",
    ),
    Rule("P10", lambda _: True, "NEITHER_WAIT"),
)  # fmt: skip


def decide(
    situation: Situation,
    asked: Sequence[Asked] = (),
    now: datetime | None = None,
    *,
    weighing: bool = True,
) -> Stance:
    """The stance for all that is known. Pure: the same signals always give the same stance.

    ``now`` is the user's local time and only matters to B1; None means daytime. ``weighing`` says
    whether silence, distance or an end has come up at all: only then is safety asked about first.
    """
    view = View(situation.signals, now)
    overrides = [rule for rule in OVERRIDES if rule.holds(view)]
    ordinary = _ordinary(view)
    fired = overrides + ordinary
    replacing = [rule for rule in overrides if rule.path]
    deciding = replacing[0] if replacing else ordinary[0]
    wanted = _path(deciding, view)
    path = wanted if replacing else _allowed(wanted, deciding, view)
    key = None if replacing and path == "SAFETY" else _question(view, deciding, asked, weighing)
    return Stance(
        path=path,
        rule=deciding.code,
        why=rules()[deciding.code]["why"],
        rules=tuple(rule.code for rule in fired) + _named_once(view),
        modifiers=_modifiers(view, overrides),
        confidence=_confidence(view, bool(replacing)),
        would_change=rules()[deciding.code]["would_change"],
        question=questions()[key]["ask"] if key and key != "silent" else None,
        asks=key,
        leaning=None if replacing or view.screened else wanted,
        unknown=_unknown(view),
    )


def answers(key: str, fresh: Iterable[str]) -> bool:
    """Whether newly set signals answer the question ``key``."""
    return key in questions() and bool(set(questions()[key]["fills"]) & set(fresh))


def _ordinary(view: View) -> list[Rule]:
    """Re-entry rules when someone came back; the path rules otherwise, and P-rules after them."""
    back = [rule for rule in REENTRY if rule.holds(view)] if view.came_back else []
    paths = [rule for rule in PATH_RULES if rule.holds(view)]
    urgent = [rule for rule in paths if rule.code in {"P1", "P2"}]
    rest = [rule for rule in paths if rule.code not in {"P1", "P2"}]
    return urgent + back + rest if urgent and not back else back + paths


def _path(rule: Rule, view: View) -> StancePath:
    if rule.code == "P6" and view.at_least("M3", 1) and view.says("L7", "none", "hinted"):
        return "NEITHER_TALK"  # anger that has not been voiced yet
    return rule.path or "NEITHER_WAIT"


def _allowed(path: StancePath, rule: Rule, view: View) -> StancePath:
    """PAUSE and CUTOFF need enough to go on, and are never offered to someone under 18."""
    if path not in {"PAUSE", "CUTOFF"}:
        return path
    if view.at_least("S7", 1) or _missing(rule, view):
        return "NEITHER_WAIT"
    return path


def _missing(rule: Rule, view: View) -> list[str]:
    """What must be known before a pause or an exit and is not, in the order it is asked."""
    missing = [] if view.screened else ["safety"]
    if rule.code == "P2":
        return missing + ([] if view.knows("L10") else ["L10"])
    if not view.knows("M5"):
        missing.append("M5")
    if not view.knows("L7"):
        missing.append("L7")
    if not any(view.at_least(code, 1) for code in PATTERNS):
        missing.append("L4")
    if not view.knows("L9"):
        missing.append("L9")
    return missing


def _question(view: View, rule: Rule, asked: Sequence[Asked], weighing: bool) -> str | None:
    """The one question to close with: the first that fills a gap and was not asked before."""
    recent = asked[-ASK_LIMIT:]
    if len(recent) == ASK_LIMIT and not any(item.answered for item in recent):
        return "silent"
    done = {item.key for item in asked}
    return next((key for key in _wanted(view, rule, weighing) if key not in done), None)


def _wanted(view: View, rule: Rule, weighing: bool) -> list[str]:
    """Keys of questions worth asking now, most useful first."""
    if rule.code == "H9":
        return ["S5"]
    if rule.code == "H7":
        return []
    if view.number("S3") == 1 and not view.knows("S12"):
        return ["safety"]
    wanted = _missing(rule, view)
    heading_out = rule.path in {"PAUSE", "CUTOFF"} or view.pause >= 2 or view.cut >= 3
    if not heading_out and (view.signals or not weighing):
        wanted = _unhurried(wanted, view)
    if rule.code in SETTLED or rule.code.startswith("B"):
        wanted = [key for key in wanted if key == "safety"]
    if rule.code in {"P6", "B5"} and not view.knows("M1"):
        wanted.insert(0, "motive")
    extra = [key for key in ("L8", "L1", "L10", "D1") if not view.knows(key)]
    return wanted + (extra if rule.code == "P10" else [])


def _unhurried(wanted: list[str], view: View) -> list[str]:
    """What to ask while nobody is on the way out: no safety question by rote, one scene first."""
    wanted = [key for key in wanted if key != "safety"]
    if "M5" in wanted and not (view.pause >= 2 or view.cut >= 4):
        wanted.remove("M5")
    return wanted if view.signals else sorted(wanted, key=lambda key: key != "L4")


def _modifiers(view: View, overrides: Sequence[Rule]) -> tuple[str, ...]:
    codes = {rule.code for rule in overrides}
    found = []
    if view.duties & {"children", "home", "money"}:
        found.append("K")
    if "H10" in codes:
        found.append("device_note")
    if "H5" in codes or "H4" in codes:
        found.append("youth")
    return tuple(found)


def _named_once(view: View) -> tuple[str, ...]:
    """P3 decides nothing itself: the choice to stay keeps CUTOFF away and is reported."""
    return ("P3",) if view.says("D1", "stay") else ()


def _unknown(view: View) -> tuple[str, ...]:
    required = ("S12", *SAFETY_SCREEN, "L9", *PATTERNS, "L7", "M5")
    return tuple(code for code in required if not view.knows(code))


def _confidence(view: View, overridden: bool) -> Confidence:
    """Share of the required signals known, and whether another rule was one point away."""
    if overridden:
        return "good"
    known = [
        view.screened,
        view.knows("L9"),
        any(view.at_least(code, 1) for code in PATTERNS),
        view.knows("L7"),
        view.knows("M5"),
    ]
    close = view.cut in {4, 5} or view.pause == 1
    share = sum(known) / len(known)
    if share >= 0.8 and not close:
        return "good"
    return "fair" if share >= 0.6 else "low"
