"""Kept turns come back as they were; what is no export is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keeping import exchange

from assistant.errors import HistoryError, InputInvalid
from assistant.history import Kept
from assistant.record import exchange_from, plain, to_json


def test_a_turn_comes_back_as_it_was(kept):
    id = kept.start("A name")
    kept.append(id, exchange())
    assert list(kept.read(id)) == [exchange()]


@given(st.text(), st.text(), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_any_text_survives_its_record(said, answered, score):
    turn = exchange(said, answered)
    turn = replace(turn, reply=replace(turn.reply, reading=replace(turn.reply.reading, ms=score)))
    assert exchange_from(json.loads(to_json(turn))) == turn


@pytest.mark.parametrize(
    ("at", "value"),
    [
        pytest.param(("reply", "finish"), "unheard", id="unknown-finish"),
        pytest.param(("reply", "reading", "stance", "path"), "REVENGE", id="unknown-stance"),
        pytest.param(("reply", "reading", "screening", "route"), None, id="no-route"),
        pytest.param(("reply", "reading", "situation", "signals"), {"L1": True}, id="wrong-value"),
        pytest.param(("user",), "text", id="not-a-turn"),
        pytest.param(("user", "text"), 7, id="number-for-text"),
        pytest.param(("reply", "cards"), "abc", id="text-for-list"),
    ],
)
def test_a_record_that_is_not_a_turn_is_refused(at, value):
    raw = plain(exchange())
    inner = raw
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    with pytest.raises(InputInvalid):
        exchange_from(raw)


def test_a_record_of_an_older_version_gets_defaults():
    raw = plain(exchange())
    del raw["reply"]["usage"], raw["reply"]["timings"]
    raw["reply"]["added_later"] = 1
    assert exchange_from(raw) == exchange()


def test_list_rename_search(kept):
    first, second = kept.start("The café"), kept.start()
    kept.append(first, exchange("He left in Écully"))
    kept.append(second, exchange("I am tired", "Rest is a START."))
    assert {c.id: c.turns for c in kept.list()} == {first: 1, second: 1}
    assert [c.id for c in kept.search("cafe ECULLY")] == [first]
    assert [c.id for c in kept.search("start tired")] == [second]
    assert not kept.search("tired ecully")  # each word is there, never in one conversation
    assert not kept.search("screening")  # a field of the record and no word of the talk
    kept.rename(second, "  new\nname  ")
    assert {c.title for c in kept.list()} == {"The café", "new name"}


def test_a_begun_turn_is_amended_in_its_place(kept):
    id = kept.start()
    begun = replace(exchange(), reply=replace(exchange().reply, text="", finish=None))
    number = kept.append(id, begun)
    kept.append(id, exchange("second"))
    kept.amend(id, number, exchange("first"))
    assert [turn.user.text for turn in kept.read(id)] == ["first", "second"]


def test_cut_goes_back_to_an_earlier_turn(kept):
    id = kept.start()
    for n in range(4):
        kept.append(id, exchange(str(n)))
    kept.cut(id, 2)
    assert kept.append(id, exchange("again")) == 2
    assert [turn.user.text for turn in kept.read(id)] == ["0", "1", "again"]


@pytest.mark.parametrize("call", ["append", "amend", "cut", "read", "rename", "export", "delete"])
def test_a_conversation_that_is_gone_is_named_so(kept, call):
    rest = {"append": [exchange()], "amend": [0, exchange()], "cut": [0], "rename": ["x"]}
    with pytest.raises(HistoryError, match="not kept here"):
        getattr(kept, call)("0" * 16, *rest.get(call, []))


def test_export_and_import_elsewhere(kept, tmp_path):
    id = kept.start("Ünïcode “title”")
    kept.append(id, exchange("\ud800 lone", "reply"))
    kept.start("other")
    with Kept.create(tmp_path / "second.db", "other words") as other:
        (new,) = other.import_(kept.export(id))
        assert list(other.read(new)) == list(kept.read(id))
        assert [c.title for c in other.list()] == ["Ünïcode “title”"]
        assert len(other.import_(kept.export())) == 2 and len(other.list()) == 3


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("[" * 100_000, id="deeply-nested"),
        pytest.param("[]", id="a-list"),
        pytest.param('{"format": "other"}', id="another-format"),
        pytest.param('{"format": "stillpoint-conversations", "version": 2}', id="newer"),
        pytest.param(
            '{"format": "stillpoint-conversations", "version": 1, "conversations": [{"title": "t",'
            ' "started": NaN, "turns": []}]}',
            id="no-time",
        ),
    ],
)
def test_what_is_no_export_is_refused(kept, text):
    with pytest.raises(InputInvalid):
        kept.import_(text)


def test_an_import_is_all_or_nothing(kept):
    kept.append(kept.start("good"), exchange())
    raw = json.loads(kept.export())
    raw["conversations"] += [{"title": "bad", "started": 1, "turns": [{}]}]
    with pytest.raises(InputInvalid):
        kept.import_(json.dumps(raw))
    assert [c.title for c in kept.list()] == ["good"]
