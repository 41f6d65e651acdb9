"""The two baselines every retrieval figure stands beside: BM25 alone and stock MiniLM alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from assistant.errors import StillpointError
from assistant.models.embedder import HERE, Vectors, session
from assistant.models.store import Store
from assistant.settings import Settings
from knowledge.cards import Library
from knowledge.index import BM25

STOCK = "all-minilm-l6-v2-int8"
# MPNet took over BERT's words, each four places later: its tokenizer serves the stock model too.
BEFORE_BERT = 4
UNKNOWN, START, END = 100, 101, 102


@dataclass(slots=True)
class Baselines:
    """Ranks cards by one method each; stock MiniLM only where its file is on this machine."""

    slugs: list[str]
    owner: Any
    bm25: BM25
    stock: StockEncoder | None
    vectors: Any

    @classmethod
    def over(cls, library: Library, settings: Settings) -> Baselines:
        cards = list(library.cards.values())
        passages = [(i, text) for i, card in enumerate(cards) for text in card.passages()]
        stock = _stock(settings)
        return cls(
            [card.id for card in cards],
            np.array([i for i, _ in passages]),
            BM25([" ".join(card.passages()) for card in cards]),
            stock,
            stock.encode([text for _, text in passages]) if stock else None,
        )

    def rank(self, text: str, k: int = 10) -> dict[str, list[str]]:
        found = {"bm25": self._top(self.bm25.scores(text), k)}
        if self.stock is not None:
            close = self.vectors @ self.stock.encode([text])[0]
            best = np.full(len(self.slugs), -1.0)
            np.maximum.at(best, self.owner, close)
            found["minilm"] = self._top(best, k)
        return found

    def _top(self, scores: Any, k: int) -> list[str]:
        return [self.slugs[i] for i in np.argsort(-scores, kind="stable")[:k]]


class StockEncoder:
    """The stock model as it is commonly used: the mean of its tokens, scaled to unit length."""

    def __init__(self, path: Path) -> None:
        self._session = session(path)
        self._tokenizer = Tokenizer.from_file(str(HERE / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(254)
        self._unknown = self._tokenizer.token_to_id("<unk>")

    def encode(self, texts: list[str]) -> Vectors:
        """Unit vectors, shape (len(texts), 384)."""
        means = np.array([self._hidden(text).mean(0) for text in texts])
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), dtype=np.float32)

    def _hidden(self, text: str) -> Vectors:
        words = self._tokenizer.encode(text, add_special_tokens=False).ids
        own = [UNKNOWN if i == self._unknown else i - BEFORE_BERT for i in words]
        ids = np.array([[START, *own, END]], dtype=np.int64)
        feed = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        hidden: Vectors = self._session.run(None, feed)[0][0]
        return hidden


def _stock(settings: Settings) -> StockEncoder | None:
    try:
        path = Store(settings.folder("models")).folder / f"{STOCK}.onnx"
        return StockEncoder(path) if path.exists() else None
    except StillpointError:
        return None
