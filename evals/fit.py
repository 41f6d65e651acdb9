"""Fits the small judges of the scorers on labelled replies: ``python -m evals.fit refusal``.

Needs scikit-learn (the ``dev`` extra). Run it again when features or labels change; the suite
then reports the agreement on the labels that were kept out. How strongly weights are held back is
chosen on eighths of what may be learned from, all replies to a case in the same eighth.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from assistant.settings import Settings
from evals import labelled, sources
from evals.scorers import premise, refusal, shape
from evals.scorers.learned import HERE
from evals.types import Sample, Turn

Features = Callable[[Sample], dict[str, float]]
LEAST_OFTEN = 4  # a feature seen in fewer replies says nothing
STRENGTHS = {"C": (0.1, 0.3, 0.5, 1.0, 3.0)}
EIGHTHS = 8


def _turn(sample: Sample) -> Turn:
    return Turn(sample.input[-1], str(sample.metadata["reply"]))


FEATURES: dict[str, Features] = {
    "refusal": lambda s: refusal.features(str(s.metadata["reply"])),
    "premise": lambda s: premise.features(s.input[-1], str(s.metadata["reply"])),
    "reflects": lambda s: shape.opening(_turn(s)),
    "step": lambda s: shape.step_features(str(s.metadata["reply"])),
}


def fit(check: str, samples: Sequence[Sample]) -> dict[str, Any]:
    """Weights of a sparse logistic regression, rounded, strongest first."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, GroupKFold

    vectors = DictVectorizer(sparse=False)
    seen = vectors.fit_transform(_frequent([FEATURES[check](s) for s in samples]))
    judge = LogisticRegression(l1_ratio=1.0, solver="liblinear", random_state=7)
    search = GridSearchCV(judge, STRENGTHS, scoring="neg_log_loss", cv=GroupKFold(EIGHTHS))
    search.fit(
        seen,
        [bool(s.target["label"]) for s in samples],
        groups=[s.metadata.get("case", s.id) for s in samples],
    )
    model = search.best_estimator_
    pairs = zip(vectors.get_feature_names_out(), model.coef_[0], strict=True)
    weights = {str(k): round(float(w), 3) for k, w in pairs if abs(w) > 0.001}
    return {
        "fitted_on": len(samples),
        "strength": model.C,
        "bias": round(float(model.intercept_[0]), 3),
        "weights": dict(sorted(weights.items(), key=lambda item: -abs(item[1]))),
    }


def _frequent(rows: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    counts = Counter(name for row in rows for name, value in row.items() if value)
    return [{k: v for k, v in row.items() if counts[k] >= LEAST_OFTEN} for row in rows]


def main(checks: Sequence[str]) -> None:
    settings = Settings.load()
    judged = sources.together(sources.xstest_labelled, labelled.samples)(settings)
    for check in checks:
        chosen = [s for s in judged if s.target["check"] == check and s.metadata.get("fit")]
        if not chosen:
            raise SystemExit(f"nothing is labelled for {check}: see evals/labels/README.md")
        path = HERE / f"{check}.json"
        path.write_text(json.dumps(fit(check, chosen), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
