"""Train the reader: one MiniLM for cards, guards and situation, then export it to int8 ONNX.

    python -m assistant.tuning.encoder --base MINILM --out FOLDER [--epochs 8] [--start FOLDER] [--soft FILE]

``--start`` goes on from the weights of an earlier run, with whatever data there is now; ``--soft``
holds what a larger encoder, trained here with ``--cards-only``, said of texts without cards (``teacher``).

Several tasks share one encoder, so that a message is read once. Each has its own linear head;
labels nobody gave are masked. Checkpoints are written after every epoch and resumed from.
Heads are saved beside the encoder as ``heads.npz`` with their label lists; thresholds are
chosen afterwards on the dev split by ``assistant.tuning.thresholds``.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import AutoModel, AutoTokenizer

from assistant.labels import (
    GUARD_LABELS,
    ROUTED,
    SITUATION_LABELS,
    situation_labels,
    with_gates,
)
from assistant.plain import pieces
from assistant.tuning import corpus, teacher
from knowledge.cards import load

MAX_TOKENS = 128
SCALE = 20.0  # unit vectors times this reach confident logits
UNKNOWN = -1.0  # a label nobody gave: masked
# What a harmless question is surely not. Of tactics and certainty nobody said anything.
_SURELY_NOT = ROUTED | {"any_safety", "offtopic", "smalltalk", "not_english"}


class Reader(nn.Module):
    """Encoder with mean pooling and one linear head a task."""

    def __init__(self, base: str, sizes: dict[str, int]) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(base)
        width = self.encoder.config.hidden_size
        self.heads = nn.ModuleDict({name: nn.Linear(width, n) for name, n in sizes.items()})
        for head in self.heads.values():
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask)[0]
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)
        return nn.functional.normalize(mean, dim=-1)

    def logits(self, name: str, vectors: Any) -> Any:
        return self.heads[name](vectors * SCALE)


def examples(slugs: list[str], rng: random.Random) -> list[corpus.Example]:
    """All training rows: messages, card passages as messages, and joined messages."""
    library = load()
    rows = corpus.guards("train") + corpus.situations("train") + corpus.queries("train")
    for card in library.cards.values():
        rows += [corpus.Example(text, cards=(card.id,)) for text in card.passages()]
        rows += [corpus.Example(text, cards=(card.id,)) for text in card.insights]
    return rows + _joined(rows, rng)


def _joined(rows: list[corpus.Example], rng: random.Random) -> list[corpus.Example]:
    """Danger and tactics often stand inside an ordinary question: put them there."""
    guarded = [row for row in rows if row.labels is not None and "offtopic" not in row.labels]
    hits = [row for row in guarded if row.labels]
    plain = [row for row in guarded if not row.labels]
    out = []
    for row in rng.sample(hits, len(hits) // 4) if plain else []:
        parts = [row.text, rng.choice(plain).text]
        rng.shuffle(parts)
        out.append(corpus.Example(". ".join(parts), labels=row.labels))
    for _ in range(len(hits) // 6 if len(plain) > 1 else 0):
        first, second = rng.sample(plain, 2)
        out.append(corpus.Example(f"{first.text}. {second.text}", labels=frozenset()))
    # At run time every pair of sentences is read by itself: a harmless message has no bad pair.
    long = [pieces(row.text)[1:] for row in plain]
    out += [corpus.Example(rng.choice(p), labels=frozenset()) for p in long if p]
    long = [pieces(row.text)[1:] for row in rows if row.harmless]
    out += [corpus.Example(rng.choice(p), harmless=True) for p in long if p]
    return out


def targets(
    row: corpus.Example, slugs: dict[str, int], taught: dict[str, np.ndarray]
) -> dict[str, np.ndarray | None]:
    """What each head should say of a row; a teacher's view stands in where nobody chose cards."""
    out: dict[str, np.ndarray | None] = {"cards": None, "guards": None, "situation": None}
    if row.cards:
        wanted = [slugs[c] for c in row.cards if c in slugs]
        weights = np.zeros(len(slugs), dtype=np.float32)
        for rank, index in enumerate(wanted):
            weights[index] = 1.0 if rank == 0 else 0.7
        out["cards"] = weights / max(weights.sum(), 1)
    elif row.text in taught:
        out["cards"] = taught[row.text]
    if row.labels is not None:
        held = with_gates(row.labels)
        out["guards"] = np.array([label in held for label in GUARD_LABELS], np.float32)
    elif row.surely:
        held = with_gates(row.surely)
        known = [1.0 if label in held else UNKNOWN for label in GUARD_LABELS]
        out["guards"] = np.array(known, np.float32)
    elif row.harmless:
        known = [0.0 if label in _SURELY_NOT else UNKNOWN for label in GUARD_LABELS]
        out["guards"] = np.array(known, np.float32)
    if row.signals is not None:
        said = situation_labels(row.signals)
        out["situation"] = np.array([label in said for label in SITUATION_LABELS], np.float32)
    return out


def loss_of(model: Reader, vectors: Any, wanted: list[dict[str, Any]]) -> Any:
    total = vectors.new_zeros(())
    for name, weight in (("cards", 1.0), ("guards", 1.0), ("situation", 0.7)):
        rows = [i for i, item in enumerate(wanted) if item[name] is not None]
        if not rows:
            continue
        target = torch.tensor(np.stack([wanted[i][name] for i in rows]))
        logits = model.logits(name, vectors[rows])
        if name == "cards":
            smooth = 0.9 * target + 0.1 / target.shape[1]
            loss = -(smooth * logits.log_softmax(-1)).sum(-1).mean()
        else:
            each = nn.functional.binary_cross_entropy_with_logits(
                logits, target.clamp(min=0), pos_weight=torch.tensor(2.0), reduction="none"
            )
            loss = (each * (target != UNKNOWN)).sum(-1).mean()
        total = total + weight * loss * len(rows) / len(wanted)
    return total


def batches(rows: list[Any], size: int, rng: random.Random) -> list[list[int]]:
    """Indices in batches of similar length, in random order."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i].text) + rng.random() * 40)
    groups = [order[i : i + size] for i in range(0, len(order), size)]
    rng.shuffle(groups)
    return groups


def train(
    base: str,
    out: Path,
    epochs: int,
    lr: float,
    start: Path | None = None,
    size: int = 48,
    cards_only: bool = False,
    soft: Path | None = None,
    freeze: int = 0,
) -> None:
    rng = random.Random(7)
    torch.manual_seed(7)
    slugs = {slug: i for i, slug in enumerate(sorted(load().cards))}
    rows = examples(list(slugs), rng)
    if cards_only:
        rows = [row for row in rows if row.cards]
    taught = teacher.labels(soft) if soft else {}
    wanted = [targets(row, slugs, taught) for row in rows]
    tokenizer = AutoTokenizer.from_pretrained(base)
    sizes = {"cards": len(slugs), "guards": len(GUARD_LABELS), "situation": len(SITUATION_LABELS)}
    model = Reader(base, sizes)
    if start:
        _load_fitting(model, torch.load(start / "checkpoint.pt", weights_only=False)["model"])
    _freeze(model.encoder, freeze)
    groups = [
        {"params": [p for p in model.encoder.parameters() if p.requires_grad], "lr": lr},
        {"params": model.heads.parameters(), "lr": 1e-2},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    steps = epochs * (len(rows) // size + 1)
    warm = max(steps // 20, 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min(s / warm, max(0.02, (steps - s) / (steps - warm)))
    )
    first = _resume(out, model, optimizer, schedule)
    started = time.time()
    print(f"{len(rows)} rows, {steps} steps")
    for epoch in range(first, epochs):
        model.train()
        losses = []
        for done, group in enumerate(batches(rows, size, rng)):
            texts = [
                corpus.with_question(corpus.roughen(rows[i].text, rng), rows[i].asked)
                for i in group
            ]
            coded = tokenizer(
                texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
            )
            with torch.autocast("cpu", dtype=torch.bfloat16):
                vectors = model(coded["input_ids"], coded["attention_mask"])
            loss = loss_of(model, vectors.float(), [wanted[i] for i in group])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
            if done % 40 == 0:
                print(
                    f"epoch {epoch} step {done} loss {np.mean(losses[-40:]):.3f}"
                    f" {time.time() - started:.0f} s",
                    flush=True,
                )
        torch.save(
            {"model": model.state_dict(), "optimizer": optimizer.state_dict(),
             "schedule": schedule.state_dict(), "epoch": epoch + 1},
            out / "checkpoint.pt",
        )  # fmt: skip
    export(model, tokenizer, out, sorted(slugs))


def _freeze(encoder: Any, layers: int) -> None:
    """Leave the embeddings and the lowest layers as they are: a large encoder learns faster so."""
    for part in [encoder.embeddings, *encoder.encoder.layer[:layers]] if layers else []:
        part.requires_grad_(False)


def _load_fitting(model: Reader, weights: dict[str, Any]) -> None:
    """Weights of an earlier run; a head whose labels have changed starts with its old rows."""
    for name, value in model.state_dict().items():
        old = weights[name]
        if old.shape == value.shape:
            value.copy_(old)
        else:
            value[: old.shape[0]].copy_(old)


def _resume(out: Path, model: Reader, optimizer: Any, schedule: Any) -> int:
    path = out / "checkpoint.pt"
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=False)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return int(state["epoch"])


def export(model: Reader, tokenizer: Any, out: Path, slugs: list[str]) -> None:
    """``reader.onnx`` (int8, pooled unit vectors) and ``heads.npz``."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model.eval()
    sample = tokenizer(
        ["a short text", "another, longer text here"], padding=True, return_tensors="pt"
    )
    full = out / "reader-f32.onnx"
    axes = {"input_ids": {0: "batch", 1: "tokens"}, "attention_mask": {0: "batch", 1: "tokens"},
            "vectors": {0: "batch"}}  # fmt: skip
    torch.onnx.export(
        model, (sample["input_ids"], sample["attention_mask"]), str(full),
        input_names=["input_ids", "attention_mask"], output_names=["vectors"],
        dynamic_axes=axes, opset_version=17, dynamo=False,
    )  # fmt: skip
    quantize_dynamic(
        str(full), str(out / "reader.onnx"), per_channel=True, weight_type=QuantType.QInt8
    )
    heads: dict[str, Any] = {}
    for name, head in model.heads.items():
        heads[f"{name}_weight"] = (head.weight.detach().numpy() * SCALE).astype(np.float32)
        heads[f"{name}_bias"] = head.bias.detach().numpy().astype(np.float32)
    labels = {"cards": slugs, "guards": GUARD_LABELS, "situation": SITUATION_LABELS}
    np.savez_compressed(out / "heads.npz", labels=json.dumps(labels), **heads)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", required=True, help="folder of the MiniLM weights")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--lr", type=float, default=1.2e-4)
    parser.add_argument("--start", type=Path, help="folder of an earlier run")
    parser.add_argument("--cards-only", action="store_true", help="for a teacher of cards")
    parser.add_argument("--soft", type=Path, help="labels a teacher wrote (teacher.py)")
    parser.add_argument("--freeze", type=int, default=0, help="so many lowest layers stay")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    train(
        args.base,
        args.out,
        args.epochs,
        args.lr,
        args.start,
        cards_only=args.cards_only,
        soft=args.soft,
        freeze=args.freeze,
    )


if __name__ == "__main__":
    main()
