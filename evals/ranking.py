"""The two baselines every retrieval figure stands beside: BM25 alone and stock MiniLM alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.errors import StillpointError
from assistant.models.embedder import Embedder
from assistant.models.store import Store
from assistant.settings import Settings
from knowledge.cards import Library
from knowledge.index import BM25

STOCK = "all-minilm-l6-v2-int8"


@dataclass(slots=True)
class Baselines:
    """Ranks cards by one method each; stock MiniLM only where its file is on this machine."""

    slugs: list[str]
    owner: Any
    bm25: BM25
    stock: Embedder | None
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


def _stock(settings: Settings) -> Embedder | None:
    try:
        path = Store(settings.folder("models")).folder / f"{STOCK}.onnx"
        return Embedder(path) if path.exists() else None
    except StillpointError:
        return None
