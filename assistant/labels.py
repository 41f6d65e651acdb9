"""What the reader's heads say of a message: one list, shared by training and run time.

A guard label is about a single message; ``SIGNALS`` maps it to the decision model's signal
and value. Situation labels are spelled ``CODE=value``; for counted signals ``CODE>=n``.
"""

from __future__ import annotations

from assistant.turn import TACTICS

SAFETY_LABELS = (
    "self_harm",
    "dark_thoughts",
    "harm_intent",
    "violence",
    "threats",
    "control",
    "fear",
    "stalked",
    "other_self_harm",
    "friend_in_danger",
    "pursuit",
    "coercion",
    "minor_adult",
    "minor_peer",
    "watched_device",
    "own_harm_fear",
)
OTHER_LABELS = ("certainty", "diagnosis", "offtopic", "smalltalk", "not_english")
# Learnt beside the single labels, because "is there any danger here" is easier to learn than
# which, and because one gate for all keeps the false alarms of many labels from adding up.
GATES = ("any_safety", "any_tactic")
ROUTED = frozenset(SAFETY_LABELS) - {"minor_peer", "watched_device", "own_harm_fear"}
# A guess about another's mind, or a rule of thumb, told as a fact. Asked only of some texts.
PREMISE = "doubtful_premise"
GUARD_LABELS = (*SAFETY_LABELS, *TACTICS, *OTHER_LABELS, *GATES, PREMISE)


def with_gates(labels: frozenset[str]) -> frozenset[str]:
    """The labels of a message and the gates they open."""
    gates = {"any_safety"} if labels & ROUTED else set()
    return labels | gates | ({"any_tactic"} if labels & set(TACTICS) else set())


SIGNALS: dict[str, tuple[str, int]] = {
    "self_harm": ("S5", 2),
    "dark_thoughts": ("S5", 1),
    "harm_intent": ("S8", 2),
    "violence": ("S1", 2),
    "threats": ("S2", 2),
    "control": ("S3", 2),
    "fear": ("S12", 1),
    "stalked": ("S4", 2),
    "other_self_harm": ("S6", 2),
    "pursuit": ("S9", 2),
    "coercion": ("S10", 2),
    "minor_adult": ("S7", 2),
    "minor_peer": ("S7", 1),
    "watched_device": ("S11", 1),
}

SITUATION_LABELS = (
    *(f"L{n}>={v}" for n in (1, 2, 3, 4, 5, 6, 8) for v in (1, 2)),
    *(f"L{n}=0" for n in (1, 2, 3, 4, 5, 6, 8)),
    *(f"L7={v}" for v in ("none", "hinted", "clear_ignored", "clear_refused", "clear_honoured")),
    *(f"L9={v}" for v in
      ("talking", "situationship", "dating", "partnered", "married", "ex", "ghosted")),
    *(f"L10={v}" for v in ("children", "home", "work", "money", "none")),
    *(f"L11={v}" for v in ("none", "space", "no_contact")),
    "L12<24",
    "M1>=1", "M1>=2", "M1=0", "M2>=1", "M2>=2", "M2=0", "M3>=1", "M3>=2", "M4>=1", "M4>=2",
    "M5=yes", "M5=no", "M6>=1",
    *(f"D1={v}" for v in ("end", "stay", "undecided")),
    *(f"R1={v}" for v in ("light", "owning")),
    "R2>=1", "R2>=2", "R2=0",
    "R3>=1", "R3>=2", "R3=0",
)  # fmt: skip


def situation_labels(signals: dict[str, object]) -> set[str]:
    """The labels that hold for known signals, e.g. ``{"L1": 2}`` gives ``L1>=1`` and ``L1>=2``."""
    found = set()
    for code, value in signals.items():
        if code == "L12" and isinstance(value, (int, float)):
            found |= {"L12<24"} if value < 24 else set()
        elif isinstance(value, bool) or value is None:
            continue
        elif isinstance(value, int):
            found |= {f"{code}={value}"} | {f"{code}>={n}" for n in range(1, value + 1)}
        else:
            found |= {f"{code}={item}" for item in (value if isinstance(value, list) else [value])}
    return found & set(SITUATION_LABELS)
