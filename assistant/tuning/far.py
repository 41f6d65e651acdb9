"""Fit the head that says a message has nothing to do with the cards, on the trained encoder.

    python -m assistant.tuning.far

A logistic regression on vectors that are there already: messages about other subjects and small
talk against all others. It is added to ``heads.npz``, so it is run after ``tuning.encoder`` and
before ``tuning.thresholds``. The threshold (``build.FAR``) is the one from which no dev message
about a relationship is turned away; this prints what it silences.
"""

from __future__ import annotations

import json

import numpy as np
from sklearn.linear_model import LogisticRegression

from assistant.models.embedder import HERE, Embedder
from assistant.tuning import corpus

FAR_LABELS = frozenset({"offtopic", "smalltalk"})


def examples(split: str) -> list[tuple[str, bool]]:
    """Messages, and whether they are far from every card."""
    guards = [
        (row.text, bool(row.labels & FAR_LABELS))
        for row in corpus.guards(split)
        if row.labels is not None
    ]
    other = {(row.text, False) for row in corpus.situations(split) if not row.asked}
    return [*guards, *sorted(other), *corpus.queries_with_none(split)]


def main() -> None:
    encoder = Embedder()
    texts, far = zip(*examples("train"), strict=True)
    model = LogisticRegression(C=10.0, max_iter=2000, class_weight={True: 2.0, False: 1.0})
    model.fit(encoder.encode(list(texts)), far)
    path = HERE / "heads.npz"
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["far_weight"] = model.coef_.astype(np.float32)
    arrays["far_bias"] = model.intercept_.astype(np.float32)
    labels = json.loads(str(arrays.pop("labels"))) | {"far": ["far"]}
    np.savez_compressed(path, labels=json.dumps(labels), **arrays)
    _report(encoder, model)


def _report(encoder: Embedder, model: LogisticRegression) -> None:
    texts, far = zip(*examples("dev"), strict=True)
    share = model.predict_proba(encoder.encode(list(texts)))[:, 1]
    truth = np.array(far)
    for limit in (0.1, 0.2, 0.3, 0.4, 0.5, 0.7):
        silent, turned_away = (share[truth] >= limit).mean(), (share[~truth] >= limit).mean()
        print(f"from {limit}: silent on {silent:.3f} of {truth.sum()} far messages, "
              f"turns away {turned_away:.4f} of {(~truth).sum()} others")  # fmt: skip


if __name__ == "__main__":
    main()
