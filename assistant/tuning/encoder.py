"""Train the reader: one encoder for cards, guards and situation, then export it to int8 ONNX.

    python -m assistant.tuning.encoder --base MPNET --out CARDS --cards-only --freeze 7 --epochs 2 --lr 6e-5
    python -m assistant.tuning.encoder --base MPNET --out READER --start CARDS --freeze 4 --epochs 2

``--start`` goes on from the weights of an earlier run, or from the reader as it is committed
(``--start assistant/models/reader``), with whatever data there is now.

Several tasks share one encoder, so that a message is read once: the whole of it and each pair of
its sentences are means over the tokens of the same pass. What guards and situation look for may
stand anywhere, so their heads are taught by the strongest of these, and by the whole. Each task has
its own linear head; labels nobody gave are masked. Checkpoints are written every few minutes, and the
same command goes on from the last one. ``tuning.heads`` fits the heads anew afterwards.
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
    PREMISE,
    ROUTED,
    SITUATION_LABELS,
    situation_labels,
    with_gates,
)
from assistant.plain import windows
from assistant.tuning import committed, corpus
from assistant.tuning.width import HALF_WIDTH
from knowledge.cards import load

MAX_TOKENS = 128
SAVED_EVERY = 80  # steps, about six minutes
HEADS_LR = 3e-3
CALIBRATION = 320  # texts that show how large each activation becomes
SMOOTHING = 0.7  # share of an activation's outliers that is moved into the weights
WORDS_APART = 10_000_000  # bytes: the vectors of the words go into a file of their own
SCALE = 20.0  # unit vectors times this reach confident logits
UNKNOWN = -1.0  # a label nobody gave: masked
# What a harmless question is surely not. Of tactics and certainty nobody said anything.
_SURELY_NOT = ROUTED | {"any_safety", "offtopic", "smalltalk", "not_english"}


class Reader(nn.Module):
    """Encoder with one linear head a task."""

    def __init__(self, base: str, sizes: dict[str, int]) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(base)
        width = self.encoder.config.hidden_size
        self.heads = nn.ModuleDict({name: nn.Linear(width, n) for name, n in sizes.items()})
        for head in self.heads.values():
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        """What the encoder makes of each token, shape (texts, tokens, width)."""
        return self.encoder(input_ids=input_ids, attention_mask=attention_mask)[0]

    def logits(self, name: str, vectors: Any) -> Any:
        return self.heads[name](vectors * SCALE)


def examples(rng: random.Random) -> list[corpus.Example]:
    """All training rows: messages, card passages as messages, and joined messages."""
    library = load()
    rows = corpus.guards("train") + corpus.situations("train") + corpus.queries("train")
    rows += corpus.together("train") + corpus.premises("train") + corpus.unguessed("train")
    for card in library.cards.values():
        rows += [corpus.Example(text, cards=(card.id,)) for text in card.passages()]
        rows += [corpus.Example(text, cards=(card.id,)) for text in card.insights]
    return rows + _joined(rows, rng)


def _joined(rows: list[corpus.Example], rng: random.Random) -> list[corpus.Example]:
    """Danger and tactics often stand inside an ordinary question: put them there."""
    guarded = [row for row in rows if row.labels is not None and PREMISE in row.unasked]
    guarded = [row for row in guarded if "offtopic" not in (row.labels or ())]
    hits = [row for row in guarded if row.labels]
    plain = [row for row in guarded if not row.labels]
    out = []
    for row in rng.sample(hits, len(hits) // 4) if plain else []:
        parts = [row.text, rng.choice(plain).text]
        rng.shuffle(parts)
        out.append(
            corpus.Example(". ".join(parts), labels=row.labels, unasked=frozenset({PREMISE}))
        )
    for _ in range(len(hits) // 6 if len(plain) > 1 else 0):
        first, second = rng.sample(plain, 2)
        text = f"{first.text}. {second.text}"
        out.append(corpus.Example(text, labels=frozenset(), unasked=frozenset({PREMISE})))
    return out


def targets(row: corpus.Example, slugs: dict[str, int]) -> dict[str, np.ndarray | None]:
    """What each head should say of a row."""
    out: dict[str, np.ndarray | None] = {"cards": None, "guards": None, "situation": None}
    if row.cards:
        wanted = [slugs[c] for c in row.cards if c in slugs]
        weights = np.zeros(len(slugs), dtype=np.float32)
        for rank, index in enumerate(wanted):
            weights[index] = 1.0 if rank == 0 else 0.7
        out["cards"] = weights / max(weights.sum(), 1)
    if row.labels is not None:
        held = with_gates(row.labels)
        known = [UNKNOWN if label in row.unasked else label in held for label in GUARD_LABELS]
        out["guards"] = np.array(known, np.float32)
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


def pooled(hidden: Any, coded: Any, texts: list[str]) -> tuple[Any, Any, Any]:
    """Unit vectors of the whole texts, of their windows, and which text each window is of."""
    mask = coded["attention_mask"].unsqueeze(-1).to(hidden.dtype)
    whole = (hidden * mask).sum(1) / mask.sum(1)
    sums = torch.cat([torch.zeros_like(hidden[:, :1]), hidden.cumsum(1)], dim=1)
    means, owners = [], []
    for row, text in enumerate(texts):
        for start, end in [] if corpus.ASKED in text else windows(text):
            first, last = tokens_within(coded["offset_mapping"][row].tolist(), start, end)
            if last > first:
                means.append((sums[row, last] - sums[row, first]) / (last - first))
                owners.append(row)
    parts = torch.stack(means) if means else whole[:0]
    unit = nn.functional.normalize
    return unit(whole, dim=-1), unit(parts, dim=-1), torch.tensor(owners, dtype=torch.long)


def tokens_within(offsets: list[list[int]], start: int, end: int) -> tuple[int, int]:
    """First token, and the one after the last, that lie within a stretch of characters."""
    within = [i for i, (a, b) in enumerate(offsets) if b > a and a >= start and b <= end]
    return (within[0], within[-1] + 1) if within else (0, 0)


def loss_of(
    model: Reader, whole: Any, parts: Any, owners: Any, wanted: list[dict[str, Any]]
) -> Any:
    total = whole.new_zeros(())
    for name, weight in (("cards", 1.0), ("guards", 1.0), ("situation", 0.7)):
        rows = [i for i, item in enumerate(wanted) if item[name] is not None]
        if not rows:
            continue
        target = torch.tensor(np.stack([wanted[i][name] for i in rows]))
        logits = model.logits(name, whole)
        if name == "cards":
            smooth = 0.9 * target + 0.1 / target.shape[1]
            loss = -(smooth * logits[rows].log_softmax(-1)).sum(-1).mean()
        else:
            strongest = logits.index_reduce(0, owners, model.logits(name, parts), "amax")
            loss = (_apart(strongest[rows], target) + _apart(logits[rows], target)) / 2
        total = total + weight * loss * len(rows) / len(wanted)
    return total


def _apart(logits: Any, target: Any) -> Any:
    """How far each label's probability is from the truth, summed over the labels that are known."""
    each = nn.functional.binary_cross_entropy_with_logits(
        logits, target.clamp(min=0), pos_weight=torch.tensor(2.0), reduction="none"
    )
    return (each * (target != UNKNOWN)).sum(-1).mean()


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
    freeze: int = 0,
) -> None:
    rng = random.Random(7)
    torch.manual_seed(7)
    slugs = {slug: i for i, slug in enumerate(sorted(load().cards))}
    rows = examples(rng)
    if cards_only:
        rows = [row for row in rows if row.cards]
    wanted = [targets(row, slugs) for row in rows]
    tokenizer = AutoTokenizer.from_pretrained(base)
    sizes = {"cards": len(slugs), "guards": len(GUARD_LABELS), "situation": len(SITUATION_LABELS)}
    model = Reader(base, sizes)
    if start:
        _load_fitting(model, _weights(start, model))
    _freeze(model.encoder, freeze)
    groups = [
        {"params": [p for p in model.encoder.parameters() if p.requires_grad], "lr": lr},
        {"params": model.heads.parameters(), "lr": HEADS_LR},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    steps = epochs * (len(rows) // size + 1)
    warm = max(steps // 20, 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min(s / warm, max(0.02, (steps - s) / (steps - warm)))
    )
    first, skipped = _resume(out, model, optimizer, schedule)
    started = time.time()
    print(f"{len(rows)} rows, {steps} steps")
    for epoch in range(first, epochs):
        model.train()
        losses = []
        groups_of_epoch = batches(rows, size, random.Random(epoch))
        for done, group in enumerate(groups_of_epoch):
            if done < skipped:
                continue
            texts = [
                corpus.with_question(corpus.roughen(rows[i].text, rng), rows[i].asked)
                for i in group
            ]
            coded = tokenizer(
                texts, padding=True, truncation=True, max_length=MAX_TOKENS,
                return_tensors="pt", return_offsets_mapping=True,
            )  # fmt: skip
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=HALF_WIDTH):
                hidden = model(coded["input_ids"], coded["attention_mask"])
            loss = loss_of(model, *pooled(hidden.float(), coded, texts), [wanted[i] for i in group])
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
            if (done + 1) % SAVED_EVERY == 0:
                _save(out, model, optimizer, schedule, (epoch, done + 1))
        skipped = 0
        _save(out, model, optimizer, schedule, (epoch + 1, 0))
    export(
        model, tokenizer, out, sorted(slugs), [row.text for row in rng.sample(rows, CALIBRATION)]
    )


def _freeze(encoder: Any, layers: int) -> None:
    """Leave the embeddings and the lowest layers as they are: a large encoder learns faster so."""
    for part in [encoder.embeddings, *encoder.encoder.layer[:layers]] if layers else []:
        part.requires_grad_(False)


def _weights(start: Path, model: Reader) -> dict[str, Any]:
    """What an earlier run ended with: its checkpoint, or the int8 files made from one."""
    if (start / "checkpoint.pt").exists():
        state: dict[str, Any] = torch.load(start / "checkpoint.pt", weights_only=False)
        return dict(state["model"])
    encoder = committed.weights(start / "reader.onnx", model.encoder.state_dict())
    arrays = np.load(start / "heads.npz")
    heads = {
        f"heads.{name}.{part}": torch.from_numpy(arrays[f"{name}_{part}"]) for name in model.heads
        for part in ("weight", "bias")
    }  # fmt: skip
    for name in model.heads:
        heads[f"heads.{name}.weight"] /= SCALE
    return {f"encoder.{name}": value for name, value in encoder.items()} | heads


def _load_fitting(model: Reader, weights: dict[str, Any]) -> None:
    """Weights of an earlier run; a head whose labels have changed starts with its old rows."""
    for name, value in model.state_dict().items():
        old = weights[name]
        if old.shape == value.shape:
            value.copy_(old)
        else:
            value[: old.shape[0]].copy_(old)


def _save(out: Path, model: Reader, optimizer: Any, schedule: Any, at: tuple[int, int]) -> None:
    """All that going on needs; a run that is killed while writing keeps the one before."""
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(),
             "schedule": schedule.state_dict(), "at": at}  # fmt: skip
    torch.save(state, out / "checkpoint.new")
    (out / "checkpoint.new").replace(out / "checkpoint.pt")


def _resume(out: Path, model: Reader, optimizer: Any, schedule: Any) -> tuple[int, int]:
    """The epoch to go on with, and how many of its steps are done."""
    path = out / "checkpoint.pt"
    if not path.exists():
        return 0, 0
    state = torch.load(path, weights_only=False)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    epoch, done = state["at"]
    return int(epoch), int(done)


def export(model: Reader, tokenizer: Any, out: Path, slugs: list[str], texts: list[str]) -> None:
    """``reader.onnx`` with ``reader.bin`` (int8, vectors of tokens) and ``heads.npz``."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model.eval()
    smooth(model, tokenizer, texts)
    sample = tokenizer(
        ["a short text", "another, longer text here"], padding=True, return_tensors="pt"
    )
    full = out / "reader-f32.onnx"
    axes = {name: {0: "batch", 1: "tokens"} for name in ("input_ids", "attention_mask", "hidden")}
    torch.onnx.export(
        model, (sample["input_ids"], sample["attention_mask"]), str(full),
        input_names=["input_ids", "attention_mask"], output_names=["hidden"],
        dynamic_axes=axes, opset_version=17, dynamo=False,
    )  # fmt: skip
    small = out / "reader-int8.onnx"
    quantize_dynamic(str(full), str(small), per_channel=True, weight_type=QuantType.QInt8)
    (out / "reader.bin").unlink(missing_ok=True)
    onnx.save_model(
        onnx.load(small), str(out / "reader.onnx"), save_as_external_data=True,
        location="reader.bin", size_threshold=WORDS_APART,
    )  # fmt: skip
    tokenizer.backend_tokenizer.save(str(out / "tokenizer.json"))
    heads: dict[str, Any] = {}
    for name, head in model.heads.items():
        heads[f"{name}_weight"] = (head.weight.detach().numpy() * SCALE).astype(np.float32)
        heads[f"{name}_bias"] = head.bias.detach().numpy().astype(np.float32)
    labels = {"cards": slugs, "guards": GUARD_LABELS, "situation": SITUATION_LABELS}
    np.savez_compressed(out / "heads.npz", labels=json.dumps(labels), **heads)


class Smooth(nn.Module):
    """A linear layer whose inputs are scaled down and its weights up, each input by itself."""

    def __init__(self, linear: nn.Linear, scale: Any) -> None:
        super().__init__()
        self.linear, self.down = linear, nn.Parameter(1 / scale, requires_grad=False)
        linear.weight.data.mul_(scale)

    def forward(self, x: Any) -> Any:
        return self.linear(x * self.down)


def smooth(model: Reader, tokenizer: Any, texts: list[str]) -> None:
    """Make int8 bearable: a few activations are 20 times as large as the others and would take
    all of its range (SmoothQuant, Xiao et al. 2023). Cosine to full precision .95 without, .99 with."""
    layers = {n: m for n, m in model.encoder.encoder.named_modules() if isinstance(m, nn.Linear)}
    largest: dict[str, Any] = {}

    def seen(name: str) -> Any:
        def note(_: nn.Module, given: tuple[Any]) -> None:
            most = given[0].abs().flatten(0, -2).amax(0)
            largest[name] = torch.maximum(largest.get(name, most), most)

        return note

    hooks = [layer.register_forward_pre_hook(seen(name)) for name, layer in layers.items()]
    with torch.no_grad():
        for start in range(0, len(texts), 32):
            coded = tokenizer(
                texts[start : start + 32],
                padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt",
            )  # fmt: skip
            model(coded["input_ids"], coded["attention_mask"])
    for hook in hooks:
        hook.remove()
    for name, layer in layers.items():
        if name not in largest:
            continue
        weights = layer.weight.detach().abs().amax(0).clamp(min=1e-5)
        scale = largest[name].clamp(min=1e-5) ** SMOOTHING / weights ** (1 - SMOOTHING)
        parent, _, own = name.rpartition(".")
        setattr(model.encoder.encoder.get_submodule(parent), own, Smooth(layer, scale))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", required=True, help="folder of the encoder to start from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--lr", type=float, default=1.2e-4)
    parser.add_argument("--start", type=Path, help="folder of an earlier run")
    parser.add_argument(
        "--cards-only", action="store_true", help="leave guards and situation for a later run"
    )
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
        freeze=args.freeze,
    )


if __name__ == "__main__":
    main()
