"""Choose, on the dev split, the probability from which each label is believed.

    python -m assistant.tuning.thresholds

Safety labels, and the asks for a certainty or a diagnosis, weigh recall three times as much as
precision: an honest line too many costs little, one too few leaves a promise standing. All are
capped at 1.5% false alarms on dev messages; the other labels balance both. With few positives a label's best threshold is
drawn towards 0.5, so that one lucky message does not decide. Writes ``guards/thresholds.json``,
``situation_thresholds.json`` and the curves as ``tuning/curves.json``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from assistant import situation
from assistant.labels import (
    GUARD_LABELS,
    SAFETY_LABELS,
    SITUATION_LABELS,
    situation_labels,
)
from assistant.models.embedder import Embedder
from assistant.reader import Heads, Reader
from assistant.tuning import corpus
from assistant.turn import TACTICS

GRID = np.round(np.arange(0.1, 0.96, 0.05), 2)
PRIOR = 6.0  # pseudo-positives that pull a threshold to the middle
MOST_FALSE_ALARMS = 0.015
NOT_MISSED = frozenset(SAFETY_LABELS) | {"certainty", "diagnosis"}
# Swept on the dev splits only: whole message .1, with a label behind it, or .5 alone in a message of some
# length (guards._NAMED), finds 79% of the danger there (nearly all of it said sideways) at 4.2% alarms on
# ordinary, 3.8% on near-miss and 0.9% on long harmless messages. The best pair decides nothing above it.
SAFETY_GATE = {"any_safety": 0.1, "any_safety_window": 0.8}
TACTIC_ALARMS = {"any_tactic": 0.03, "any_tactic_window": 0.02}  # share of other dev messages

ROOT = Path(__file__).resolve().parent.parent


def scores_of(reader: Reader, rows: list[corpus.Example]) -> tuple[list[Any], list[Any]]:
    heard = [reader.read(row.text, row.asked) for row in rows]
    return [h.guards for h in heard], [situation.with_rules(h) for h in heard]


def best(scores: np.ndarray, truth: np.ndarray, beta: float, cap: float | None) -> float:
    """The grid value with the best F-beta, shrunk towards 0.5 when positives are few."""
    if truth.sum() == 0:
        return 0.5
    values = []
    for limit in GRID:
        said = scores >= limit
        hit = float((said & truth).sum())
        precision = hit / max(float(said.sum()), 1)
        recall = hit / float(truth.sum())
        f = (1 + beta**2) * precision * recall / max(beta**2 * precision + recall, 1e-9)
        alarms = float((said & ~truth).sum()) / max(float((~truth).sum()), 1)
        values.append(f - (10 * (alarms - cap) if cap and alarms > cap else 0))
    top = np.flatnonzero(np.array(values) >= max(values) - 1e-9)
    choice = float(GRID[top].mean())
    weight = float(truth.sum()) / (float(truth.sum()) + PRIOR)
    return round(weight * choice + (1 - weight) * 0.5, 3)


def main() -> None:
    reader = Reader(Embedder(), Heads())
    guarded = corpus.guards("dev")
    rows = guarded + corpus.premises("dev")
    guards, _ = scores_of(reader, rows)
    chosen, curves = {}, {}
    for label in GUARD_LABELS:
        asked = [i for i, row in enumerate(rows) if label not in row.unasked]
        scores = np.array([guards[i][label].score for i in asked])
        truth = np.array([label in (rows[i].labels or ()) for i in asked])
        beta = 1.7 if label in NOT_MISSED else 1.0
        chosen[label] = best(scores, truth, beta, MOST_FALSE_ALARMS)
        curves[label] = _curve(scores, truth)
    truth = np.array([bool((row.labels or frozenset()) & set(TACTICS)) for row in guarded])
    tactics = [g["any_tactic"] for g in guards[: len(guarded)]]
    whole, window = (np.array([getattr(t, name) for t in tactics]) for name in ("whole", "score"))
    chosen["any_tactic"] = quantile(whole[~truth], TACTIC_ALARMS["any_tactic"])
    chosen["any_tactic_window"] = quantile(window[~truth], TACTIC_ALARMS["any_tactic_window"])
    chosen |= SAFETY_GATE
    _write(ROOT / "guards" / "thresholds.json", chosen)
    rows = corpus.situations("dev")
    _, signals = scores_of(reader, rows)
    picked = {}
    for label in SITUATION_LABELS:
        scores = np.array([s[label].score for s in signals])
        truth = np.array([label in situation_labels(row.signals or {}) for row in rows])
        picked[label] = best(scores, truth, 1.0, None)
        curves[label] = _curve(scores, truth)
    _write(ROOT / "situation_thresholds.json", picked)
    _write(Path(__file__).parent / "curves.json", curves)


def quantile(negatives: np.ndarray, share: float) -> float:
    """The score that this share of the negatives exceeds."""
    return round(float(np.quantile(negatives, 1 - share)), 3)


def _curve(scores: np.ndarray, truth: np.ndarray) -> list[list[float]]:
    """Rows of threshold, recall, false alarms."""
    positives, negatives = max(float(truth.sum()), 1), max(float((~truth).sum()), 1)
    return [
        [float(t), round(float((scores[truth] >= t).sum()) / positives, 3),
         round(float((scores[~truth] >= t).sum()) / negatives, 4)]
        for t in GRID
    ]  # fmt: skip


def _write(path: Path, values: Any) -> None:
    path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
