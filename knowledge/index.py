"""Finding cards: dense passages in Chroma, BM25 beside them, a trained head over known cards.

Each card is indexed as several passages (idea, note, every trigger) and its best passage
counts. The three are fused as factors of one probability. Nothing is written but a
cache of vectors named by the hash of cards and encoder; the collection lives in memory.
"""

from __future__ import annotations

import math
import re
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from numpy.typing import NDArray
from pydantic import ConfigDict, PrivateAttr

from knowledge.cards import Card, Library

Vectors = NDArray[np.float32]
# How far one unit of cosine and of BM25 moves a log-probability; chosen on dev, where hit@3 goes from
# .61 for the head alone to .74. Reciprocal ranks, which forget how sure each is, came to .54 there.
DENSE, LEXICAL = 16.0, 0.2
STANCE_BOOST = 1.2


class Encoder(Protocol):
    """What the index needs of an embedder."""

    fingerprint: str

    def encode(self, texts: list[str]) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class Scored:
    """A card and how well it fits: ``chance`` is the probability (0-1) that it is meant, ``score``
    the same with a boost where the card serves the stance."""

    slug: str
    score: float
    chance: float = 1.0


Head = Callable[[Vectors], dict[str, float]]
"""Probabilities over the cards known when it was trained, from a query vector."""


class CardRetriever(BaseRetriever):
    """Cards for a text, best first, as Documents whose id is the slug; empty if none is close.

    ``relevance`` says of a query and its vector whether it has to do with any card at all; without one,
    every text gets cards. ``head`` gives probabilities over the cards known at training time.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: Library
    encoder: Any
    head: Any = None
    relevance: Any = None
    cache: Path | None = None
    k: int = 3

    _owner: NDArray[np.int64] = PrivateAttr()
    _slugs: list[str] = PrivateAttr()
    _collection: Any = PrivateAttr()
    _bm25: BM25 = PrivateAttr()

    def model_post_init(self, _context: Any) -> None:
        cards = list(self.library.cards.values())
        self._slugs = [card.id for card in cards]
        passages = [(i, text) for i, card in enumerate(cards) for text in card.passages()]
        self._owner = np.array([i for i, _ in passages])
        texts = [text for _, text in passages]
        self._bm25 = BM25([" ".join(card.passages()) for card in cards])
        self._collection = _collection(self._vectors(texts))

    def rank(
        self, text: str, vector: Vectors | None = None, path: str | None = None
    ) -> list[Scored]:
        """Every card with its fused score, or nothing when the text is about something else."""
        query = self.encoder.encode([text])[0] if vector is None else vector
        if self.relevance is not None and not self.relevance(text, query):
            return []
        dense = self._dense(query)
        learned = self._learned(query)
        fused = fuse(dense, self._bm25.scores(text), learned)
        boost = np.array([STANCE_BOOST if self._serves(s, path) else 1.0 for s in self._slugs])
        chances = np.exp(fused)
        scores = chances * boost
        order = np.argsort(-scores, kind="stable")
        return [Scored(self._slugs[i], float(scores[i]), float(chances[i])) for i in order]

    def documents(self, ranked: Sequence[Scored], k: int) -> list[Document]:
        return [_document(self.library.cards[item.slug], item.score) for item in ranked[:k]]

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return self.documents(self.rank(query), self.k)

    def _serves(self, slug: str, path: str | None) -> bool:
        return path is not None and path in self.library.cards[slug].stances

    def _dense(self, query: Vectors) -> Vectors:
        """Cosine of each card's best passage."""
        found = self._collection.query(
            query_embeddings=[query.tolist()],
            n_results=min(400, len(self._owner)),
            include=["distances"],
        )
        best = np.zeros(len(self._slugs), dtype=np.float32)
        for passage, distance in zip(found["ids"][0], found["distances"][0], strict=True):
            card = self._owner[int(passage)]
            best[card] = max(best[card], 1 - distance)
        return best

    def _learned(self, query: Vectors) -> Vectors | None:
        if self.head is None:
            return None
        known = self.head(query)
        even = 1 / len(self._slugs)  # of a card newer than the head nothing is known
        return np.array([known.get(slug, even) for slug in self._slugs], dtype=np.float32)

    def _vectors(self, texts: list[str]) -> Vectors:
        if self.cache is None:
            return np.asarray(self.encoder.encode(texts))
        path = self.cache / f"{self.library.fingerprint}-{self.encoder.fingerprint}.npy"
        try:
            return np.asarray(np.load(path))
        except (OSError, ValueError):
            vectors: Vectors = self.encoder.encode(texts)
            _save(path, vectors)
            return vectors


class BM25:
    """Okapi BM25 (Robertson & Zaragoza 2009) with its usual constants."""

    K1, B = 1.2, 0.75

    def __init__(self, texts: Sequence[str]) -> None:
        self._counts = [Counter(_tokens(text)) for text in texts]
        self._lengths = np.array([sum(c.values()) for c in self._counts], dtype=np.float32)
        frequency = Counter(word for c in self._counts for word in c)
        n = len(texts)
        self._idf = {w: math.log(1 + (n - f + 0.5) / (f + 0.5)) for w, f in frequency.items()}

    def scores(self, query: str) -> Vectors:
        out = np.zeros(len(self._counts), dtype=np.float32)
        norm = self.K1 * (1 - self.B + self.B * self._lengths / max(self._lengths.mean(), 1))
        for word in set(_tokens(query)) & self._idf.keys():
            count = np.array([c[word] for c in self._counts], dtype=np.float32)
            out += self._idf[word] * count * (self.K1 + 1) / (count + norm)
        return out


def fuse(dense: Vectors, lexical: Vectors, learned: Vectors | None) -> Vectors:
    """Log-probability of each card: what the head says, shifted by cosine and by shared words."""
    shifted = DENSE * dense + LEXICAL * lexical
    if learned is not None:
        shifted = shifted + np.log(learned)
    return np.asarray(shifted - np.logaddexp.reduce(shifted), dtype=np.float32)


_STOP = frozenset([
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "do", "for", "from", "had", "has",
    "have", "he", "her", "him", "his", "how", "i", "if", "in", "is", "it", "its", "just", "me",
    "my", "of", "on", "or", "she", "so", "that", "the", "their", "them", "they", "this", "to",
    "was", "we", "were", "what", "when", "with", "you", "your",
])  # fmt: skip


def _tokens(text: str) -> list[str]:
    words = re.findall(r"[a-z']+", text.lower().replace("’", "'"))
    return [_stem(word) for word in words if word not in _STOP]


def _stem(word: str) -> str:
    word = word.replace("'", "")
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)]
    return word


def _collection(vectors: Vectors) -> Any:
    import chromadb
    from chromadb.config import Settings

    client = chromadb.EphemeralClient(Settings(_env_file=None, anonymized_telemetry=False))
    collection = client.create_collection(
        f"cards-{uuid.uuid4().hex}",
        embedding_function=None,
        configuration={"hnsw": {"space": "cosine", "ef_search": 400}},
    )
    collection.add(ids=[str(i) for i in range(len(vectors))], embeddings=vectors.tolist())
    return collection


def _save(path: Path, vectors: Vectors) -> None:
    """Aside first, then renamed: a killed process leaves no half cache. Failing is harmless."""
    try:
        temporary = path.with_suffix(f".{uuid.uuid4().hex}.npy")
        np.save(temporary, vectors)
        temporary.replace(path)
    except OSError:
        return


def _document(card: Card, score: float) -> Document:
    metadata = {"title": card.title, "grade": card.grade, "score": score}
    return Document(id=card.id, page_content=card.note, metadata=metadata)
