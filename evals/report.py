"""The readable evidence: one offline HTML page, a Markdown summary, JUnit XML for CI."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from xml.etree import ElementTree as ET

from evals import beside, chart, compare, labelled
from evals.beside import SHOWN, interval, number
from evals.run import Entry, Run
from evals.summary import Result, measures, results, task_results
from evals.tasks import tasks

WORST = 10
STYLE = """
:root{color-scheme:light}body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:62rem;padding:1rem;color:#1c2530;background:#fff}
h1,h2,h3{line-height:1.25}p,summary{overflow-wrap:anywhere}table{border-collapse:collapse;width:100%;font-size:.9rem}.wide{overflow-x:auto}
th,td{text-align:left;padding:.3rem .5rem;border-bottom:1px solid #d5dbe3;vertical-align:top}td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
svg{width:100%;min-width:440px;max-width:820px;height:auto;font:12px system-ui,sans-serif}.grid{stroke:#e3e8ee}.small{font-size:11px}.floor{stroke:#b3261e;stroke-width:2}
.target{fill:#1d7a4d}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f6f9;padding:.6rem;border-radius:6px;font:14px/1.45 system-ui,sans-serif}
details{margin:.4rem 0}summary{cursor:pointer;padding:.4rem 0}.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(16rem,1fr));gap:.6rem}
.state{white-space:nowrap;font-weight:600}.note{color:#44546a}.loud{background:#b3261e;color:#fff;padding:.6rem;border-radius:6px}
a:focus-visible,summary:focus-visible,.wide:focus-visible{outline:3px solid #1a5fb4}
"""


def html(runs: Sequence[Run], baseline: Path = compare.BASELINE) -> str:
    """Self-contained page over one run or several, each charted and compared with its baseline."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width,initial-scale=1">',
        f"<title>Stillpoint evals</title><style>{STYLE}</style><h1>Stillpoint evals</h1>",
        *(_about(run) for run in runs),
        *(_goals(run, baseline) for run in runs),
        beside.html(runs) if len(runs) > 1 else "",
        *(_worst(run) for run in runs),
        *(_task_pages(run) for run in runs),
        _labels(),
        beside.answers(runs) if len(runs) > 1 else "",
    ]
    return "\n".join(filter(None, parts))


def markdown(run: Run, baseline: Path = compare.BASELINE) -> str:
    """For a pull request: verdict first, then every figure."""
    found = compare.verdict(run, baseline)
    head = "**May go in.**" if found.passes else _listed("Must not go in", found.faults)
    if found.known:
        head += "\n\n" + _listed("Open goals, known and not fallen further", found.known)
    moved = {c.measure.name: c for c in compare.changes(run, baseline)}
    rows = [
        f"| {r.measure.goal} | {r.measure.name} | {number(r)} | {interval(r)} | {r.n} | {_mark(r.measure.floor)} | {_mark(r.measure.target)} | {_moved(moved.get(r.measure.name))} | {r.state} |"
        for r in results(run)
    ]
    table = "| # | measure | value | 95% | n | floor | target | change | state |\n|---|---|---|---|---|---|---|---|---|\n"
    return (
        f"## Evals: {run.system}, {run.header['tier']} tier\n\n{head}\n\n{table}"
        + "\n".join(rows)
        + "\n"
    )


def junit(run: Run, baseline: Path = compare.BASELINE) -> str:
    """One test case a measure: failed below its floor, skipped when it did not run."""
    suite = ET.Element("testsuite", name=f"evals.{run.system}.{run.header['tier']}")
    found = results(run)
    for result in found:
        case = ET.SubElement(
            suite, "testcase", classname=f"goal_{result.measure.goal:02}", name=result.measure.name
        )
        if result.fails and compare.fallen(result) is not None and run.system != compare.NO_GATE:
            said = f"{number(result)} breaks the floor {result.measure.floor}"
            ET.SubElement(case, "failure", message=said)
        elif result.fails or result.state in {"not run", "untrusted"}:
            ET.SubElement(
                case, "skipped", message=f"{result.state}: {result.why or _known(result)}"
            )
    for change in compare.drops(run, baseline):
        case = ET.SubElement(suite, "testcase", classname="baseline", name=change.measure.name)
        ET.SubElement(
            case, "failure", message=f"from {change.before:.3f} to {change.after:.3f} on {change.n}"
        )
    for name, kind in (("tests", "testcase"), ("failures", "*/failure"), ("skipped", "*/skipped")):
        suite.set(name, str(len(suite.findall(kind))))
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def _about(run: Run) -> str:
    head = run.header
    loud = (
        f"<p class=loud>Answered outside this process, at {escape(str(head['endpoint']))}.</p>"
        if head.get("endpoint")
        else ""
    )
    facts = ("model", "model_sha256", "adapter", "seed", "commit", "code", "machine", "started")
    said = "; ".join(f"{key} {escape(str(head[key]))}" for key in facts if head.get(key))
    seconds = sum(t.ms.get("total", 0.0) for e in run.entries for t in e.record.turns) / 1000
    tokens = sum(t.tokens.get("output", 0) for e in run.entries for t in e.record.turns)
    return (
        f"{loud}<p><b>{run.system}</b>, {head['tier']} tier: {len(run.entries)} samples, {seconds:.0f} s of answering, "
        f"{tokens} tokens written. <span class=note>{said}</span></p>"
    )


def _goals(run: Run, baseline: Path) -> str:
    found = results(run)
    moved = {c.measure.name: c for c in compare.changes(run, baseline)}
    before = {name: change.before for name, change in moved.items()}
    rows = [_row(r, _moved(moved.get(r.measure.name))) for r in found]
    keys = "Dot: this run. Line: 95% interval. Ring: baseline. Red bar: floor. Green mark: target. Arrow: the better direction."
    return (
        f"<h2>Goals: {run.system}</h2><div class=wide tabindex=0>{chart.goals(found, before)}</div><p class=note>{keys}</p>"
        f"<div class=wide tabindex=0><table><tr><th>#<th>measure<th>value<th>95%<th>n<th>floor<th>target<th>change<th>state</tr>{''.join(rows)}</table></div>"
    )


def _listed(title: str, lines: Sequence[str]) -> str:
    return f"**{title}:**\n" + "\n".join(f"- {line}" for line in lines)


def _moved(change: compare.Change | None) -> str:
    return f"{change.better_by:+.3f}{' worse' if change.worse else ''}" if change else ""


def _known(result: Result) -> str:
    known = compare.open_goals().get(compare.key(result), {})
    return f"open goal: {known.get('why', 'measured to compare with')}"


def _row(r: Result, change: str) -> str:
    m, colour = r.measure, chart.COLOURS[r.state]
    why = f"<br><span class=note>{escape(r.why)}</span>" if r.why else ""
    return (
        f"<tr><td>{m.goal}<td><b>{escape(m.name)}</b><br>{escape(m.words)}{why}<td class=n>{number(r)}<td class=n>{interval(r)}<td class=n>{r.n}"
        f'<td class=n>{_mark(m.floor)}<td class=n>{_mark(m.target)}<td class=n>{change}<td class=state style="color:{colour}">{chart.SHAPES[r.state]} {r.state}</tr>'
    )


def _worst(run: Run) -> str:
    """Samples on which most scorers were unhappy, with what each of them saw."""
    ranked = sorted(
        (e for e in run.entries if e.record.turns), key=lambda e: (-_faults(e), e.task, e.sample.id)
    )
    shown = [entry for entry in ranked[:WORST] if _faults(entry)]
    return f"<h2>Ten worst: {run.system}</h2>" + "".join(map(_transcript, shown))


def _task_pages(run: Run) -> str:
    pages = []
    for task in tasks():
        mine = [e for e in run.entries if e.task == task.name]
        if not mine:
            why = run.header.get("not_run", {}).get(task.name, "not in this run")
            pages.append(
                f"<details><summary>{task.name}: not run</summary><p>{escape(str(why))}</p></details>"
            )
            continue
        rows = "".join(_row(r, "") for r in task_results(run, task.name))
        bad = [e for e in mine if _faults(e)]
        pages.append(
            f"<details><summary>{task.name}: {len(mine)} samples, {len(bad)} with a fault</summary><div class=wide tabindex=0><table>{rows}</table></div>"
            + "".join(map(_transcript, bad[:WORST])) + "</details>"
        )  # fmt: skip
    return f"<h2>Tasks: {run.system}</h2>" + "".join(pages)


def _labels() -> str:
    """How far the two annotation passes agree, and each scorer with what both of them say."""
    passes = "".join(
        f"<tr><td>{a.question}<td class=n>{a.both}<td class=n>{a.raw:.3f}<td class=n>{a.kappa:.2f}</tr>"
        for a in labelled.agreement()
    )
    scorers = "".join(
        f"<tr><td>{s.check}<td class=n>{s.n}<td class=n>{s.raw:.3f}<td class=n>{s.kappa:.2f}<td class=n>{s.always:.3f}"
        f"<td class=n>{s.precision:.2f}<td class=n>{s.recall:.2f}</tr>"
        for s in labelled.standings()
    )
    if not passes:
        return "<h2>Labels</h2><p>not run: evals/labels holds no two passes.</p>"
    return (
        "<h2>Labels</h2><p>Two annotation passes by software over the same replies, and the scorers on the half of the cases"
        " they did not learn from. Precision and recall are of finding the replies labelled false.</p><div class=wide tabindex=0>"
        f"<table><tr><th>question<th>n<th>agree<th>kappa</tr>{passes}</table><table><tr><th>scorer<th>n<th>agrees<th>kappa"
        f"<th>commoner label alone<th>precision<th>recall</tr>{scorers}</table></div>"
    )


def _transcript(entry: Entry) -> str:
    talk = "".join(
        f"<p><b>User:</b> {escape(t.user[:SHOWN])}</p><pre>{escape(t.reply[:SHOWN])}</pre>"
        f"<p class=note>{escape(' '.join(filter(None, (t.route, t.category, t.stance, t.rule, t.finish))))} {escape(', '.join(t.cards))}</p>"
        for t in entry.record.turns
    )
    saw = "".join(
        f"<tr><td>{escape(name)}<td>{'not judged' if s.value is None else f'{s.value:g}'}<td>{escape(s.answer)} {escape(s.explanation[:200])}</tr>"
        for name, s in entry.scores.items()
    )
    return f"<details><summary>{escape(entry.task)}/{escape(entry.sample.id)}: {_faults(entry)} faults</summary>{talk}<div class=wide tabindex=0><table>{saw}</table></div></details>"


def _faults(entry: Entry) -> int:
    """Measures between 0 and 1 on which this sample got the bad end."""
    known = {m.name: m for m in measures() if m.kind in {"rate", "f1"}}
    scored: Iterable[tuple[str, float]] = (
        (n, s.value) for n, s in entry.scores.items() if s.value is not None
    )
    return sum((v < 1) if known[n].better == "high" else (v > 0) for n, v in scored if n in known)


def _mark(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
