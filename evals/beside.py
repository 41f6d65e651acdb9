"""Several runs beside each other: one chart, one table, and what each answered to the same cases."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from evals import chart
from evals.run import Entry, Run
from evals.summary import Result, results
from evals.types import Measure

CASES = 60  # on which several runs are shown
SHOWN = 1200  # characters of a reply
Tables = Sequence[dict[str, Result]]


def name(run: Run) -> str:
    """What tells runs apart: the system, and its model where it has one."""
    model = str(run.header.get("model") or "").split("-instruct")[0]
    return f"{run.system} ({model})" if model else run.system


def number(result: Result) -> str:
    return "not run" if result.value is None else f"{result.value:.3f}"


def interval(result: Result) -> str:
    return "" if result.value is None else f"{result.low:.3f} to {result.high:.3f}"


def picture(runs: Sequence[Run]) -> str:
    """The chart, fit to stand alone as an SVG file."""
    return chart.beside([name(run) for run in runs], _tables(runs))


def html(runs: Sequence[Run]) -> str:
    """Chart and table."""
    tables = _tables(runs)
    heads = "".join(f"<th>{escape(name(run))}" for run in runs)
    rows = [
        f"<tr><td>{m.goal}<td>{escape(m.name)}" + "".join(f"<td>{_cell(t[m.name])}" for t in tables)
        for m in _shared(tables)
    ]
    return (
        f"<h2>Side by side</h2><div class=wide tabindex=0>{picture(runs)}</div>"
        f"<div class=wide tabindex=0><table><tr><th>#<th>measure{heads}</tr>{''.join(rows)}</table></div>"
    )


def markdown(runs: Sequence[Run]) -> str:
    """The same table for a pull request."""
    tables = _tables(runs)
    heads = " | ".join(map(name, runs))
    rows = [
        f"| {m.goal} | {m.name.replace('_', ' ')} | "
        + " | ".join(_line(t[m.name]) for t in tables)
        + " |"
        for m in _shared(tables)
    ]
    head = f"## Side by side\n\n| # | measure | {heads} |\n|---|---|{'---|' * len(runs)}\n"
    return head + "\n".join(rows) + "\n"


def answers(runs: Sequence[Run]) -> str:
    """What every run answered to the same cases, where they differ."""
    found = [{(e.task, e.sample.id): e for e in run.entries if e.record.turns} for run in runs]
    shared = [key for key in found[0] if all(key in side for side in found)]
    apart = [key for key in shared if len({side[key].record.last.reply for side in found}) > 1]
    return f"<h2>The same cases: {escape(' and '.join(map(name, runs)))}</h2>" + "".join(
        _case(key, runs, [side[key] for side in found]) for key in apart[:CASES]
    )


def _tables(runs: Sequence[Run]) -> Tables:
    return [{r.measure.name: r for r in results(run)} for run in runs]


def _shared(tables: Tables) -> list[Measure]:
    """Measures that at least two of the runs have; the rest cannot be compared."""
    return [
        r.measure
        for r in tables[0].values()
        if sum(t[r.measure.name].value is not None for t in tables) > 1
    ]


def _cell(r: Result) -> str:
    return number(r) + (f" <span class=note>{interval(r)}, n {r.n}</span>" if r.n else "")


def _line(r: Result) -> str:
    return f"{number(r)} ({interval(r)}, n {r.n})" if r.n else "not run"


def _case(key: tuple[str, str], runs: Sequence[Run], entries: Sequence[Entry]) -> str:
    cells = "".join(
        f"<div><b>{escape(name(run))}</b><pre>{escape(entry.record.last.reply[:SHOWN])}</pre></div>"
        for run, entry in zip(runs, entries, strict=True)
    )
    said = escape(" / ".join(entries[0].sample.input))
    return (
        f"<details><summary>{escape(key[0])}/{escape(key[1])}</summary><pre>{said}</pre>"
        f"<div class=sides>{cells}</div></details>"
    )
