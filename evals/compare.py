"""A run against the committed baseline, paired by sample: what got worse beyond chance?"""

from __future__ import annotations

import json
import random
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import EvalInvalid
from evals.run import Run
from evals.summary import measures, results, values
from evals.types import Measure

BASELINE = Path(__file__).parent / "baseline.json"
RESAMPLES = 2000
MACHINE_BOUND = 26  # the goal of speed: times of another machine are no baseline


@dataclass(frozen=True, slots=True)
class Change:
    """Mean difference over the samples both have; above 0 means better."""

    measure: Measure
    n: int
    before: float
    after: float
    better_by: float
    low: float
    high: float

    @property
    def worse(self) -> bool:
        """A drop larger than its interval."""
        return self.high < 0


def changes(run: Run, baseline: Path = BASELINE) -> list[Change]:
    """Every measure that both sides have, for the same system; none without a baseline."""
    stored = load(baseline).get("systems", {}).get(run.system, {})
    found = []
    for measure in measures():
        before = stored.get(measure.name, {})
        after = values(run, measure.name)
        shared = sorted(before.keys() & after.keys())
        if shared and measure.goal != MACHINE_BOUND:
            pairs = [(float(before[key]), after[key]) for key in shared]
            found.append(_change(measure, pairs))
    return found


def verdict(run: Run, baseline: Path = BASELINE) -> list[str]:
    """Why a change must not go in: floors broken, drops beyond chance. Empty: it may."""
    broken = [
        f"goal {r.measure.goal}, {r.measure.name}: {r.value:.3f} breaks the floor {r.measure.floor} (n {r.n})"
        for r in results(run)
        if r.fails
    ]
    dropped = [
        f"goal {c.measure.goal}, {c.measure.name}: from {c.before:.3f} to {c.after:.3f} on {c.n} shared samples,"
        f" worse by {-c.better_by:.3f} ({-c.high:.3f} to {-c.low:.3f})"
        for c in changes(run, baseline)
        if c.worse
    ]
    return broken + dropped


def accept(run: Run, baseline: Path = BASELINE) -> None:
    """Make a run the baseline of its system; the other systems' stay."""
    stored = load(baseline)
    systems: dict[str, Any] = stored.setdefault("systems", {})
    systems[run.system] = {
        m.name: {key: round(value, 4) for key, value in sorted(found.items())}
        for m in measures()
        if m.goal != MACHINE_BOUND and (found := values(run, m.name))
    }
    about = stored.setdefault("about", {})
    about[run.system] = {
        key: run.header.get(key)
        for key in ("model", "model_sha256", "tier", "seed", "code", "started")
    }
    baseline.write_text(
        json.dumps(stored, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8"
    )


def load(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return stored
    except json.JSONDecodeError as error:
        raise EvalInvalid(f"{path} is not valid JSON ({error}): restore it from git") from None


def _change(measure: Measure, pairs: list[tuple[float, float]]) -> Change:
    sign = 1 if measure.better == "high" else -1
    gains = [sign * (after - before) for before, after in pairs]
    rng = random.Random(7)
    if any(gains):
        drawn = sorted(statistics.fmean(rng.choices(gains, k=len(gains))) for _ in range(RESAMPLES))
        low, high = drawn[int(0.025 * RESAMPLES)], drawn[int(0.975 * RESAMPLES)]
    else:
        low = high = 0.0
    before, after = (statistics.fmean(side) for side in zip(*pairs, strict=True))
    return Change(measure, len(pairs), before, after, statistics.fmean(gains), low, high)
