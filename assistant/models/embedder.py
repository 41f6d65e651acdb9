"""Sentence vectors over ONNX: one small encoder serves the guards, the situation and retrieval.

``reader.onnx`` is MiniLM-L6 tuned on this project's own text (``assistant/tuning/encoder.py``),
quantised to int8 and committed, so that nothing has to be fetched to screen a message.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray
from tokenizers import Tokenizer

from assistant.errors import ModelMissing
from assistant.settings import available_cpus

HERE = Path(__file__).parent / "reader"
MAX_TOKENS = 192
BATCH = 32

Vectors = NDArray[np.float32]


class Embedder(Embeddings):
    """Unit vectors of 384 numbers. ``path`` points to an ONNX sentence encoder."""

    def __init__(self, path: Path = HERE / "reader.onnx") -> None:
        if not path.exists():
            raise ModelMissing(f"{path} is missing: the checkout is incomplete, clone it again")
        self.path = path
        self._tokenizer = Tokenizer.from_file(str(HERE / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = available_cpus()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {item.name for item in self._session.get_inputs()}

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever the weights do: names every vector cache."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:16]

    def encode(self, texts: list[str]) -> Vectors:
        """Unit vectors, shape (len(texts), 384); texts of like length share a batch."""
        out = np.zeros((len(texts), 384), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            out[rows] = self._run([texts[i] for i in rows])
        return out

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [list(map(float, row)) for row in self.encode(texts)]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]

    def _run(self, texts: list[str]) -> Vectors:
        encoded = self._tokenizer.encode_batch(texts)
        mask = np.array([item.attention_mask for item in encoded], dtype=np.int64)
        feed: dict[str, Any] = {
            "input_ids": np.array([item.ids for item in encoded], dtype=np.int64),
            "attention_mask": mask,
        }
        if "token_type_ids" in self._inputs:
            feed["token_type_ids"] = np.zeros_like(mask)
        hidden = self._session.run(None, feed)[0]
        return _pool(hidden, mask) if hidden.ndim == 3 else hidden


def _pool(hidden: Vectors, mask: NDArray[np.int64]) -> Vectors:
    """Mean over the tokens of each text, scaled to unit length."""
    weights = mask[:, :, None].astype(np.float32)
    mean = (hidden * weights).sum(1) / np.maximum(weights.sum(1), 1)
    return np.asarray(mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9))
