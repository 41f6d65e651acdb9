"""The decision model: its twenty cases, and what must never happen whatever the signals."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.situation import rule_hits
from assistant.stance import Asked, decide
from assistant.turn import Situation

CLEAR = {"S1": 0, "S2": 0, "S3": 0, "S4": 0, "S12": 0, "L9": "dating"}

CASES = {
    "T1 never said so, goodwill": (
        {"L1": 2, "L7": "none", "L8": 2, "M5": "yes"}, "NEITHER_TALK", "P7"),
    "T2 asked, ignored, wants rest": (
        {"L1": 2, "L2": 2, "L7": "clear_ignored", "L5": 0, "M5": "yes"}, "PAUSE", "P8"),
    "T3 five breakups, lies": (
        {"L3": 2, "L4": 2, "L5": 1, "L7": "clear_ignored", "M5": "yes"}, "CUTOFF", "P4"),
    "T4 as T3, wants them to suffer": (
        {"L3": 2, "L4": 2, "L5": 1, "L7": "clear_ignored", "M5": "yes", "M3": 2},
        "NEITHER_WAIT", "P5"),
    "T5 silent so she begs": ({"M4": 2}, "NEITHER_WAIT", "P6"),
    "T6 phone checked, afraid to tell": ({"S3": 2, "S12": 1}, "SAFETY", "H2"),
    "T7 blocked, new account": ({"S9": 2}, "SAFETY", "H6"),
    "T8 asked for no contact": ({"L11": "no_contact"}, "NEITHER_HONOUR_NO", "H7"),
    "T9 co-parent, decided": (
        {"L3": 2, "L4": 2, "L10": ["children"], "D1": "end"}, "CUTOFF", "P2"),
    "T10 partner threatens suicide": ({"S6": 2}, "SAFETY", "H8"),
    "T11 shaking, two hours ago": ({"M6": 1, "L12": 2}, "NEITHER_WAIT", "P1"),
    "T12 sixteen and twenty-four": ({"S7": 2}, "SAFETY", "H4"),
    "T13 ghosted after four dates": ({"L9": "ghosted"}, "NEITHER_WAIT", "P9"),
    "T14 passive dark thoughts": ({"S5": 1}, "NEITHER_WAIT", "H9"),
    "T15 hey stranger, third return": ({"L3": 2, "R1": "light"}, "NEITHER_WAIT", "B4"),
    "T17 wants his location": ({"S10": 2}, "SAFETY", "H6"),
    "T18 partner asked for a week": (
        {"L11": "space", "L1": 1, "L7": "clear_honoured", "L8": 2, "M5": "yes"}, "PAUSE", "P8"),
    "T19 jealousy post": ({"S10": 1, "M4": 2}, "NEITHER_WAIT", "P6"),
    "T20 stays after betrayal": (
        {"L4": 2, "L5": 2, "L7": "clear_ignored", "L1": 1, "D1": "stay", "M5": "yes"},
        "NEITHER_WAIT", "P10"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_the_twenty_cases(case):
    signals, path, rule = CASES[case]
    stance = decide(Situation({**CLEAR, **signals}))
    assert (stance.path, stance.rule) == (path, rule)


def test_t16_nothing_known_asks_the_safety_question_first():
    stance = decide(Situation({}))
    assert stance.path == "NEITHER_WAIT" and stance.asks == "safety"


def test_second_rules_are_reported():
    assert "B2" in decide(Situation({**CLEAR, "L3": 2, "R1": "light"})).rules
    assert "H10" in decide(Situation({**CLEAR, "S3": 2, "S12": 1})).rules
    assert "P3" in decide(Situation({**CLEAR, "D1": "stay"})).rules
    assert "K" in decide(Situation({**CLEAR, "L10": ["children"], "D1": "end"})).modifiers


VALUES = {
    **{f"S{n}": [0, 1, 2] for n in range(1, 11)},
    "S11": [0, 1], "S12": [0, 1],
    **{f"L{n}": [0, 1, 2] for n in (1, 2, 3, 4, 5, 6, 8)},
    "L7": ["none", "hinted", "clear_ignored", "clear_refused", "clear_honoured"],
    "L9": ["talking", "situationship", "dating", "partnered", "married", "ex", "ghosted"],
    "L10": [["children"], ["home", "money"], ["none"]],
    "L11": ["none", "space", "no_contact"],
    "L12": [1, 30],
    **{f"M{n}": [0, 1, 2] for n in (1, 2, 3, 4)},
    "M5": ["yes", "no"], "M6": [0, 1], "D1": ["end", "stay", "undecided"],
    "R1": ["none", "light", "owning"], "R2": [0, 1, 2], "R3": [0, 2],
}  # fmt: skip
SIGNALS = st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in VALUES.items()})
REPLACING = {"H1", "H2", "H3", "H4", "H6", "H7", "H8", "H9"}


@settings(max_examples=1500, deadline=None)
@given(SIGNALS)
def test_no_pause_or_exit_where_an_override_holds_or_too_little_is_known(signals):
    stance = decide(Situation(signals))
    if stance.path in {"PAUSE", "CUTOFF"}:
        assert not REPLACING & set(stance.rules)
        assert "S12" in signals and any(f"S{n}" in signals for n in (1, 2, 3, 4))
        assert signals.get("S7", 0) == 0
    if stance.path == "PAUSE":
        assert signals["M5"] == "yes" and signals.get("L7") not in {None, "none"}


@settings(max_examples=400, deadline=None)
@given(SIGNALS)
def test_the_same_signals_give_the_same_stance(signals):
    assert decide(Situation(signals)) == decide(Situation(dict(reversed(signals.items()))))


def test_no_question_comes_twice_and_none_after_three_unanswered():
    first = decide(Situation({}))
    second = decide(Situation({}), [Asked(first.asks, False)])
    assert second.asks != first.asks
    three = [Asked(key, False) for key in ("safety", "M5", "L7")]
    assert decide(Situation({}), three).asks == "silent"
    answered = [*three[:2], Asked("L7", True)]
    assert decide(Situation({}), answered).asks != "silent"


def test_some_control_asks_about_fear_before_anything_else():
    stance = decide(Situation({"S3": 1, "L1": 2, "L7": "clear_ignored"}))
    assert stance.asks == "safety"


def test_after_midnight_a_return_waits_for_daylight():
    night = decide(Situation({**CLEAR, "R1": "owning"}), now=datetime(2026, 1, 1, 2))
    day = decide(Situation({**CLEAR, "R1": "owning"}), now=datetime(2026, 1, 1, 15))
    assert (night.rule, day.rule) == ("B1", "B3")


def test_while_the_safety_screen_is_open_the_leaning_is_reported():
    signals = {"L1": 2, "L2": 2, "L7": "clear_ignored", "M5": "yes", "L9": "dating"}
    stance = decide(Situation(signals))
    assert (stance.path, stance.leaning, stance.asks) == ("NEITHER_WAIT", "PAUSE", "safety")


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("we have a 4 year old so i cant block him", True),
        ("we've got a four-year-old together", True),
        pytest.param("we have a 4 year old dog", False, id="a dog"),
        pytest.param("i have a 6 year old from before", False, id="a child of one of them"),
        pytest.param("we have a 12 year old lease", False, id="a lease"),
    ],
)
def test_a_child_told_by_its_age_alone_is_a_shared_one(text, heard):
    assert ("L10=children" in rule_hits(text)) is heard
