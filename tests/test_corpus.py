"""What the training text says of itself, without training anything."""

import pytest

from assistant.labels import GUARD_LABELS
from assistant.tuning import corpus


@pytest.mark.parametrize(
    ("row", "harmless"),
    [
        pytest.param('{"text": "he left me on read", "cards": ["over-functioning"]}', True, id="everyday"),
        pytest.param('{"text": "he hit my mate", "cards": ["over-functioning"]}', False, id="grave word"),
        pytest.param('{"text": "at my gate again", "cards": ["being-stalked"]}', False, id="safety card"),
    ],
)  # fmt: skip
def test_only_a_question_without_a_trace_of_danger_teaches_that_there_is_none(
    row, harmless, tmp_path, monkeypatch
):
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "train.jsonl").write_text(row, encoding="utf-8")
    monkeypatch.setattr(corpus, "DATA", tmp_path)
    assert [example.harmless for example in corpus.queries("train")] == [harmless]


@pytest.mark.parametrize("split", ["train", "dev"])
def test_every_label_of_the_guards_is_known(split):
    for example in corpus.guards(split):
        assert (example.labels or frozenset()) <= set(GUARD_LABELS)
