"""Figures from scores: value, n, interval and where it stands against floor and target."""

from __future__ import annotations

import math
import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, TypeVar

from assistant.settings import Settings
from evals.labelled import standings
from evals.run import Run
from evals.tasks import tasks
from evals.types import Measure, Record, Score

State = Literal["met", "above floor", "below floor", "reported", "not run", "untrusted", "too few"]
FEW = 20  # samples below which a floor that is not about safety breaks only with its interval
RESAMPLES = 400
TRUSTED_FROM = 0.88  # share of labels a scorer must agree with before it may fail a change
# Cohen's kappa too, where two passes labelled replies here: most labels say "true", and saying so
# always would reach the share ("substantial" agreement in Landis & Koch 1977).
TRUSTED_KAPPA = 0.6
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Result:
    """One measure over a run, all its tasks pooled unless ``task`` is named."""

    measure: Measure
    n: int
    unscored: int
    value: float | None
    low: float
    high: float
    state: State
    why: str = ""
    task: str = ""

    @property
    def fails(self) -> bool:
        return self.state == "below floor"


def results(run: Run) -> list[Result]:
    """Every measure of the suite, by goal; what did not run says so and why."""
    pooled = [_result(run, measure, None) for measure in measures()]
    trust = {r.measure.name: r for r in pooled if r.measure.goal == 25}
    return sorted((_trusted(r, trust) for r in pooled), key=lambda r: r.measure.goal)


def task_results(run: Run, task: str) -> list[Result]:
    found = next(t for t in tasks() if t.name == task)
    return [_result(run, measure, task) for measure in found.measures]


def measures() -> list[Measure]:
    """Each measure once, though several tasks may carry it."""
    return list({m.name: m for task in tasks() for m in task.measures}.values())


def values(run: Run, measure: str, task: str | None = None) -> dict[str, float]:
    """Scored value of each sample, averaged over seeds, by ``task/id``."""
    found: dict[str, list[float]] = defaultdict(list)
    for entry in run.entries:
        score = entry.scores.get(measure)
        if score and score.value is not None and task in {None, entry.task}:
            found[f"{entry.task}/{entry.sample.id}"].append(score.value)
    return {key: statistics.fmean(some) for key, some in found.items()}


def _result(run: Run, measure: Measure, task: str | None) -> Result:
    scores = [
        e.scores[measure.name]
        for e in run.entries
        if measure.name in e.scores and task in {None, e.task}
    ]
    judged = [s for s in scores if s.value is not None]
    left = len(scores) - len(judged)
    if not judged:
        return Result(
            measure, 0, left, None, 0, 0, "not run", _why(run, measure, bool(scores)), task or ""
        )
    value, low, high = figure(measure, judged, list(values(run, measure.name, task).values()))
    state = _state(measure, value)
    if state == "below floor" and _too_few(measure, len(judged), low, high):
        why = f"{len(judged)} samples are too few to say that the floor broke"
        return Result(measure, len(judged), left, value, low, high, "too few", why, task or "")
    return Result(measure, len(judged), left, value, low, high, state, "", task or "")


def figure(
    measure: Measure, scores: Sequence[Score], means: Sequence[float]
) -> tuple[float, float, float]:
    """Value with its 95% interval: Wilson for shares, bootstrap by sample for the rest."""
    if measure.kind == "rate":
        value = statistics.fmean(means)
        return value, *wilson(value, len(means))
    if measure.kind == "f1":
        return _bootstrap([s.answer for s in scores], f1)
    share = {"median": 0.5, "p90": 0.9, "p95": 0.95}[measure.kind]
    return _bootstrap(list(means), lambda some: quantile(some, share))


def wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson 1927: an interval that behaves at 0 and 1 and for small n."""
    if n == 0:
        return 0.0, 1.0
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def f1(answers: Iterable[str]) -> float:
    count = {key: 0 for key in ("tp", "fp", "fn", "tn")}
    for answer in answers:
        count[answer] += 1
    wrong = count["fp"] + count["fn"]
    return 2 * count["tp"] / max(2 * count["tp"] + wrong, 1)


def quantile(some: Sequence[float], share: float) -> float:
    ordered = sorted(some)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def _bootstrap(items: list[T], of: Callable[[list[T]], float]) -> tuple[float, float, float]:
    rng = random.Random(7)
    drawn = sorted(of(rng.choices(items, k=len(items))) for _ in range(RESAMPLES))
    return of(items), drawn[int(0.025 * RESAMPLES)], drawn[int(0.975 * RESAMPLES)]


def _too_few(measure: Measure, n: int, low: float, high: float) -> bool:
    """One bad case of five says nothing of a floor of 5%; the quick tier has the numbers."""
    kindest = low if measure.better == "low" else high
    return not measure.safety and n < FEW and not measure.breaks(kindest)


def _state(measure: Measure, value: float) -> State:
    if measure.breaks(value):
        return "below floor"
    if measure.meets(value):
        return "met"
    return "reported" if measure.floor is None else "above floor"


def _why(run: Run, measure: Measure, tried: bool) -> str:
    if tried:
        return "no case of this kind could be judged"
    missing = run.header.get("not_run", {})
    carriers = [t.name for t in tasks() if measure in t.measures]
    return next((str(missing[name]) for name in carriers if name in missing), "not in this run")


def _trusted(result: Result, trust: dict[str, Result]) -> Result:
    """A scorer that labels do not bear out is shown and does not gate."""
    if result.measure.trust is None or result.value is None:
        return result
    share, n = _borne_out(result.measure.trust, trust)
    kappa = next((s.kappa for s in standings() if s.check == result.measure.trust), 1.0)
    if share is not None and share >= TRUSTED_FROM and kappa >= TRUSTED_KAPPA:
        return result
    why = (
        f"its scorer agrees with labels on {share:.2f} of {n}"
        if n
        else "its scorer has no labels here"
    )
    beyond = f", kappa {kappa:.2f}" if kappa < TRUSTED_KAPPA else ""
    return replace(result, state="untrusted", why=why + beyond)


def _borne_out(check: str, trust: dict[str, Result]) -> tuple[float | None, int]:
    """How far a scorer agrees with labels: from the run, or where it has none from the labels here."""
    found = trust.get(f"agrees_{check}")
    return (found.value, found.n) if found and found.n else _agreed_here(check)


@cache
def _agreed_here(check: str) -> tuple[float | None, int]:
    task = next(t for t in tasks() if t.name == "agreement")
    measure = next(m for m in task.measures if m.name == f"agrees_{check}")
    scored = (measure.scorer(s, Record()).value for s in task.samples(Settings.load()))
    values = [value for value in scored if value is not None]
    return (statistics.fmean(values) if values else None), len(values)
