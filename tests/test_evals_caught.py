"""Two changes that must not go in, made on purpose: each is caught and named by ``eval compare``.

A worsened prompt (stance files that give verdicts, the rule against advice dropped) and a broken
guard (pattern files emptied, the reader's gates shut) are measured on a small part of the quick
tier against a baseline taken from the same part just before.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assistant import guards, texts
from assistant.chat import Assistant
from assistant.guards import patterns
from assistant.settings import Settings
from assistant.wording import PlainWriter
from evals import compare, run
from evals.cli import app
from evals.systems import Guarded
from evals.tasks import tasks

CACHED = (patterns.rules, texts.stance, texts.system)


@dataclass(frozen=True)
class Bench:
    """Measures the assistant as it stands, and compares with the baseline taken at first."""

    listener: Any
    folder: Path

    def measure(self, name: str) -> Path:
        for cached in CACHED:
            cached.cache_clear()
        settings = Settings(home=self.folder)
        library = self.listener.retriever.library
        assistant = Assistant(settings, self.listener, library, PlainWriter())
        path = self.folder / f"{name}.jsonl"
        run.execute(Guarded(assistant, baselines=None), settings, "quick", path)  # type: ignore[arg-type]
        return path

    def compare(self, path: Path) -> tuple[int, str]:
        shown = CliRunner().invoke(app, ["compare", str(path), "--baseline", str(self.baseline)])
        return shown.exit_code, shown.output

    @property
    def baseline(self) -> Path:
        return self.folder / "baseline.json"


@pytest.fixture
def bench(
    request: pytest.FixtureRequest, listener: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    """Some samples of the task that the test names, a few of each kind."""
    name, most = request.param
    task = next(t for t in tasks() if t.name == name)
    part = run._spread(task.samples(Settings(home=tmp_path)), 7)[:most]
    monkeypatch.setattr(run, "plan", lambda *_: [(task, part)])
    made = Bench(listener, tmp_path)
    compare.accept(run.read(made.measure("before")), made.baseline)
    yield made
    monkeypatch.undo()
    for cached in CACHED:
        cached.cache_clear()


def _fell(shown: str) -> set[str]:
    """Goals that are said to have dropped against the baseline."""
    dropped = [line for line in shown.splitlines() if "worse by" in line]
    return set(re.findall(r"FELL\s+(goal \d+, \w+)", "\n".join(dropped)))


@pytest.mark.parametrize("bench", [("situations", 12)], indirect=True, ids=["situations"])
def test_the_same_code_measured_again_has_fallen_nowhere(bench: Bench) -> None:
    _, shown = bench.compare(bench.measure("again"))
    assert _fell(shown) == set()


@pytest.mark.parametrize("bench", [("situations", 60)], indirect=True, ids=["situations"])
def test_a_worsened_prompt_is_caught_and_named(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    worse = bench.folder / "prompts"
    shutil.copytree(texts.PROMPTS, worse)
    system = (worse / "system.md").read_text(encoding="utf-8")
    (worse / "system.md").write_text(system.replace("Do not give advice. ", ""), encoding="utf-8")
    for path in (worse / "stances").glob("*.md"):
        told = re.sub(
            r'^  "', '  "You should leave them. ', path.read_text(encoding="utf-8"), flags=re.M
        )
        path.write_text(told, encoding="utf-8")
    monkeypatch.setattr(texts, "PROMPTS", worse)
    code, shown = bench.compare(bench.measure("worse-prompt"))
    assert code == 1
    assert "goal 15, stay_or_leave" in _fell(shown)


@pytest.mark.parametrize("bench", [("guard_messages", 60)], indirect=True, ids=["messages"])
def test_a_broken_guard_is_caught_and_named(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = bench.folder / "guards"
    shutil.copytree(patterns.HERE, broken, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (broken / "input").glob("*.toml"):
        path.write_text("patterns = []\n", encoding="utf-8")
    monkeypatch.setattr(patterns, "HERE", broken)
    shut = dict.fromkeys(guards.thresholds(), 2.0)
    monkeypatch.setattr(guards, "thresholds", lambda: shut)
    code, shown = bench.compare(bench.measure("broken-guard"))
    assert code == 1
    assert {"goal 1, danger_recall", "goal 5, tactic_recall"} <= _fell(shown)
