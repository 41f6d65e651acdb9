"""Whole replies by the model: what a sentence must pass, and what stands in for one that fails."""

from __future__ import annotations

import itertools
import re

import pytest

from assistant.chat import Assistant
from assistant.free import FreeWriter
from assistant.models.scripted import ScriptedChat
from assistant.settings import Settings
from assistant.turn import Exchange, UserTurn
from assistant.wording import PlainWriter
from knowledge.cards import load

TIRED = "ive been texting first for 3 months and planning every date, im so tired"


def _talk(listener, tmp_path, script, text=TIRED, history=()):
    return _snapshots(listener, tmp_path, ScriptedChat(script=[script]), text, history)


def _snapshots(listener, tmp_path, model, text, history=()):
    free = FreeWriter(model)
    assistant = Assistant(Settings(home=tmp_path), listener, load(), PlainWriter(), free)
    return list(assistant.turn(list(history), UserTurn(text), country="gb"))


GOOD = (
    "You have been texting first for months and you are tired. Carrying every plan alone wears "
    "a person out. Tonight, write down what you did for this and what came back."
)


def test_sound_sentences_are_shown_as_they_come_and_the_question_is_ours(listener, tmp_path):
    shots = _talk(listener, tmp_path, GOOD + " Do you want to leave?")
    shown = [shot.text for shot in shots]
    assert all(later.startswith(earlier.strip()) for earlier, later in itertools.pairwise(shown))
    last = shots[-1]
    assert last.mode == "free" and last.finish == "stop"
    assert "tired." in last.text and "want to leave" not in last.text
    assert last.text.count("?") == 1 and last.text.endswith(last.question)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("Go silent for two weeks and he will miss you.", id="silence as leverage"),
        pytest.param("He is a narcissist.", id="label on someone absent"),
        pytest.param("I am tired of it too.", id="speaks as if it were a person"),
        pytest.param("Where this leans: rest.", id="its notes read out"),
        pytest.param("Call Marcus at 12 tonight.", id="a name and a number nobody gave"),
    ],
)
def test_a_broken_sentence_is_never_shown(listener, tmp_path, bad):
    shots = _talk(listener, tmp_path, f"{GOOD} {bad} That is enough for now.")
    assert not any(bad in shot.text for shot in shots)
    assert shots[-1].guard and "enough for now" in shots[-1].text


def test_with_too_little_left_the_vetted_parts_stand_in(listener, tmp_path):
    *_, reply = _talk(listener, tmp_path, "He is a narcissist. She will come back.")
    assert reply.finish == "fallback" and len(reply.text.split()) > 25
    assert re.search(r"\[[\w-]+\]", reply.text) and reply.text.endswith("?")


def test_a_marker_of_an_unknown_card_is_taken_out(listener, tmp_path):
    *_, reply = _talk(listener, tmp_path, GOOD.replace("out.", "out [made-up-card]."))
    assert "made-up-card" not in reply.text and reply.citations


def test_only_the_newest_message_differs_between_turns(listener, tmp_path):
    *_, reply = _talk(listener, tmp_path, GOOD)
    turn = Exchange(UserTurn(TIRED), reply)
    model = ScriptedChat(script=[GOOD])
    _snapshots(listener, tmp_path, model, "she laughed when i asked for one evening", [turn])
    sent = model.asked[0]
    assert [m.type for m in sent] == ["system", "human", "ai", "human"]
    assert sent[1].content == TIRED and "[" not in str(sent[2].content)


@pytest.mark.model
def test_when_older_turns_are_left_out_the_person_is_told(listener, tmp_path, small_model):
    from assistant.models.llamacpp import ChatLlamaCpp

    *_, reply = _talk(listener, tmp_path, GOOD)
    model = ChatLlamaCpp(path=str(small_model), context=1024, max_tokens=40)
    *_, last = _snapshots(listener, tmp_path, model, TIRED, [Exchange(UserTurn(TIRED), reply)] * 6)
    model.close()
    assert "no longer sees its first" in last.notice
