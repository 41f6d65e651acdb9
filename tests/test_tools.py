"""The tools beside the talk: what a draft may read as, six questions, the take-away note."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import InputInvalid
from assistant.guards import LEADS
from assistant.tools import MOTIVE_QUESTIONS, check_draft, motive, take_away
from assistant.tools.draft import DANGER, REFUSED
from assistant.tools.motive import AFRAID, CLEAR
from assistant.tools.phrases import findings
from assistant.tools.wording import draft_rules, wording
from assistant.turn import Exchange, Reading, Reply, Screening, Situation, Stance, UserTurn

FLAGGED = [
    pytest.param("Answer me right now", "pressure", "Answer me right now", id="pressure-now"),
    pytest.param(
        "why aren’t you replying", "pressure", "why aren’t you replying", id="curly-quote"
    ),
    pytest.param("I know you saw this", "pressure", "I know you saw this", id="pressure-watched"),
    pytest.param("ANSWER YOUR PHONE please", "pressure", "ANSWER YOUR PHONE", id="shouting"),
    pytest.param("hey stranger", "bait", "hey stranger", id="bait-stranger"),
    pytest.param("guess who i saw today", "bait", "guess who i saw today", id="bait-guess"),
    pytest.param("I met a really hot guy", "bait", "I met a really hot guy", id="bait-jealousy"),
    pytest.param("You will regret this", "punishment", "You will regret this", id="punish-regret"),
    pytest.param("have a nice life", "punishment", "have a nice life", id="punish-farewell"),
    pytest.param("Fine.", "punishment", "Fine.", id="punish-door-shut"),
    pytest.param("it's all your fault", "blame", "it's all your fault", id="blame-fault"),
    pytest.param("u never text me", "blame", "u never text", id="blame-casual-spelling"),
    pytest.param("If you don't call tonight we're done", "ultimatum", "we're done", id="ultimatum"),
    pytest.param("it's me or her", "ultimatum", "it's me or her", id="ultimatum-choose"),
    pytest.param(
        "After all I did for you, hi", "guilt", "After all I did for you", id="guilt-debt"
    ),
    pytest.param("if you loved me you would stay", "guilt", "if you loved me", id="guilt-proof"),
]
SPARED = [
    pytest.param("I felt sad when you cancelled. Could we meet on Friday?", id="event-and-request"),
    pytest.param("I'm sorry I was late and I understand your anger.", id="apology"),
    pytest.param("You always made me laugh and I am grateful.", id="kind-always"),
    pytest.param("I can't talk right now, I will call tomorrow.", id="own-right-now"),
    pytest.param("You don't have to answer.", id="no-need"),
    pytest.param("Let me know when you have to work.", id="plain-have-to"),
    pytest.param("I met someone and I want to be honest with you.", id="honest-news"),
    pytest.param('You said "it\'s all your fault" and it stays with me.', id="quoted-from-them"),
    pytest.param("If you shout at me I will leave the room.", id="boundary-own-conduct"),
    pytest.param("I need some space until Sunday.", id="announced-pause"),
]


@pytest.mark.parametrize(("text", "kind", "words"), FLAGGED)
def test_a_phrase_is_named_with_its_words_and_kind(text, kind, words):
    shown = check_draft(text).may_read_as
    assert any(words in said and kind in why for said, why in shown), shown


@pytest.mark.parametrize("text", SPARED)
def test_plain_messages_are_left_alone(text):
    view = check_draft(text)
    assert (view.may_read_as, view.calmer, view.help) == ((), "", False)


def test_shown_words_are_literal():
    text = "You’re so selfish!! WHY DO YOU never text me???"
    assert all(words in text for words, _ in check_draft(text).may_read_as)


@pytest.mark.parametrize(
    ("text", "kept", "gone"),
    [
        pytest.param(
            "You always ignore me, but I love you. We met on 3 May.",
            ["I love you", "We met on 3 May."],
            ["always"],
            id="facts-and-feelings-stay",
        ),
        pytest.param(
            "If you don't call me tonight we're done.",
            ["I would like you to call me tonight"],
            ["done"],
            id="ultimatum-becomes-request",
        ),
        pytest.param(
            "you made me feel so small", ["I felt so small"], ["made me"], id="own-feeling"
        ),
        pytest.param(
            "I posted that photo so you would see it and be jealous",
            [wording()["draft"]["only"]],
            ["jealous", "photo"],
            id="tactic-is-not-passed-on",
        ),
        pytest.param(
            "You ruined us.", [wording()["draft"]["frame"]], ["ruined"], id="request-added"
        ),
    ],
)
def test_the_calmer_version_keeps_the_meaning(text, kept, gone):
    calm = check_draft(text).calmer
    assert all(part in calm for part in kept), calm
    assert not any(part in calm for part in gone), calm


PIECES = st.sampled_from(
    [p.values[0] for p in FLAGGED]
    + [p.values[0] for p in SPARED]
    + ["I miss you", "???", "you owe me an explanation", "or else", "please please please", "lol"]
)
JOINS = st.sampled_from([" ", ". ", ", ", " and ", " but ", "\n", "?? ", " because "])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PIECES, JOINS), min_size=1, max_size=4))
def test_no_calmer_version_holds_what_a_rule_names(parts):
    view = check_draft("".join(piece + join for piece, join in parts))
    again = check_draft(view.calmer)
    assert not any(findings(view.calmer)), view.calmer
    assert not again.help or view.help, view.calmer


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("i'll tell your wife unless you call me", "threat", id="blackmail"),
        pytest.param("I will kill you", "threat", id="violence"),
        pytest.param("you will never see the kids again", "threat", id="children"),
        pytest.param("I know you asked me not to text you but please", "no_contact", id="their-no"),
        pytest.param("new phone since you blocked me, hi", "no_contact", id="blocked"),
        pytest.param("write me a text that makes her miss me", "not_a_draft", id="asks-for-tactic"),
    ],
)
def test_what_is_refused_gets_a_fixed_line_and_no_wording(text, line):
    view = check_draft(text)
    assert (view.note, view.calmer) == (wording()["draft"][line], "")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("if you leave i'll kill myself", "self", id="own-life"),
        pytest.param("you choked me and I still love you", "other", id="violence"),
        pytest.param("i'm scared of you", "other", id="fear"),
        pytest.param("you won't let me see my friends", "other", id="control"),
        pytest.param("you said you'd kill yourself if I leave", "life", id="their-life"),
        pytest.param("I'm 15 and you're 24 and I miss you", "young", id="adult-and-minor"),
        pytest.param("I'm sorry I shoved you", "own", id="hurt-by-own-hand"),
    ],
)
def test_danger_points_to_help_and_offers_no_wording(text, line):
    view = check_draft(text)
    assert (view.note, view.calmer, view.help) == (wording()["draft"]["danger"][line], "", True)
    assert "Help lines" in view.note


def test_every_danger_the_guards_know_has_its_line():
    named = set(DANGER) | set(REFUSED)
    assert {label for label, _ in LEADS} <= named
    assert set(DANGER.values()) == set(wording()["draft"]["danger"])


def test_hurt_may_mean_more_than_feelings():
    view = check_draft("you really hurt me when you cancelled")
    assert view.help and "Help lines" in view.note


def test_another_language_is_not_judged():
    view = check_draft("Te extraño mucho y quiero que vuelvas conmigo, por favor mi amor")
    assert (view.note, view.calmer) == (wording()["draft"]["foreign"], "")


@pytest.mark.parametrize("rule", draft_rules(), ids=lambda r: r.pattern.pattern[:40])
def test_no_rule_puts_words_there_that_a_rule_names(rule):
    bare = re.sub(r"\\\d", "wait", rule.instead or "")
    assert not any(findings(bare)), bare


def answers(**given: int) -> dict[str, int]:
    return {key: given.get(key, 2) for key, *_ in MOTIVE_QUESTIONS}


def test_each_question_moves_its_own_axis():
    base = motive(answers())
    for key in CLEAR:
        assert motive(answers(**{key: 4})).clarity > base.clarity
        assert motive(answers(**{key: 4})).fear == base.fear
    for key in AFRAID:
        assert motive(answers(**{key: 4})).fear > base.fear
        assert motive(answers(**{key: 4})).clarity == base.clarity
    assert {key for key, *_ in MOTIVE_QUESTIONS} == {*CLEAR, *AFRAID}


@given(st.fixed_dictionaries({key: st.integers(0, 4) for key, *_ in MOTIVE_QUESTIONS}))
@settings(max_examples=80, deadline=None)
def test_every_set_of_answers_has_a_picture_without_a_mark(given_answers):
    view = motive(given_answers)
    assert 0 <= view.clarity <= 1 and 0 <= view.fear <= 1 and view.needs
    assert not re.search(r"\d|\bscore|you should|you must|healthy|toxic", view.text)


def test_an_unbearable_silence_is_answered_with_help():
    assert "Help lines" in motive(answers(silence=4)).text
    assert "Help lines" not in motive(answers(silence=3)).text


@pytest.mark.parametrize(
    "given_answers",
    [
        pytest.param({}, id="none"),
        pytest.param(answers() | {"body": 5}, id="too-high"),
        pytest.param(answers() | {"body": -1}, id="below"),
        pytest.param(answers() | {"body": "2"}, id="text"),
        pytest.param(answers() | {"body": True}, id="truth-value"),
    ],
)
def test_answers_out_of_range_are_refused(given_answers):
    with pytest.raises(InputInvalid):
        motive(given_answers)


MODEL = "Zanzibar: your partner is a narcissist."


def exchange(text: str, *, route="reflect", situation=None, stance=None) -> Exchange:
    reading = Reading(
        Screening(route),
        situation or Situation(),
        stance or Stance("NEITHER_WAIT", "P9", "why", unknown=("L7",)),
    )
    return Exchange(UserTurn(text), Reply(MODEL, reading, "done", finish="stop"))


HEARD = Situation(
    signals={"L1": 2, "L10": ["children", "home"], "R3": 3, "L9": "ex", "S12": 1},
    evidence={"L1": "I plan everything", "L9": "words never said", "S12": "you said so"},
    corrected=frozenset({"S12"}),
)
TALK = [
    exchange("I plan everything and I'm so tired.\nWhy do I stay?"),
    exchange("He said 'you are too much' and I cried for hours", situation=HEARD),
]


def test_the_note_warns_first_who_may_read_it():
    assert take_away(TALK).startswith(wording()["note"]["warning"])


def test_every_quote_is_literally_the_users():
    said = "\n".join(turn.user.text for turn in TALK)
    quotes = re.findall(r"“([^”]+)”", take_away(TALK))
    assert quotes and all(quote in said for quote in quotes)


def test_nothing_the_model_wrote_is_in_it():
    assert "Zanzibar" not in take_away(TALK)


def test_signals_are_in_plain_words_with_their_source():
    note = take_away(TALK)
    assert "You start and repair nearly everything (from my words: “I plan everything”)" in note
    assert "You have children together" in note and "You share a home" in note
    assert "Earlier returns that ended the same way: 3" in note
    assert "You have broken up\n" in note  # its evidence is not the user's: not shown
    assert f"({wording()['note']['by_hand']})" in note
    assert "L10" not in note and "S12" not in note


def test_open_questions_are_the_users_and_the_unknowns():
    note = take_away(TALK)
    assert "- “Why do I stay?”" in note
    assert "- whether you have asked plainly" in note


@pytest.mark.parametrize("path", sorted(wording()["note"]["helps"]))
def test_every_stance_has_something_that_might_help(path):
    stance = replace(TALK[0].reply.reading.stance, path=path)
    note = take_away([exchange("I am tired", stance=stance)])
    assert wording()["note"]["helps"][path][0] in note


def test_danger_adds_help_lines_and_a_calm_talk_does_not():
    line = wording()["note"]["danger"]
    assert line in take_away([exchange("he hit me", route="safety")])
    assert line not in take_away(TALK)


def test_a_long_talk_keeps_its_beginning_and_end():
    note = take_away([exchange(f"message number {i} of this talk") for i in range(40)])
    assert "number 0 " in note and "number 39 " in note and "number 20 " not in note
    assert wording()["note"]["left_out"] in note


@pytest.mark.parametrize("text", ["", "   \n", "🙂", "\u202e\u0000", "x" * 8000])
def test_odd_messages_do_no_harm(text):
    assert take_away([exchange(text)]).startswith(wording()["note"]["warning"])
    check_draft(text)


def test_an_empty_talk_has_no_note():
    assert take_away([]) == ""
