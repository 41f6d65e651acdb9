"""Train the line writer's LoRA adapter on the turns of ``data/voice``, from the catalogue's GGUF.

    python -m assistant.tuning.adapter --gguf MODEL.gguf --out FOLDER [--epochs 3]

The model is dequantised as it is used (``dequantised``), so that the adapter learns to mend the very
weights it will be loaded beside. The prompt is rendered by the run-time code and tokenised by
llama.cpp; the loss is on the line only. A checkpoint is written every few minutes and resumed from.
The best state on the held-out turns becomes ``adapter.gguf`` (``assistant.tuning.lora_gguf``), with the
learning curve in ``curve.json``.

Prompts share their beginnings: system message, then message, then the two lines asked of it. Each
batch is one prefix tree, every token of which is computed once and sees only its own ancestors.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict

from assistant.models.llamacpp import ChatLlamaCpp
from assistant.tuning import corpus, lora_gguf
from assistant.tuning.dequantised import qwen2
from assistant.wording import line_prompt

RANK, LAYERS, ALPHA = 8, 16, 16  # of 28 layers, the upper ones; the scale is ALPHA / RANK
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
TURNS = 8  # of one step
HELD_OUT = 10  # one turn of so many is for validation
SAVE_EVERY = 240.0  # seconds
VALIDATE_EVERY = 18  # steps


@dataclass(frozen=True, slots=True)
class Wanted:
    """A prompt's tokens and those of the line that should follow, its end included."""

    prompt: list[int]
    line: list[int]


@dataclass
class Tree:
    """Token sequences laid over each other: node i has a token, a parent and a depth."""

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)  # nodes to be predicted from their parents
    _children: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, wanted: Wanted) -> None:
        at = -1
        for number, token in enumerate(wanted.prompt + wanted.line):
            at = self._child(at, token)
            if number >= len(wanted.prompt):
                self.targets.append(at)

    def _child(self, parent: int, token: int) -> int:
        if (parent, token) not in self._children:
            self._children[parent, token] = len(self.tokens)
            self.tokens.append(token)
            self.parents.append(parent)
            self.depths.append(self.depths[parent] + 1 if parent >= 0 else 0)
        return self._children[parent, token]

    def mask(self) -> torch.Tensor:
        """True where row i may see column j: its ancestors and itself. Shape (nodes, nodes)."""
        seen = torch.zeros(len(self.tokens), len(self.tokens), dtype=torch.bool)
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                seen[node] = seen[parent]
            seen[node, node] = True
        return seen


def turns(model: ChatLlamaCpp) -> list[list[Wanted]]:
    """For each turn of the data: the line after its quotation, and the line that stands alone."""
    end = model.control("<|im_end|>")
    out = []
    for row in corpus.lines(corpus.DATA / "voice" / "lines.jsonl"):
        asks = [(row["span"], row["after"])] if row["span"] and row["after"] else []
        asks += [(None, row["alone"])] if row["alone"] else []
        out.append(
            [
                Wanted(
                    model.render(line_prompt(row["text"], span)),
                    model.get_token_ids(line) + end,
                )
                for span, line in asks
            ]
        )
    return [turn for turn in out if turn]


def split(rows: list[Any]) -> tuple[list[Any], list[Any]]:
    """Training and held-out turns; the file's order is kept, so the split never moves."""
    return (
        [row for i, row in enumerate(rows) if i % HELD_OUT],
        [row for i, row in enumerate(rows) if not i % HELD_OUT],
    )


def loss_of(model: Any, batch: Sequence[Sequence[Wanted]]) -> torch.Tensor:
    """Mean cross-entropy of the lines' tokens, in nats."""
    tree = Tree()
    for turn in batch:
        for wanted in turn:
            tree.add(wanted)
    inner = model.base_model.model
    hidden = inner.model(
        input_ids=torch.tensor([tree.tokens]),
        attention_mask=_additive(tree.mask(), inner.dtype),
        position_ids=torch.tensor([tree.depths]),
        use_cache=False,
    )[0][0]
    before = torch.tensor([tree.parents[node] for node in tree.targets])
    logits = inner.lm_head(hidden[before]).float()
    return torch.nn.functional.cross_entropy(
        logits, torch.tensor([tree.tokens[node] for node in tree.targets])
    )


def _additive(seen: torch.Tensor, width: torch.dtype) -> torch.Tensor:
    """A boolean mask as what is added to attention scores, for one batch and all heads."""
    return torch.where(seen, 0.0, torch.finfo(width).min).to(width)[None, None]


def with_lora(base: Any, rank: int = RANK, layers: int = LAYERS) -> Any:
    total = base.config.num_hidden_layers
    return get_peft_model(
        base,
        LoraConfig(
            r=rank,
            lora_alpha=ALPHA * rank // RANK,
            target_modules=TARGETS,
            layers_to_transform=list(range(total - layers, total)),
            task_type="CAUSAL_LM",
        ),
    )


def batches(rows: list[Any], rng: random.Random) -> Iterator[list[Any]]:
    order = rng.sample(rows, len(rows))
    return (order[i : i + TURNS] for i in range(0, len(order), TURNS))


class Run:
    """One training run: its model, its optimiser, where it stands, and its files."""

    def __init__(self, model: Any, out: Path, steps: int, lr: float) -> None:
        self.model, self.out, self.steps = model, out, steps
        own = [p for p in model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(own, lr=lr, weight_decay=0.0)
        warm = max(steps // 20, 1)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda s: min((s + 1) / warm, max(0.05, (steps - s) / steps))
        )
        self.done, self.best, self.curve = 0, float("inf"), []  # type: ignore[var-annotated]
        self._saved = time.time()

    def resume(self) -> None:
        path = self.out / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=False)
        set_peft_model_state_dict(self.model, state["lora"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.done, self.best, self.curve = state["done"], state["best"], state["curve"]

    def save(self) -> None:
        state = {
            "lora": get_peft_model_state_dict(self.model),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "done": self.done, "best": self.best, "curve": self.curve,
        }  # fmt: skip
        aside = self.out / "checkpoint.new"
        torch.save(state, aside)
        aside.replace(self.out / "checkpoint.pt")
        self._saved = time.time()

    def step(self, batch: Any) -> float:
        loss = loss_of(self.model, batch)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.done += 1
        return float(loss.detach())

    def validate(self, held: list[Any], trained: float) -> None:
        with torch.no_grad():
            groups = [held[i : i + TURNS] for i in range(0, len(held), TURNS)]
            loss = float(np.mean([float(loss_of(self.model, group)) for group in groups]))
        self.curve.append({"step": self.done, "train": round(trained, 4), "held": round(loss, 4)})
        (self.out / "curve.json").write_text(json.dumps(self.curve, indent=1) + "\n")
        if loss < self.best:
            self.best = loss
            torch.save(get_peft_model_state_dict(self.model), self.out / "best.pt")

    def due(self) -> bool:
        return time.time() - self._saved > SAVE_EVERY


def train(gguf: Path, out: Path, epochs: int, lr: float, limit: int | None = None) -> None:
    torch.manual_seed(7)
    chat = ChatLlamaCpp(path=str(gguf), context=2048)
    learn, held = split(turns(chat)[:limit])
    chat.close()
    model = with_lora(qwen2(gguf))
    per_epoch = -(-len(learn) // TURNS)
    run = Run(model, out, epochs * per_epoch, lr)
    run.resume()
    print(f"{len(learn)} turns, {len(held)} held out, {run.steps} steps, from {run.done}")
    started, first, losses = time.time(), run.done, []
    for epoch in range(run.done // per_epoch, epochs):
        for number, batch in enumerate(batches(learn, random.Random(epoch))):
            if epoch * per_epoch + number < run.done:
                continue  # done before this run was interrupted
            losses.append(run.step(batch))
            if run.done % VALIDATE_EVERY == 0 or run.done == run.steps:
                run.validate(held, float(np.mean(losses[-VALIDATE_EVERY:])))
            if run.done % 6 == 0:
                pace = (time.time() - started) / (run.done - first)
                left = (run.steps - run.done) * pace / 60
                print(
                    f"step {run.done} of {run.steps}, loss {np.mean(losses[-12:]):.3f},"
                    f" held out {run.best:.3f}, {left:.0f} min left",
                    flush=True,
                )
            if run.due():
                run.save()
    run.save()
    lora_gguf.write(torch.load(out / "best.pt", weights_only=True), out / "adapter.gguf", ALPHA)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gguf", type=Path, required=True, help="the catalogue's model file")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--limit", type=int, help="only so many turns, to try something")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    train(args.gguf, args.out, args.epochs, args.lr, args.limit)


if __name__ == "__main__":
    main()
