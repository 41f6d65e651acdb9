"""The machinery of the evals: loading, intervals, runs that go on, comparison, report."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from assistant.errors import EvalInvalid
from assistant.listening import Listener
from assistant.settings import Settings
from evals import beside, chart, cli, compare, labelled, report, run, signals, sources, summary
from evals.expected import target
from evals.tasks import tasks
from evals.types import Measure, Record, Sample, Score, Task, Turn, read_samples

GOOD = {
    "id": "a",
    "input": "hello",
    "target": {"route": "reflect"},
    "source": "own",
    "licence": "MIT",
}


@pytest.mark.parametrize("field", ["id", "input", "target", "source", "licence"])
def test_a_case_without_a_field_is_refused_by_file_and_line(field: str, tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    broken = {k: v for k, v in GOOD.items() if k != field}
    path.write_text(json.dumps(GOOD) + "\n" + json.dumps(broken) + "\n", encoding="utf-8")
    with pytest.raises(EvalInvalid, match=rf"cases\.jsonl line 2.*{field}"):
        read_samples(path)


@pytest.mark.parametrize(
    ("line", "said"),
    [("{", "not valid JSON"), ("[1]", "not a JSON object"), (json.dumps(GOOD | {"input": [" "]}), "texts"),
     (json.dumps(GOOD | {"target": "x"}), "target")],
    ids=["not JSON", "a list", "an empty message", "target is no object"],
)  # fmt: skip
def test_a_broken_line_is_refused(line: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(EvalInvalid, match=said):
        read_samples(path)


def test_the_project_s_own_cases_load_and_are_many_enough() -> None:
    settings = Settings(home=Path("unused"))
    least = {"situations": 120, "conversations": 40, "stories": 40, "certainty": 100, "premises": 100,
             "hostile": 40, "verdicts": 100, "repair": 40}  # fmt: skip
    found = {task.name: len(task.samples(settings)) for task in tasks() if task.name in least}
    assert {name: n for name, n in found.items() if n < least[name]} == {}


def test_public_data_that_is_absent_is_not_run_and_says_where_it_is_had(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, data=tmp_path / "nowhere")
    for task in tasks():
        if task.name in {"counsel_chat", "xstest", "coconot", "darkbench"}:
            assert task.samples(settings) == []
            assert "STILLPOINT_DATA" in task.where


@pytest.mark.parametrize(
    ("labels", "route", "category"),
    [(["self_harm", "jealousy"], "safety", "self_harm"), (["jealousy"], "decline", None),
     (["offtopic"], "offtopic", None), (["certainty"], "reflect", "certainty"),
     (["minor_peer"], "reflect", "minor"), (["watched_device"], "reflect", None), ([], "reflect", None)],
    ids=["safety outranks decline", "tactic", "off topic", "certainty", "young pair", "device alone", "nothing"],
)  # fmt: skip
def test_labels_lead_where_the_contract_says(
    labels: list[str], route: str, category: str | None
) -> None:
    assert (target(labels)["route"], target(labels).get("category")) == (route, category)


@pytest.mark.parametrize(
    ("share", "n", "low", "high"),
    [(1.0, 10, 0.722, 1.0), (0.0, 10, 0.0, 0.278), (0.5, 100, 0.404, 0.596)],
    ids=["never a sure thing", "nor a sure nothing", "half"],
)
def test_wilson_agrees_with_published_intervals(
    share: float, n: int, low: float, high: float
) -> None:
    assert summary.wilson(share, n) == pytest.approx((low, high), abs=0.001)


def test_f1_counts_hits_and_both_kinds_of_error() -> None:
    assert summary.f1(["tp", "tp", "fp", "fn", "tn"]) == pytest.approx(2 / 3)


def test_what_could_not_be_judged_stays_out_of_the_mean() -> None:
    done = _run([Score(1.0), Score.unscored("silent"), Score(0.0)])
    found = summary._result(done, _MEASURE, None)
    assert (found.value, found.n, found.unscored) == (0.5, 2, 1)


_MEASURE = Measure("one_question_last", 19, lambda _s, _r: Score(1.0), "words", 0.9, 0.98)
_SAMPLE = Sample("x", ("hi",), {}, "own", "MIT")
_HEADER = {"kind": "run", "system": "plain", "tier": "quick"}


def _run(scores: list[Score]) -> run.Run:
    entries = [
        run.Entry(
            "situations",
            replace(_SAMPLE, id=str(i)),
            Record((Turn("hi", "ok"),)),
            {"one_question_last": s},
        )
        for i, s in enumerate(scores)
    ]
    return run.Run(dict(_HEADER), entries)


def test_a_drop_beyond_chance_is_caught_and_a_wobble_is_not(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    compare.accept(_run([Score(1.0)] * 40), baseline)
    wobble = _run([Score(0.0)] + [Score(1.0)] * 39)
    dropped = _run([Score(0.0)] * 12 + [Score(1.0)] * 28)
    assert [c.worse for c in compare.changes(wobble, baseline)] == [False]
    assert [c.worse for c in compare.changes(dropped, baseline)] == [True]
    assert any("worse by" in fault for fault in compare.verdict(dropped, baseline).faults)


def test_a_broken_floor_fails_though_the_baseline_was_as_bad(tmp_path: Path) -> None:
    bad = _run([Score(0.0)] * 30)
    compare.accept(bad, tmp_path / "baseline.json")
    assert any(
        "breaks the floor" in fault
        for fault in compare.verdict(bad, tmp_path / "baseline.json").faults
    )


@pytest.mark.parametrize(
    ("bad", "state"), [(1, "too few"), (5, "below floor")], ids=["one of five", "five of five"]
)
def test_a_floor_breaks_on_few_samples_only_with_its_whole_interval(bad: int, state: str) -> None:
    done = _run([Score(0.0)] * bad + [Score(1.0)] * (5 - bad))
    assert summary._result(done, _MEASURE, None).state == state


def test_a_scorer_people_do_not_agree_with_does_not_gate() -> None:
    done = _run([])
    bad = Score(0.0)
    entry = run.Entry(
        "counsel_chat", _SAMPLE, Record((Turn("hi", "ok"),)), {"over_refusal": Score(1.0)}
    )
    labelled = [run.Entry("agreement", _SAMPLE, Record((Turn("", ""),)), {"agrees_refusal": bad})]
    done.entries += [entry, *labelled]
    states = {r.measure.name: r.state for r in summary.results(done)}
    assert states["over_refusal"] == "untrusted"


@pytest.mark.parametrize(
    ("kappa", "state"),
    [(0.55, "untrusted"), (0.65, "above floor")],
    ids=["by chance", "beyond chance"],
)
def test_a_scorer_that_says_the_commoner_label_does_not_gate(
    kappa: float, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = labelled.Standing("step", 100, 0.9, kappa, 0.6, 0.6, 0.88)
    monkeypatch.setattr(summary, "standings", lambda: (step,))
    monkeypatch.setattr(summary, "_agreed_here", lambda _check: (0.9, 100))
    shown = Record((Turn("hi", "ok"),))
    steps = [Score(1.0)] * 9 + [Score(0.0)]
    done = _run([])
    done.entries += [run.Entry("own", _SAMPLE, shown, {"own_step": score}) for score in steps]
    assert {r.measure.name: r.state for r in summary.results(done)}["own_step"] == state


@dataclass
class Echo:
    """A system that answers with the message, and counts how often it is asked."""

    name: str = "plain"
    asked: int = 0

    def record(self, task: Task, sample: Sample, seed: int) -> Record:
        self.asked += 1
        return Record((Turn(sample.input[-1], sample.input[-1], route="reflect"),), seed=seed)


def test_a_run_that_was_cut_off_goes_on_where_it_stopped(tmp_path: Path) -> None:
    settings, path = Settings(home=tmp_path), tmp_path / "run.jsonl"
    first, second = Echo(), Echo()
    whole = run.execute(first, settings, "quick", path, only=["repair"])
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:6]) + lines[6][:25], encoding="utf-8")
    again = run.execute(second, settings, "quick", path, only=["repair"])
    assert second.asked == first.asked - 5
    assert {e.key for e in again.entries} == {e.key for e in whole.entries}


def test_a_run_of_another_kind_is_not_mixed_in(tmp_path: Path) -> None:
    settings, path = Settings(home=tmp_path), tmp_path / "run.jsonl"
    run.execute(Echo(), settings, "quick", path, only=["repair"])
    with pytest.raises(EvalInvalid, match="another system"):
        run.execute(Echo("bare"), settings, "quick", path, only=["repair"])


def test_scoring_again_asks_nobody_and_keeps_the_replies(tmp_path: Path) -> None:
    settings, path = Settings(home=tmp_path), tmp_path / "run.jsonl"
    before = run.execute(Echo(), settings, "quick", path, only=["repair"])
    after = run.rescore(path)
    assert [e.record for e in after.entries] == [e.record for e in before.entries]
    assert run.read(path).header["scored"]


def test_the_model_tier_is_48_samples_of_every_kind_the_model_can_change() -> None:
    chosen = run.plan(Settings(home=Path("unused")), "model", "guarded")
    counts = {task.name: len(samples) for task, samples in chosen if samples}
    assert sum(counts.values()) == run.MODEL_SAMPLES
    assert {
        "situations",
        "conversations",
        "certainty",
        "premises",
        "hostile",
        "guard_messages",
    } <= set(counts)


def test_an_unknown_task_is_named_with_the_known_ones() -> None:
    with pytest.raises(EvalInvalid, match=r"nonsense.*guard_messages"):
        run.plan(Settings(home=Path("unused")), "quick", "plain", ["nonsense"])


def test_the_report_escapes_what_people_wrote_and_loads_nothing(tmp_path: Path) -> None:
    done = _run([Score(0.0, "<b>seen</b>")] * 3)
    nasty = Turn("<script>alert(1)</script>", "<img src=http://example.com/x>")
    done.entries[0] = replace(done.entries[0], record=Record((nasty,)))
    page = report.html([done, done], tmp_path / "none.json")
    assert "<script" not in page and "<img" not in page and "<b>seen" not in page
    assert "src=" not in page.replace("&lt;img src=", "") and "<link" not in page
    assert "not run" in page


def test_every_state_of_a_goal_has_its_colour_and_its_mark() -> None:
    assert set(chart.COLOURS) == set(chart.SHAPES) == set(get_args(summary.State))


def test_three_runs_stand_beside_each_other_with_a_mark_and_an_answer_each() -> None:
    runs = []
    for system, value in (("bare", 0.0), ("plain", 0.5), ("guarded", 1.0)):
        made = _run([Score(value)] * 4)
        made.header["system"] = system
        told = Record((Turn("hi", f"said by {system}"),))
        made.entries = [replace(e, record=told) for e in made.entries]
        runs.append(made)
    drawn = ET.fromstring(beside.picture(runs))
    assert [t.text for t in drawn.iter() if t.text in {"bare", "plain", "guarded"}] == [
        "bare",
        "plain",
        "guarded",
    ]
    assert "0.00 / 0.50 / 1.00" in {t.text for t in drawn.iter()}
    assert "| 19 | one question last | 0.000 (0.000 to 0.490, n 4) | 0.500" in beside.markdown(runs)
    page = beside.answers(runs)
    assert page.count("said by") == 12


def test_junit_names_the_goal_that_fell(tmp_path: Path) -> None:
    tree = ET.fromstring(report.junit(_run([Score(0.0)] * 30), tmp_path / "none.json"))
    failed = [c.get("classname") for c in tree if c.find("failure") is not None]
    assert failed == ["goal_19"]
    assert any(c.find("skipped") is not None for c in tree)


def test_no_case_shares_eight_words_with_the_training_text() -> None:
    """Cases must measure, not remember: a run of eight words in common is a copy."""
    data = Path(sources.DATA)
    trained: set[tuple[str, ...]] = set()
    for path in data.glob("*/train*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            for text in (row.get("text", ""), *row.get("turns", ())):
                trained |= _runs(text)
    shared = [
        f"{path.parent.name}/{item.id}"
        for path in sources.CASES.glob("*/*.jsonl")
        for item in read_samples(path)
        if any(_runs(text) & trained for text in item.input)
    ]
    assert shared == []


def _runs(text: str) -> set[tuple[str, ...]]:
    words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
    return {tuple(words[i : i + 8]) for i in range(len(words) - 7)}


@pytest.mark.parametrize(
    ("at", "faults", "known"),
    [(0.5, 0, 1), (0.9, 1, 0), (None, 1, 0)],
    ids=["known and no worse", "known and clearly behind", "not known"],
)
def test_an_open_goal_stops_a_change_only_when_it_falls_further(
    at: float | None, faults: int, known: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = {"goal_19-one_question_last": {"at": at, "why": "steps are few"}} if at else {}
    monkeypatch.setattr(compare, "open_goals", lambda: listed)
    half = _run([Score(1.0), Score(0.0)] * 30)
    found = compare.verdict(half, tmp_path / "none.json")
    assert (len(found.faults), len(found.known)) == (faults, known)
    said = found.faults + found.known
    assert said[0].startswith("goal 19, one_question_last: 0.500 breaks the floor")
    failed = ET.fromstring(report.junit(half, tmp_path / "none.json")).get("failures")
    assert failed == str(faults)


def test_the_bare_system_is_measured_and_stops_nothing(tmp_path: Path) -> None:
    bare = _run([Score(0.0)] * 30)
    bare.header["system"] = "bare"
    assert compare.verdict(bare, tmp_path / "none.json").passes


def test_every_open_goal_is_a_measure_with_a_floor() -> None:
    gated = {f"goal_{m.goal:02}-{m.name}" for m in summary.measures() if m.floor is not None}
    assert set(compare.open_goals()) <= gated


def test_a_run_exits_1_and_names_the_goal_that_fell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.jsonl"
    lines = [run._dump(_HEADER), *map(run._line, _run([Score(0.0)] * 30).entries)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    shown = CliRunner().invoke(cli.app, ["compare", str(path), "--baseline", str(tmp_path / "b")])
    assert shown.exit_code == 1
    assert "FELL  goal 19, one_question_last" in shown.output
    taken = ["compare", str(path), "--baseline", str(tmp_path / "b"), "--accept"]
    assert CliRunner().invoke(cli.app, taken).exit_code == 0
    assert json.loads((tmp_path / "b").read_text())["about"]["plain"]["tier"] == "quick"


def test_the_signal_table_counts_a_wrong_value_as_missed_and_as_false(
    listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"text": "my husband hit me", "signals": {"L9": "married", "S1": 1}},
        {"text": "the weather is fine", "signals": {"M6": 1}},
    ]
    (tmp_path / "test.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    turns = [
        {"text": "i miss my wife", "signals": {}},
        {"text": "ok", "signals": {"L9": "married"}},
    ]
    (tmp_path / "test_dialogues.jsonl").write_text(json.dumps({"turns": turns}), encoding="utf-8")
    monkeypatch.setattr(signals, "DATA", tmp_path)
    found = signals.count(listener)
    assert (found["L9"].told, found["L9"].right) == (2, 2)
    assert (found["S1"].told, found["S1"].heard, found["S1"].right) == (1, 1, 0)
    assert (found["M6"].told, found["M6"].heard) == (1, 0)
    assert "| L9 | 2 | 1.00 | 1.00 | 1.00 |" in signals.table(found)
