"""``pytest -m evals`` is ``stillpoint eval run``: one test a measure, so the log names the goal."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

import evals
from assistant.errors import ModelMissing
from assistant.settings import Settings
from evals import compare, run, summary
from evals.cli import assemble


def _measured(tier: str, folder: Path) -> run.Run:
    settings = Settings.load()
    system, about = assemble(settings, tier, "guarded", None)
    return run.execute(system, settings, tier, folder / f"{tier}.jsonl", about=about)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def quick(tmp_path_factory: pytest.TempPathFactory) -> run.Run:
    return _measured("quick", tmp_path_factory.mktemp("evals"))


@pytest.fixture(scope="session")
def with_model(tmp_path_factory: pytest.TempPathFactory) -> run.Run:
    try:
        return _measured("model", tmp_path_factory.mktemp("evals"))
    except ModelMissing as missing:
        if "model" in os.environ.get("STILLPOINT_REQUIRE", ""):
            raise
        pytest.skip(f"not run: {missing}")


MARGIN = 0.03  # what a known open goal may vary by before it counts as a fall


def open_goals() -> dict[str, dict[str, Any]]:
    """Floors that are known not to be met yet, each with what is missing (docs/quality.md).

    They do not turn a run red; falling clearly behind the figure written down does.
    """
    text = (Path(evals.__file__).parent / "open_goals.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


NAMES = [f"goal_{m.goal:02}-{m.name}" for m in sorted(summary.measures(), key=lambda m: m.goal)]


def _check(done: run.Run, name: str) -> None:
    result = next(r for r in summary.results(done) if r.measure.name == name.split("-", 1)[1])
    if result.state in {"not run", "untrusted"}:
        pytest.skip(f"{result.state}: {result.why}")
    if result.fails and (known := open_goals().get(name)):
        sign = 1 if result.measure.better == "high" else -1
        fell = sign * (known["at"] - result.value)
        margin = max(MARGIN, (result.high - result.low) / 2)
        assert fell <= margin, f"{name}: {result.value:.3f}, fell from {known['at']}"
        pytest.xfail(f"{name}: {result.value:.3f}, floor {result.measure.floor}: {known['why']}")
    shown = f"{result.value:.3f} ({result.low:.3f} to {result.high:.3f}, n {result.n})"
    assert not result.fails, f"{name}: {shown} breaks the floor {result.measure.floor}"
    dropped = [
        c for c in compare.changes(done) if c.worse and c.measure.name == result.measure.name
    ]
    assert not dropped, f"{name}: worse than the baseline by {-dropped[0].better_by:.3f}"


@pytest.mark.evals
@pytest.mark.parametrize("name", NAMES)
def test_quick(name: str, quick: run.Run) -> None:
    _check(quick, name)


@pytest.mark.evals
@pytest.mark.model
@pytest.mark.parametrize("name", NAMES)
def test_model(name: str, with_model: run.Run) -> None:
    _check(with_model, name)
