"""The project's own labels: what counts as a label, how agreement is stated, and that halves are kept apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.settings import Settings
from evals import labelled


@pytest.mark.parametrize(
    ("pairs", "value"),
    [
        ([(True, True), (False, False)], 1.0),
        ([(True, True)] * 9 + [(True, False)], 0.0),
        ([(True, False), (False, True)], -1.0),
        ([(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15, 0.4),
    ],
    ids=["always", "no better than chance", "never", "Cohen's worked example"],
)  # fmt: skip
def test_kappa_takes_away_what_chance_alone_would_give(
    pairs: list[tuple[bool, bool]], value: float
) -> None:
    assert labelled.kappa(pairs) == pytest.approx(value)


def _write(folder: Path, name: str, found: list[dict[str, object]]) -> None:
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")


@pytest.fixture
def labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    reply = {"text": "he left", "reply": "He left. Rest.", "system": "bare"}
    _write(tmp_path, "replies.jsonl", [
        {"kind": "replies"}, *({"id": f"r{n}", "case": f"c{n}", **reply} for n in range(3))
    ])  # fmt: skip
    monkeypatch.setattr(labelled, "HERE", tmp_path)
    return tmp_path


def test_a_label_counts_only_where_both_passes_give_it(labels: Path) -> None:
    _write(labels, "pass_a.jsonl", [{"id": "r0", "step_own": True}, {"id": "r1", "step_own": True},
                                    {"id": "r2", "step_own": None}])  # fmt: skip
    _write(labels, "pass_b.jsonl", [{"id": "r0", "step_own": True}, {"id": "r1", "step_own": False},
                                    {"id": "r2", "step_own": None}])  # fmt: skip
    assert [s.id for s in labelled.samples(Settings(home=labels))] == ["step-r0"]
    step = next(a for a in labelled.agreement() if a.question == "step_own")
    assert (step.both, step.raw, step.same_scope) == (2, 0.5, 1.0)


def test_without_passes_there_are_no_labels(labels: Path) -> None:
    assert labelled.samples(Settings(home=labels)) == []
    assert labelled.agreement() == []


def test_replies_to_one_case_are_all_learned_from_or_all_kept_out() -> None:
    halves: dict[str, set[bool]] = {}
    for row in labelled.replies():
        halves.setdefault(row["case"], set()).add(labelled.fits(row["case"]))
    assert halves and all(len(half) == 1 for half in halves.values())
    assert 0.35 < sum(map(max, halves.values())) / len(halves) < 0.65
