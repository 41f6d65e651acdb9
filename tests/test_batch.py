"""The batch formats: one answer for one line, in order, whatever the line is."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import batch, lines
from assistant.chat import Assistant
from assistant.errors import InputInvalid, ModelMissing
from assistant.settings import MAX_CHARS, Settings
from assistant.wording import PlainWriter

SCREEN = {
    "route", "category", "pattern", "score", "signals", "evidence", "unknown", "stance",
    "leaning", "rule", "rules", "modifiers", "confidence", "would_change", "question", "ms",
}  # fmt: skip
ASK = SCREEN | {"reply", "cards", "citations", "finish", "mode", "usage", "guard"}
STAGES = {"screen", "retrieve", "first_token", "first_shown", "total"}


def counting():
    """An answer that needs no model: how many messages a line has."""
    return lambda given: {"count": len(lines.messages(given).turns)}


def written(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def files(tmp_path):
    def put(*rows: object) -> tuple[Path, Path]:
        text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
        (tmp_path / "in.jsonl").write_text(text + "\n", encoding="utf-8")
        return tmp_path / "in.jsonl", tmp_path / "out.jsonl"

    return put


def through(answer, *rows: object, tmp_path: Path) -> list[dict]:
    source, target = tmp_path / "rows.jsonl", tmp_path / "answers.jsonl"
    source.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    batch.run(str(source), str(target), lambda: answer)
    return written(target)


BAD = [
    pytest.param("{not json", {"line": 1}, "not JSON", id="not JSON"),
    pytest.param("[1, 2]", {"line": 1}, "object", id="a list"),
    pytest.param("[" * 100_000, {"line": 1}, "nested", id="nested without end"),
    pytest.param('{"text": "hi"}', {"line": 1}, "id", id="no id"),
    pytest.param('{"id": 7, "text": "hi"}', {"line": 1}, "id", id="an id that is a number"),
    pytest.param('{"id": "a"}', {"id": "a"}, "text", id="no text"),
    pytest.param('{"id": "a", "text": 5}', {"id": "a"}, "text", id="text of the wrong type"),
    pytest.param('{"id": "a", "text": " \\n"}', {"id": "a"}, "empty", id="only blanks"),
    pytest.param('{"id": "a", "text": "\\ud800"}', {"id": "a"}, "surrogate", id="half a character"),
    pytest.param(
        json.dumps({"id": "a", "text": "x" * (MAX_CHARS + 1)}),
        {"id": "a"},
        str(MAX_CHARS),
        id="over the length limit",
    ),
    pytest.param('{"id": "a", "turns": []}', {"id": "a"}, "turns", id="no turns"),
    pytest.param('{"id": "a", "turns": "hi"}', {"id": "a"}, "turns", id="turns that are a string"),
    pytest.param('{"id": "a", "turns": [{}]}', {"id": "a"}, "turn 1", id="a turn without text"),
    pytest.param('{"id": "a", "turns": ["hi"], "text": "b"}', {"id": "a"}, "both", id="both"),
    pytest.param(
        '{"id": "a", "turns": ["hi", {"text": "b", "set": {"S99": 1}}]}',
        {"id": "a"},
        "turn 2.*S99",
        id="an unknown signal set",
    ),
    pytest.param(
        '{"id": "a", "turns": [{"text": "b", "set": {"S1": "often"}}]}',
        {"id": "a"},
        "S1",
        id="a signal set to what it cannot be",
    ),
    pytest.param('{"id": "a", "text": "b", "country": "GBR"}', {"id": "a"}, "GB$", id="no country"),
    pytest.param('{"id": "a", "text": "b", "now": "noon"}', {"id": "a"}, "now", id="no ISO time"),
]


@pytest.mark.parametrize(("row", "key", "words"), BAD)
def test_a_bad_line_is_answered_in_its_place_and_the_rest_goes_on(files, row, key, words):
    source, target = files(row, {"id": "good", "text": "hello"})
    tally = batch.run(str(source), str(target), counting)
    bad, good = written(target)
    assert {name: bad[name] for name in bad if name != "error"} == key
    assert re.search(words, bad["error"])
    assert good == {"id": "good", "count": 1}
    assert (tally.answered, tally.bad) == (1, 1)


def test_bytes_that_are_no_utf8_are_a_bad_line(tmp_path):
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(b'{"id": "a", "text": "\xff"}\n{"id": "b", "text": "fine"}\n')
    batch.run(str(source), str(target), counting)
    bad, good = written(target)
    assert "UTF-8" in bad["error"]
    assert good == {"id": "b", "count": 1}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(
        st.one_of(
            st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=30),
            st.fixed_dictionaries({"id": st.text(max_size=3), "text": st.text(max_size=9)}).map(
                json.dumps
            ),
        ),
        max_size=6,
    )
)
def test_every_line_that_is_not_blank_has_one_answer_in_order(tmp_path, rows):
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes("\n".join(rows).encode())
    batch.run(str(source), str(target), counting)
    wanted = [i for i, row in enumerate(rows, 1) if row.encode().strip()]
    found = written(target)
    assert len(found) == len(wanted)
    for number, answer in zip(wanted, found, strict=True):
        assert answer.get("line", number) == number
        if "id" in answer:
            assert answer["id"] == json.loads(rows[number - 1])["id"]


def test_a_batch_that_was_cut_short_goes_on_and_drops_the_half_line(files):
    source, target = files(*({"id": name, "text": "hi"} for name in "abcd"))
    target.write_text('{"id": "a", "count": 1}\n{"id": "b", "error": "x"}\n{"id": "c", "co')
    asked = []

    def answer(given):
        asked.append(given["id"])
        return {"count": 1}

    tally = batch.run(str(source), str(target), lambda: answer, resume=True)
    assert asked == ["c", "d"]
    assert [row["id"] for row in written(target)] == list("abcd")
    assert (tally.answered, tally.skipped) == (2, 2)


def test_a_finished_batch_loads_nothing(files):
    source, target = files({"id": "a", "text": "hi"}, "{broken")
    batch.run(str(source), str(target), counting, resume=True)

    def load():
        raise AssertionError("the model was loaded for nothing")

    tally = batch.run(str(source), str(target), load, resume=True)
    assert (tally.answered, tally.skipped) == (0, 2)


def test_lines_that_share_an_id_are_each_answered_once(files):
    source, target = files(*({"id": "same", "text": "hi"} for _ in range(3)))
    target.write_text('{"id": "same", "count": 1}\n')
    batch.run(str(source), str(target), counting, resume=True)
    assert len(written(target)) == 3


def test_a_dash_is_the_standard_streams(monkeypatch):
    sent = io.BytesIO('{"id": "é", "text": "hi"}\n'.encode())
    taken = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(sent, encoding="ascii"))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(taken, encoding="ascii"))
    batch.run("-", "-", counting)
    assert json.loads(taken.getvalue()) == {"id": "é", "count": 1}


def test_the_input_is_never_written_over(files):
    source, _ = files({"id": "a", "text": "hi"})
    before = source.read_bytes()
    with pytest.raises(InputInvalid, match="also the input"):
        batch.run(str(source), str(source.parent / "." / source.name), counting)
    assert source.read_bytes() == before


def test_answers_can_only_be_read_by_their_owner(files):
    source, target = files({"id": "a", "text": "hi"})
    batch.run(str(source), str(target), counting)
    assert target.stat().st_mode & 0o077 == 0


def test_a_model_that_cannot_be_loaded_ends_the_run_instead_of_failing_every_line(files):
    source, target = files({"id": "a", "text": "hi"}, {"id": "b", "text": "hi"})

    def load():
        raise ModelMissing("not here")

    with pytest.raises(ModelMissing):
        batch.run(str(source), str(target), load)
    assert written(target) == []


def test_screen_gives_the_fields_of_the_contract(listener, tmp_path):
    text = "I text first every day and I am so tired of it"
    (row,) = through(batch.screening(listener), {"id": "a", "text": text}, tmp_path=tmp_path)
    assert row.keys() == {"id", "turns"}
    (turn,) = row["turns"]
    assert turn.keys() == SCREEN
    assert turn["route"] == "reflect"
    assert set(turn["evidence"]) == set(turn["signals"])
    assert not set(turn["unknown"]) & set(turn["signals"])


def test_screen_reads_a_plain_no_as_the_answer_to_the_question_put_before_it(listener, tmp_path):
    start = "She goes quiet whenever I ask for more time together"
    asked = "Have they ever hurt or threatened you, or made you afraid of them?"
    rows = through(
        batch.screening(listener),
        {"id": "asked", "turns": [start, {"text": "No", "asked": asked}]},
        {"id": "set", "turns": [start, {"text": "ok", "set": {"L9": "married", "L10": ["home"]}}]},
        tmp_path=tmp_path,
    )
    answered, corrected = (row["turns"][1] for row in rows)
    assert answered["signals"]["S12"] == 0
    assert "S12" not in answered["unknown"]
    assert corrected["signals"]["L9"] == "married"
    assert "K" in corrected["modifiers"]


def test_screen_reads_the_hour_from_now(listener, tmp_path):
    back = {"text": "he texted hey stranger", "set": {"R1": "light", "M6": 0, "S12": 0, "S1": 0}}
    night, day = through(
        batch.screening(listener),
        {"id": "night", "turns": [back], "now": "2026-03-01T02:10"},
        {"id": "day", "turns": [back], "now": "2026-03-01T14:10"},
        tmp_path=tmp_path,
    )
    assert "B1" in night["turns"][0]["rules"]
    assert "B1" not in day["turns"][0]["rules"]


def test_retrieve_gives_the_best_cards_first_and_at_most_k(listener, tmp_path):
    row = {"id": "a", "text": "I do all the work: I call, I plan, I fix it after every fight"}
    (found,) = through(batch.retrieval(listener, 4), row, tmp_path=tmp_path)
    assert found.keys() == {"id", "cards", "ms"}
    scores = [card["score"] for card in found["cards"]]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)
    assert {card["id"] for card in found["cards"]} <= set(listener.retriever.library.cards)


def test_retrieve_gives_nothing_for_a_text_about_something_else(tmp_path):
    from assistant.build import build_listener

    listener = build_listener(Settings(home=tmp_path / "home"))
    row = {"id": "a", "text": "What is the boiling point of water at sea level in Fahrenheit?"}
    (found,) = through(batch.retrieval(listener), row, tmp_path=tmp_path)
    assert found["cards"] == []


def test_review_tells_a_promise_from_a_sound_reply(tmp_path):
    sound, promise = through(
        batch.reviewing(),
        {"id": "sound", "text": "That sounds tiring. What would rest look like this week?"},
        {"id": "promise", "text": "Go silent and he will miss you. Rest well.", "turns": ["hi"]},
        tmp_path=tmp_path,
    )
    assert sound == {"id": "sound", "ok": True, "findings": [], "text": sound["text"]}
    assert promise["ok"] is False
    assert promise["findings"][0].keys() == {"rule", "words"}
    assert "miss you" not in promise["text"]


def test_ask_gives_the_fields_of_the_contract(listener, tmp_path):
    assistant = Assistant(
        Settings(home=tmp_path, country="gb"), listener, listener.retriever.library, PlainWriter()
    )
    turns = ["I plan everything and I am worn out", "he grabbed my arm when I said so"]
    (row,) = through(batch.asking(assistant), {"id": "a", "turns": turns}, tmp_path=tmp_path)
    assert row.keys() == {"id", "turns", "model", "adapter", "seed"}
    first, second = row["turns"]
    assert first.keys() == second.keys() == ASK
    assert first["ms"].keys() == STAGES
    assert first["usage"].keys() == {"input", "cached", "output"}
    assert set(first["citations"]) <= set(first["cards"])
    assert (second["route"], second["finish"], second["cards"]) == ("safety", "vetted", [])
    assert "999" in second["reply"]
