"""Vectors of text over ONNX: one encoder serves the guards, the situation and retrieval.

``reader.onnx`` with ``reader.bin`` is MPNet (``all-mpnet-base-v2``) tuned on this project's own text
(``assistant/tuning/encoder.py``), quantised to int8 and committed, so that nothing has to be
fetched to screen a message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray
from tokenizers import Tokenizer

from assistant.errors import ModelMissing
from assistant.settings import available_cpus

HERE = Path(__file__).parent / "reader"
WIDTH = 768
BLOCK = 254  # tokens read in one pass, without the two that mark its ends
MOST_BLOCKS = 16  # of a longer text the first and the last half of these are read
BATCH = 32
START, END = "<s>", "</s>"

Vectors = NDArray[np.float32]
Span = tuple[int, int]


class Embedder(Embeddings):
    """Unit vectors of ``WIDTH`` numbers. ``path`` points to an ONNX encoder of tokens."""

    def __init__(self, path: Path = HERE / "reader.onnx") -> None:
        for part in (path, path.with_suffix(".bin")):
            if not part.exists():
                raise ModelMissing(f"{part} is missing: the checkout is incomplete, clone it again")
        self.path = path
        self._tokenizer = Tokenizer.from_file(str(path.with_name("tokenizer.json")))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._ends = [self._tokenizer.token_to_id(mark) or 0 for mark in (START, END)]
        self._session = session(path)

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever the weights do: names every vector cache."""
        digest = hashlib.sha256()
        for part in (self.path, self.path.with_suffix(".bin")):
            digest.update(part.read_bytes())
        return digest.hexdigest()[:16]

    def read(self, text: str, spans: Sequence[Span] = ()) -> Vectors:
        """The text and stretches of it (start and end in characters), all out of one pass: shape
        (1 + len(spans), WIDTH). A stretch that was not read has the vector of the whole."""
        coded = self._tokenizer.encode(text, add_special_tokens=False)
        blocks = _kept([slice(i, i + BLOCK) for i in range(0, max(len(coded.ids), 1), BLOCK)])
        runs = [self._run([coded.ids[block]])[0] for block in blocks]
        whole = np.concatenate(runs).mean(0)
        tokens = np.concatenate([run[1:-1] for run in runs])
        offsets = np.array([pair for block in blocks for pair in coded.offsets[block]]).reshape(
            -1, 2
        )
        means = [whole]
        for start, end in spans:
            within = (offsets[:, 0] >= start) & (offsets[:, 1] <= end)
            means.append(tokens[within].mean(0) if within.any() else whole)
        return _unit(np.array(means))

    def encode(self, texts: list[str]) -> Vectors:
        """Unit vectors of short texts, shape (len(texts), WIDTH), in batches of like length. Of a
        text longer than a block only its first is read."""
        out = np.zeros((len(texts), WIDTH), dtype=np.float32)
        ids = [e.ids[:BLOCK] for e in self._tokenizer.encode_batch(texts, add_special_tokens=False)]
        order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            hidden = self._run([ids[i] for i in rows])
            lengths = np.array([len(ids[i]) + 2 for i in rows])
            mask = np.arange(hidden.shape[1]) < lengths[:, None]
            out[rows] = _unit((hidden * mask[:, :, None]).sum(1) / lengths[:, None])
        return out

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [list(map(float, row)) for row in self.encode(texts)]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]

    def _run(self, ids: list[list[int]]) -> Vectors:
        """Vectors of the tokens and of the marks at both ends: (texts, tokens + 2, WIDTH)."""
        longest = max(map(len, ids)) + 2
        first, last = self._ends
        rows = np.ones((len(ids), longest), dtype=np.int64)
        mask = np.zeros_like(rows)
        for row, own in enumerate(ids):
            rows[row, : len(own) + 2] = [first, *own, last]
            mask[row, : len(own) + 2] = 1
        hidden: Vectors = self._session.run(None, {"input_ids": rows, "attention_mask": mask})[0]
        return hidden


def session(path: Path) -> onnxruntime.InferenceSession:
    """An ONNX model on this machine's processors."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = available_cpus()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _kept(blocks: list[slice]) -> list[slice]:
    half = MOST_BLOCKS // 2
    return blocks if len(blocks) <= MOST_BLOCKS else [*blocks[:half], *blocks[-half:]]


def _unit(vectors: Vectors) -> Vectors:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-9), dtype=np.float32)
