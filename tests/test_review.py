"""The output guard: what a reply may never say, and near things that it may."""

from itertools import pairwise

import pytest

from assistant.guards.review import check, fallback, review, watch

BROKEN = {
    "tactic": ("Post a photo with a friend so he sees what he is missing.", "tactic"),
    "jealousy": ("You could make him jealous by going out with someone else.", "tactic"),
    "leverage": ("Going quiet will make her miss you and come back.", "silence_as_leverage"),
    "promise": ("He will come back once he sees you are happy.", "promise"),
    "odds": ("There is a 70% chance of it.", "promise"),
    "mind": ("She obviously still loves you.", "mind_reading"),
    "label": ("He is a narcissist.", "diagnosis"),
    "avoidant": ("It sounds like he is avoidant.", "diagnosis"),
    "verdict": ("You should leave him.", "verdict"),
    "blame": ("Why did you let him do that?", "blame"),
    "companion": ("I'm always here for you.", "companion"),
    "study": ("A Harvard study found that distance helps.", "invented_evidence"),
    "link": ("See https://example.org for help.", "contact"),
    "picture": ("![x](http://e/x.png)", "contact"),
    "number": ("Call 0800 123 4567 now.", "contact"),
}
SOUND = {
    "honest": "I cannot know whether he will come back, and nobody can.",
    "graded": "Several studies suggest that checking an ex's page goes with more distress.",
    "refusal": "I won't help with making someone jealous.",
    "no leverage": "Silence does not make anyone miss you more; there is no proof of that.",
    "no verdict": "Whether you leave or stay is yours to decide.",
    "no blame": "It is not your fault.",
    "step": "Tonight, write three lines about what you need.",
}


@pytest.mark.parametrize("case", BROKEN, ids=list(BROKEN))
def test_a_broken_sentence_is_found_for_its_reason(case):
    sentence, rule = BROKEN[case]
    assert rule in {finding.label for finding in check(sentence)}


@pytest.mark.parametrize("case", SOUND, ids=list(SOUND))
def test_a_sound_sentence_passes(case):
    assert check(SOUND[case]) == []


def test_the_broken_sentence_goes_and_the_rest_stays():
    got = review("That hurts. He will come back soon. What do you need tonight?")
    assert not got.ok and "come back" not in got.text
    assert got.text.startswith("That hurts.") and got.text.endswith("tonight?")


def test_nothing_sound_left_gives_the_vetted_fallback():
    assert review("He will come back.").text == fallback()


def test_the_users_own_quoted_words_are_not_judged():
    assert review(
        "“he will come back.” That is a lot of hope.", said_by_user="he will come back"
    ).ok
    assert not review("“he will come back.” That is so.", said_by_user="something else").ok


def test_confrontation_is_a_fault_only_where_there_is_fear():
    sentence = "You could sit down with him and talk it over."
    assert check(sentence, danger=True) and not check(sentence)


def test_a_stream_never_shows_what_is_then_taken_back():
    shown = list(watch(["That hurts. He will", " come back. You", " are tired."]))
    assert all("come back" not in text for text in shown)
    assert shown[-1].endswith("You are tired.")
    assert all(b.startswith(a) for a, b in pairwise(shown))
