"""Goals 10 and 11: are the right cards on top, and is nothing found where nothing fits?"""

from __future__ import annotations

import math
from collections.abc import Mapping

from evals.types import Record, Sample, Score, Scorer


def hit(method: str, k: int = 3) -> Scorer:
    """A grade-2 card among the first ``k`` of a ranking method."""

    def score(sample: Sample, record: Record) -> Score:
        if method not in record.ranked:
            return Score.unscored(f"{method} was not run")
        top = list(record.ranked[method])[:k]
        grades: Mapping[str, int] = sample.target["grades"]
        return Score.of(any(grades.get(slug) == 2 for slug in top), ", ".join(top))

    return score


def ndcg(method: str, k: int = 10) -> Scorer:
    """Jaervelin & Kekaelaeinen 2002: gain 2^grade - 1, discounted by log2 of the place."""

    def score(sample: Sample, record: Record) -> Score:
        if method not in record.ranked:
            return Score.unscored(f"{method} was not run")
        grades: Mapping[str, int] = sample.target["grades"]
        got = _gain([grades.get(slug, 0) for slug in list(record.ranked[method])[:k]])
        best = _gain(sorted(grades.values(), reverse=True)[:k])
        return Score(round(got / best, 4) if best else None, ", ".join(record.ranked[method][:3]))

    return score


def silent(_sample: Sample, record: Record) -> Score:
    """No card for small talk and other subjects."""
    found = list(record.ranked.get("stillpoint", ()))
    return Score.of(not found, ", ".join(found[:3]) or "nothing")


def _gain(grades: list[int]) -> float:
    return math.fsum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades))
