"""One pass over a message: its windows, long texts, and vectors that do not depend on company."""

import shutil
from itertools import pairwise

import numpy as np
import pytest

from assistant.errors import ModelMissing
from assistant.models import embedder as reading
from assistant.models.embedder import Embedder
from assistant.plain import MOST_WINDOWS, sentences, windows


@pytest.fixture(scope="module")
def encoder(listener):
    return listener.reader.embedder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Only one here.", [], id="one sentence"),
        pytest.param("He left. I stayed.", [], id="two are the whole"),
        pytest.param("He left. I stayed. It rains.", ["He left. I stayed.", "I stayed. It rains."], id="pairs"),
        pytest.param("  He left!  \n\n I stayed.\nIt rains ", ["He left!  \n\n I stayed.", "I stayed.\nIt rains"], id="blanks"),
        pytest.param("", [], id="nothing"),
    ],
)  # fmt: skip
def test_each_pair_of_sentences_is_a_window(text, expected):
    assert [text[start:end] for start, end in windows(text)] == expected


def test_of_very_many_sentences_no_word_is_left_out_and_the_windows_are_few():
    text = " ".join(f"This is sentence {i}." for i in range(500))
    spans = windows(text)
    assert len(spans) == MOST_WINDOWS
    assert (spans[0][0], spans[-1][1]) == (0, len(text))
    assert all(later[0] <= earlier[1] for earlier, later in pairwise(spans))


def test_sentences_are_the_text_without_the_blanks_between():
    assert sentences("One.  Two? \n Three but four") == ["One.", "Two?", "Three", "but four"]


def test_a_text_has_the_same_vector_alone_and_among_others(encoder):
    texts = ["he went quiet", "I keep checking whether she is online, every ten minutes, all night"]
    together = encoder.encode(texts)
    alone = np.concatenate([encoder.read(text) for text in texts])
    assert (together * alone).sum(1) == pytest.approx([1, 1], abs=0.02)  # int8 rounds by batch


def test_windows_are_stretches_of_one_pass(encoder):
    text = "I bought bread. He threw the lamp at me. The weather was nice."
    vectors = encoder.read(text, windows(text))
    assert vectors.shape == (3, reading.WIDTH)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert not np.allclose(vectors[1], vectors[2])


def test_of_a_text_of_100_000_characters_the_beginning_and_the_end_are_read(encoder, monkeypatch):
    seen = []
    run = encoder._run
    monkeypatch.setattr(encoder, "_run", lambda ids: seen.extend(ids) or run(ids))
    text = "alpha " + "word " * 20_000 + "omega"
    vectors = encoder.read(text, [(0, 5), (50_000, 50_020), (len(text) - 5, len(text))])
    assert len(seen) == reading.MOST_BLOCKS
    assert max(map(len, seen)) == reading.BLOCK
    assert np.allclose(vectors[2], vectors[0])  # the middle was not read
    assert not np.allclose(vectors[1], vectors[3])


@pytest.mark.parametrize("text", ["", " ", "\n", "😀"])
def test_next_to_nothing_is_read_without_a_fault(encoder, text):
    assert np.isfinite(encoder.read(text, [(0, len(text))])).all()


@pytest.mark.parametrize("lacking", ["reader.onnx", "reader.bin"])
def test_a_part_that_is_missing_is_named(tmp_path, lacking):
    for part in {"reader.onnx", "reader.bin"} - {lacking}:
        shutil.copy(reading.HERE / part, tmp_path)
    with pytest.raises(ModelMissing, match=rf"{lacking} is missing"):
        Embedder(tmp_path / "reader.onnx")
