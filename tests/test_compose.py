"""The line behind the quotation: a feeling the person names comes before one that was inferred."""

from __future__ import annotations

import pytest

from assistant.compose import _feelings, reflection_lines
from assistant.turn import Reading, Screening, Situation, Stance

STANCE = Stance("NEITHER_WAIT", "P10", "")


def _line(text, **signals):
    situation = Situation(signals, fresh=frozenset(signals))
    return reflection_lines(Reading(Screening("reflect"), situation, STANCE), text)[0]


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


def test_without_either_the_line_stays_general():
    assert _line("he posted a picture of the lake") == "general"
