"""May a change go in? Floors, the goals known to be open, and the committed baseline by sample."""

from __future__ import annotations

import json
import random
import statistics
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from assistant.errors import EvalInvalid
from evals.run import Run
from evals.summary import Result, measures, results, values
from evals.types import Measure

BASELINE = Path(__file__).parent / "baseline.json"
OPEN_GOALS = Path(__file__).parent / "open_goals.toml"
MARGIN = 0.03  # what a known open goal may vary by before it counts as a fall
NO_GATE = "bare"  # measured to compare with; nobody ships it, so its floors stop nothing
RESAMPLES = 2000
MACHINE_BOUND = 26  # the goal of speed: times of another machine are no baseline


DIGITS = 4  # of a baseline's figures
ROUNDING = 10.0**-DIGITS  # what rounding alone can make a figure worse by


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
        return self.high < -ROUNDING


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


def drops(run: Run, baseline: Path = BASELINE) -> list[Change]:
    """What got worse beyond chance, by scorers that may be believed."""
    doubted = {r.measure.name for r in results(run) if r.state == "untrusted"}
    return [c for c in changes(run, baseline) if c.worse and c.measure.name not in doubted]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``faults``: why a change must not go in. ``known``: floors broken that are open goals."""

    faults: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)

    @property
    def passes(self) -> bool:
        return not self.faults


def verdict(run: Run, baseline: Path = BASELINE) -> Verdict:
    """Floors broken and drops beyond chance, each with its goal.

    A floor listed in ``open_goals.toml`` is known not to be met yet: it does not stop a change
    unless its figure has clearly fallen behind the one written down there.
    """
    broken = [r for r in results(run) if r.fails and run.system != NO_GATE]
    faults = [_says(r) + fell for r in broken if (fell := fallen(r)) is not None]
    known = [
        f"{_says(r)}; open: {open_goals()[key(r)]['why']}" for r in broken if fallen(r) is None
    ]
    dropped = [
        f"goal {c.measure.goal}, {c.measure.name}: from {c.before:.3f} to {c.after:.3f} on {c.n} shared samples,"
        f" worse by {-c.better_by:.3f} ({-c.high:.3f} to {-c.low:.3f})"
        for c in drops(run, baseline)
    ]
    return Verdict(faults + dropped, known)


@cache
def open_goals() -> dict[str, dict[str, Any]]:
    """Floors known not to be met yet, by goal and measure: the figure then, and what is missing."""
    found: dict[str, dict[str, Any]] = tomllib.loads(OPEN_GOALS.read_text(encoding="utf-8"))
    return found


def fallen(result: Result) -> str | None:
    """How far a broken floor is behind what is known of it: words for the log, or None if not."""
    known = open_goals().get(key(result))
    if known is None or result.value is None:
        return ""
    sign = 1 if result.measure.better == "high" else -1
    margin = max(MARGIN, (result.high - result.low) / 2)
    behind = sign * (float(known["at"]) - result.value)
    return f", fell from {known['at']}" if behind > margin else None


def key(result: Result) -> str:
    """The name of an open goal, which is also that of its test."""
    return f"goal_{result.measure.goal:02}-{result.measure.name}"


def _says(r: Result) -> str:
    m = r.measure
    return f"goal {m.goal}, {m.name}: {r.value:.3f} breaks the floor {m.floor} (n {r.n})"


def accept(run: Run, baseline: Path = BASELINE) -> None:
    """Make a run the baseline of its system; the other systems' stay."""
    stored = load(baseline)
    systems: dict[str, Any] = stored.setdefault("systems", {})
    systems[run.system] = {
        m.name: {key: round(value, DIGITS) for key, value in sorted(found.items())}
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
