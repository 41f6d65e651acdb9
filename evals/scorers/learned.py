"""A small linear judge: named features in, a probability out. Weights are a readable JSON file."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
_WORD = re.compile(r"[a-z']+")


@dataclass(frozen=True, slots=True)
class Judge:
    """``probability`` of the label it was fitted for, by ``evals/fit.py``."""

    weights: Mapping[str, float]
    bias: float

    def probability(self, features: Mapping[str, float]) -> float:
        total = self.bias + sum(self.weights.get(k, 0.0) * v for k, v in features.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


@cache
def judge(name: str) -> Judge:
    raw = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    return Judge(raw["weights"], raw["bias"])


def word_features(text: str) -> dict[str, float]:
    """Words and pairs of neighbours that occur."""
    words = _WORD.findall(text.lower().replace("’", "'"))
    pairs = (f"{a} {b}" for a, b in itertools.pairwise(words))
    return dict.fromkeys((*words, *pairs), 1.0)
