"""Fit the reader's linear heads to the end, on the trained encoder as it will run.

    python -m assistant.tuning.heads

Training moves encoder and heads together and leaves the heads noisy and unaware of int8; each is a
convex problem once the encoder stands still, so it is solved here, within minutes and the same
way every time (on dev, nDCG@10 of the cards .45 before, .60 after). ``far``, which says that a message
has nothing to do with the cards, is fitted here alone. What a head looks for may stand anywhere in a
message: its windows count as harmless where the message is, and are not used where it is not.
Writes ``heads.npz``; run it after ``tuning.encoder`` and before ``tuning.thresholds``.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from assistant.labels import GUARD_LABELS, SITUATION_LABELS
from assistant.models.embedder import HERE, Embedder
from assistant.plain import windows
from assistant.tuning import corpus
from assistant.tuning.encoder import UNKNOWN, examples, targets
from knowledge.cards import load

FAR_LABELS = frozenset({"offtopic", "smalltalk"})
# Strength of the penalty on large weights; chosen on dev.
PENALTY = {"cards": 3e-4, "guards": 1e-6, "situation": 3e-6, "far": 1e-5}
SHARPER = (
    9.0  # the penalty flattens the cards' probabilities; on dev they are likeliest at 8 to 10 times
)
POSITIVES = 2.0  # what is missed weighs so many times as much as a false alarm
# Bland facts ("he has the kids on Sunday") are said all day and hardly ever written down as examples:
# each counts so many times. Of 32 others five were .8 danger or more without them, none was with them.
FACTS = 4


@dataclass(frozen=True, slots=True)
class Seen:
    """Vectors of a text (first row) and of its windows."""

    row: corpus.Example
    vectors: np.ndarray


def seen(encoder: Embedder, rows: Sequence[corpus.Example]) -> list[Seen]:
    """Every row as the reader would see it, and a line now and then on how far it is."""
    out = []
    for number, row in enumerate(rows):
        text = corpus.with_question(row.text, row.asked)
        out.append(Seen(row, encoder.read(text, [] if row.asked else windows(text))))
        if number % 2000 == 0:
            print(f"{number} of {len(rows)} read", flush=True)
    return out


def problem(name: str, rows: Sequence[Seen], slugs: dict[str, int]) -> tuple[Any, Any]:
    """Vectors and what a head should say of them, ``UNKNOWN`` where nobody said."""
    vectors, wanted = [], []
    for item in rows:
        target = targets(item.row, slugs)[name]
        if target is None:
            continue
        vectors.append(item.vectors[:1])
        wanted.append(target[None])
        rest = item.vectors[1:]
        if len(rest) and name == "guards":
            vectors.append(rest)
            wanted.append(np.repeat(np.where(target > 0, UNKNOWN, target)[None], len(rest), 0))
    return torch.tensor(np.concatenate(vectors)), torch.tensor(np.concatenate(wanted))


def far_problem(rows: Sequence[Seen], none: dict[str, bool]) -> tuple[Any, Any]:
    """Messages about other subjects and small talk, against all others."""
    vectors, wanted = [], []
    for item in rows:
        labels, text = item.row.labels, item.row.text
        if labels is None and item.row.signals is None and text not in none:
            continue
        if item.row.asked:
            continue
        vectors.append(item.vectors[0])
        wanted.append([bool((labels or frozenset()) & FAR_LABELS) or none.get(text, False)])
    return torch.tensor(np.array(vectors)), torch.tensor(np.array(wanted), dtype=torch.float32)


def fit(vectors: Any, wanted: Any, penalty: float, *, one_of_many: bool) -> dict[str, np.ndarray]:
    """Weight and bias of the best linear head, by L-BFGS."""
    weight = torch.zeros(wanted.shape[1], vectors.shape[1], requires_grad=True)
    bias = torch.zeros(wanted.shape[1], requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")
    loss_of = _choice if one_of_many else _apart

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(vectors @ weight.T + bias, wanted) + penalty * (weight**2).sum()
        loss.backward()
        return loss

    optimizer.step(step)
    return {"weight": weight.detach().numpy(), "bias": bias.detach().numpy()}


def _choice(logits: Any, wanted: Any) -> Any:
    smooth = 0.9 * wanted + 0.1 / wanted.shape[1]
    return -(smooth * logits.log_softmax(-1)).sum(-1).mean()


def _apart(logits: Any, wanted: Any) -> Any:
    each = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, wanted.clamp(min=0), pos_weight=torch.tensor(POSITIVES), reduction="none"
    )
    return (each * (wanted != UNKNOWN)).sum(-1).mean()


def main() -> None:
    encoder = Embedder()
    slugs = {slug: i for i, slug in enumerate(sorted(load().cards))}
    none = dict(corpus.queries_with_none("train"))
    rows = examples(random.Random(7))
    rows += [corpus.Example(text) for text, far in none.items() if far]
    rows += corpus.guards("train_facts") * (FACTS - 1)
    found = seen(encoder, rows)
    problems = {n: problem(n, found, slugs) for n in ("cards", "guards", "situation")}
    problems["far"] = far_problem(found, none)
    arrays: dict[str, Any] = {}
    for name, (vectors, wanted) in problems.items():
        head = fit(vectors, wanted, PENALTY[name], one_of_many=name == "cards")
        arrays |= {f"{name}_{part}": value for part, value in head.items()}
        print(f"{name}: {len(vectors)} vectors", flush=True)
    arrays |= {n: SHARPER * v for n, v in arrays.items() if n.startswith("cards_")}
    labels = {"cards": list(slugs), "guards": GUARD_LABELS, "situation": SITUATION_LABELS}
    np.savez_compressed(HERE / "heads.npz", labels=json.dumps(labels | {"far": ["far"]}), **arrays)


if __name__ == "__main__":
    main()
