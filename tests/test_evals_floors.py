"""``pytest -m evals`` is ``stillpoint eval run``: one test a measure, so the log names the goal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assistant.errors import ModelMissing
from assistant.settings import Settings
from evals import compare, run, summary
from evals.cli import assemble


def _measured(tier: str, aside: Path) -> run.Run:
    """STILLPOINT_EVAL_OUT keeps the run files, so that CI can print and compare them."""
    folder = Path(os.environ.get("STILLPOINT_EVAL_OUT") or aside)
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


NAMES = [f"goal_{m.goal:02}-{m.name}" for m in sorted(summary.measures(), key=lambda m: m.goal)]


def _check(done: run.Run, name: str) -> None:
    result = next(r for r in summary.results(done) if r.measure.name == name.split("-", 1)[1])
    if result.state in {"not run", "untrusted", "too few"}:
        pytest.skip(f"{result.state}: {result.why}")
    shown = f"{result.value:.3f} ({result.low:.3f} to {result.high:.3f}, n {result.n})"
    if result.fails and (fell := compare.fallen(result)) is None:
        why = compare.open_goals()[name]["why"]
        pytest.xfail(f"{name}: {shown}, floor {result.measure.floor}: {why}")
    assert not result.fails, f"{name}: {shown} breaks the floor {result.measure.floor}{fell}"
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
