"""A larger encoder says which cards suit messages that nobody labelled with cards.

    python -m assistant.tuning.encoder --base MPNET --out TEACHER --cards-only --freeze 7 --epochs 2 --lr 6e-5
    python -m assistant.tuning.teacher --base MPNET --from TEACHER --out soft.npz
    python -m assistant.tuning.encoder --base MINILM --out FOLDER --soft soft.npz

The teacher is too slow to run with the app. Its view of the texts written for guards and situation
gives the small reader many more voices to learn the cards from than the labelled queries have.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from assistant.tuning import corpus

BATCH = 64


def labels(path: Path) -> dict[str, np.ndarray]:
    """Probabilities over the cards, in the order of their slugs, by text."""
    with np.load(path) as stored:
        texts = str(stored["texts"]).split("\0")
        return dict(zip(texts, stored["cards"].astype(np.float32), strict=True))


def unlabelled() -> list[str]:
    """Training texts about love that name no card, each once, short ones first."""
    rows = corpus.guards("train") + corpus.situations("train")
    far = {"offtopic", "smalltalk", "not_english"}
    return sorted(
        {r.text for r in rows if not far & (r.labels or set())}, key=lambda t: (len(t), t)
    )


def write(base: str, folder: Path, out: Path) -> None:
    """Let the teacher in ``folder`` read every text it has not read yet, and say how far it is."""
    import torch
    from transformers import AutoTokenizer

    from assistant.tuning.encoder import MAX_TOKENS, Reader

    state = torch.load(folder / "checkpoint.pt", weights_only=False)["model"]
    sizes = {
        n.split(".")[1]: len(v)
        for n, v in state.items()
        if n.endswith(".bias") and n[:6] == "heads."
    }
    model = Reader(base, sizes)
    model.load_state_dict(state)
    model.eval()
    tokenizer = AutoTokenizer.from_pretrained(base)
    known = labels(out) if out.exists() else {}
    texts, found = [text for text in unlabelled() if text not in known], []
    for start in range(0, len(texts), BATCH):
        coded = tokenizer(
            texts[start : start + BATCH],
            padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt",
        )  # fmt: skip
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            vectors = model(coded["input_ids"], coded["attention_mask"])
        with torch.no_grad():
            found.append(model.logits("cards", vectors.float()).softmax(-1).numpy())
        if start % (20 * BATCH) == 0:
            print(f"{start} of {len(texts)}", flush=True)
    cards = np.concatenate([*(row[None] for row in known.values()), *found])
    np.savez_compressed(out, texts="\0".join([*known, *texts]), cards=cards.astype(np.float16))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", required=True, help="folder of the larger encoder's weights")
    parser.add_argument("--from", dest="folder", type=Path, required=True, help="its training run")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    write(args.base, args.folder, args.out)


if __name__ == "__main__":
    main()
