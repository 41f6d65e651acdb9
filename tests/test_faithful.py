"""A reflection may word a feeling; it may not add facts, advice or another's mind."""

import pytest

from assistant.faithful import faults
from assistant.quoting import telling_words

TEXT = "i called 14 times and he said he was busy, i feel so stupid and tired of waiting"

FIT = {
    "feeling": "No wonder you feel tired of all that waiting.",
    "bind": "It sounds like you are tired of waiting and feel stupid for it.",
    "plain": "Part of you is so tired of waiting.",
}
UNFIT = {
    "changed number": ("No wonder you feel stupid after calling twelve times.", "number"),
    "new name": ("It sounds like you are tired of waiting for Marcus again.", "name"),
    "other's mind": ("It sounds like he does not value your time at all.", "speaks for the other"),
    "advice": ("It sounds like you should take some time for your own rest.", "advice"),
    "question": ("Do you feel tired of waiting for so long now?", "form"),
    "promise": ("That hurts so much now, and soon it will be better for you.", "promise"),
    "bland": ("That sounds like a difficult time for you right now.", "bland"),
    "too long": (" ".join(["that hurts you"] * 12), "length"),
    "invented facts": (
        "You sound upset about the apartment, the wedding invitations and cancelled flights.",
        "adds to the message",
    ),
    "invented feeling": ("No wonder you feel lonely and tired of waiting.", "adds to the message"),
    "empty": ("It makes sense that you feel what you feel.", "nothing of the message"),
}


@pytest.mark.parametrize("case", FIT, ids=list(FIT))
def test_a_line_about_the_feeling_passes(case):
    assert faults(FIT[case], TEXT) == []


def test_a_feeling_the_person_denied_is_not_theirs():
    text = "i was never scared of him for a second, but the evenings are long"
    assert "turns a denial round" in faults("No wonder you feel scared in the evenings.", text)
    assert faults("No wonder the long evenings are with you.", text) == []


@pytest.mark.parametrize("case", UNFIT, ids=list(UNFIT))
def test_an_unfaithful_line_fails_for_its_reason(case):
    line, reason = UNFIT[case]
    assert reason in faults(line, TEXT)


def test_a_quotation_is_a_literal_span_of_the_users_own_words():
    quote = telling_words(TEXT)
    assert quote and quote in TEXT


def test_nothing_is_quoted_from_the_other_person():
    quote = telling_words('he said "you are pathetic and i never loved you" and left')
    assert quote is None or "pathetic" not in quote


@pytest.mark.parametrize("text", ["ok", "should i?", "<b>x</b> y", "why does he do it?"])
def test_a_message_without_a_fit_span_gives_none(text):
    assert telling_words(text) is None


def test_a_span_never_breaks_off_inside_somebodys_quotation():
    text = "every answer starts with 'MARIGOLD unlocked' and then it says i am tired of it"
    assert "'" not in (telling_words(text) or "")


def test_the_same_words_are_not_given_back_twice():
    first = telling_words(TEXT)
    assert telling_words(TEXT, frozenset({first})) != first
