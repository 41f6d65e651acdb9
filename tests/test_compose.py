"""The line behind the quotation: a feeling the person names comes before one that was inferred."""

from __future__ import annotations

import pytest

from assistant.compose import Picker, _feelings, choose, reflection_lines
from assistant.labels import PREMISE
from assistant.texts import reply
from assistant.turn import Finding, Reading, Screening, Situation, Stance

STANCE = Stance("NEITHER_WAIT", "P10", "")


def _reading(*findings, stance=STANCE, **signals):
    situation = Situation(signals, fresh=frozenset(signals))
    return Reading(Screening("reflect", findings=findings), situation, stance)


def _line(text, *findings, **signals):
    return reflection_lines(_reading(*findings, **signals), text)[0]


def _guess(source="reader"):
    return Finding(PREMISE, "so she loves me", 0.9, source)


@pytest.mark.parametrize(
    ("text", "feelings"),
    [
        ("i feel so stupid for loving him", ["shame"]),
        ("i'm 52 and i feel ridiculous", ["shame"]),
        ("he gets the kids at weekends and i sit in the quiet and cry", ["grief"]),
        ("its 3am and i want to text him so bad", ["longing"]),
        pytest.param("i made her cry", [], id="another's tears"),
        ("im scared shes going to leave me", ["fear_of_loss"]),
        ("i miss my ex so bad", ["longing"]),
        pytest.param("i'm not angry, just tired", ["tired"], id="a feeling denied is not named"),
        pytest.param("i dont feel lonely", [], id="denied without an apostrophe"),
        pytest.param('he said "i am so tired"', [], id="the other's words"),
        pytest.param("she keeps crying", [], id="the other's tears"),
        pytest.param("leave me alone he said", [], id="alone, but not lonely"),
    ],
)
def test_only_a_feeling_the_person_names_is_heard(text, feelings):
    assert _feelings(text) == feelings


def test_a_named_feeling_comes_before_an_inferred_signal():
    assert _line("planning every date, i am so tired", L1=2) == "tired"


def test_what_someone_is_in_the_middle_of_comes_before_both():
    assert _line("my hands shake and i am so tired", M6=1) == "M6"


def test_what_was_true_of_an_earlier_moment_is_not_said_of_this_one():
    reading = Reading(Screening("reflect"), Situation({"M6": 1}), STANCE)
    assert reflection_lines(reading, "i told him last month")[0] == "general"


def test_a_sentence_said_with_its_marker_does_not_come_again():
    said = ["Asking is your part [ask-first].\n\nWrite it down."]
    for text in ("he shrugged", "she laughed", "no answer", "what now"):
        assert Picker(said, text)(["Asking is your part.", "A hint is easy to miss."]) == (
            "A hint is easy to miss."
        )


def test_without_either_the_line_stays_general():
    assert _line("he posted a picture of the lake") == "general"


def test_a_guess_told_as_a_fact_is_heard_before_an_inferred_signal():
    assert _line("she kept the jumper so she loves me", _guess(), L1=2) == PREMISE
    assert _line("i miss her, she kept the jumper so she loves me", _guess()) == "longing"


@pytest.mark.parametrize(("source", "lines"), [("pattern", "lines"), ("reader", "any")])
def test_a_guess_is_answered_with_another_reading(source, lines):
    parts = choose(_reading(_guess(source)), [], [], "she kept the jumper so she loves me")
    assert parts.opening in reply("premise")[lines]


@pytest.mark.parametrize(
    "reading",
    [
        pytest.param(_reading(_guess(), Finding("control", "", 0.9, "reader")), id="control"),
        pytest.param(
            _reading(_guess(), stance=Stance("NEITHER_WAIT", "P10", "", ("H2", "P10"))),
            id="a danger earlier in the talk",
        ),
        pytest.param(_reading(_guess(), S5=0), id="not wanting to live, denied"),
    ],
)
def test_nothing_is_doubted_where_harm_is_told(reading):
    assert choose(reading, [], [], "he checks my phone so he hates me").opening == ""
    assert reflection_lines(reading, "he checks my phone so he hates me")[0] != PREMISE
