"""Every vetted text keeps its rules: length, one question, lines, and no forbidden advice."""

import re

import pytest

from assistant import helplines, texts
from assistant.guards.patterns import rules as pattern_rules
from assistant.guards.review import check
from assistant.labels import SIGNALS
from assistant.situation import question_key
from assistant.stance import OVERRIDES, PATH_RULES, REENTRY
from assistant.turn import TACTICS
from knowledge.readability import grade

NOTES = {"device_note", "way_back"}  # said beside a reply
SAFETY = [name for name in texts.safety_names() if name not in NOTES]


def _all(name):
    text = texts.safety(name)
    return [text.first, *text.next, text.easing]


@pytest.mark.parametrize("name", SAFETY)
def test_a_safety_text_is_short_plain_and_never_advises_exit_or_silence(name):
    for text in _all(name):
        words = text.replace("$lines", "")
        assert len(words.split()) <= 90
        assert words.count("?") <= 1
        assert grade(words) <= 8
        for sentence in texts.sentences(words):
            assert check(sentence, danger=True) == [], sentence


@pytest.mark.parametrize("name", SAFETY)
def test_a_frightened_person_does_not_get_the_same_paragraph_twice(name):
    text = texts.safety(name)
    assert len({text.turn(n, told=True) for n in range(3)}) == 3


def test_every_tactic_has_its_reply_and_every_rule_its_words():
    decline = texts.reply("decline")
    for tactic in TACTICS:
        assert {"feel", "line", "instead", "question"} <= set(decline[tactic])
        for question in decline[tactic]["question"]:
            assert question.count("?") == 1
    for rule in (*OVERRIDES, *REENTRY, *PATH_RULES):
        assert texts.rules()[rule.code]["why"]


def test_the_models_questions_are_questions():
    for key, fields in texts.questions().items():
        assert fields["fills"]
        for way in (fields["ask"], *fields.get("also", ())):
            assert way.count("?") == 1 and way.endswith("?")
            assert question_key(way) == key


def test_pattern_rules_load_and_name_known_labels():
    known = set(SIGNALS) | {
        "friend_in_danger",
        "own_harm_fear",
        "own_violence",
        "doubtful_premise",
        "certainty",
        *TACTICS,
    }
    assert {rule.label for rule in pattern_rules("input")} <= known
    assert len(pattern_rules("output")) >= 10


@pytest.mark.parametrize("code", [*helplines.countries(), None])
def test_every_country_has_lines_with_dates_and_the_device_caution(code):
    directory = helplines.load(code)
    assert directory.gaps
    for line in directory.lines:
        assert line.source or not directory.code
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", line.checked_on)
        assert line.show is (line.grade != "C")
    assert helplines.DEVICE_CAUTION in helplines.block(code, ["partner_abuse"])


def test_without_a_country_the_reply_says_how_to_choose_one():
    assert helplines.CHOOSE in helplines.block(None, ["suicide"])
    assert helplines.CHOOSE not in helplines.block("gb", ["suicide"])


def test_a_slot_nothing_fills_is_an_error():
    with pytest.raises(texts.PromptInvalid, match="nothing fills"):
        texts.fill("call $number", {})
