"""Dot-and-whisker charts of the goals (SVG): one run with its marks, or several side by side."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from evals.summary import Result
from evals.types import Measure

WIDTH, ROW, LEFT, RIGHT, TOP = 560, 26, 178, 84, 26
COLOURS = {
    "met": "#1d7a4d",
    "above floor": "#8a6d00",
    "below floor": "#b3261e",
    "reported": "#44546a",
    "untrusted": "#7a4fa3",
    "too few": "#6b6b6b",
    "not run": "#888888",
}
SHAPES = {
    "met": "●",
    "above floor": "◐",
    "below floor": "▼",
    "reported": "○",
    "untrusted": "?",
    "too few": "…",
    "not run": "–",
}


def goals(results: list[Result], before: dict[str, float]) -> str:
    """One row a share between 0 and 1; ``before`` holds the baseline's value by measure."""
    rows = [r for r in results if r.measure.kind in {"rate", "f1"} and r.value is not None]
    height = TOP + ROW * len(rows) + 10
    body = [_axis(height)]
    for place, result in enumerate(rows):
        body.append(_row(result, TOP + ROW * place + ROW / 2, before.get(result.measure.name)))
    label = f"Shares by goal with 95% intervals, {len(rows)} rows; the table below holds the same figures"
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(body)}</svg>'
    )


SERIES = (("#b3261e", "square"), ("#44546a", "ring"), ("#1a5fb4", "dot"), ("#7a4fa3", "square"))
STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#1c2530}.small{font-size:11px}"
    ".grid{stroke:#e3e8ee}.floor{stroke:#b3261e;stroke-width:2}.target{fill:#1d7a4d}</style>"
)


def beside(names: Sequence[str], tables: Sequence[dict[str, Result]]) -> str:
    """Several runs in one chart: a row a measure that at least two of them have, a mark a run."""
    measures = [r.measure for r in tables[0].values() if r.measure.kind in {"rate", "f1"}]
    shared = [m for m in measures if sum(t[m.name].value is not None for t in tables) > 1]
    tall, wide = 14 + 7 * len(tables), WIDTH + 30 * (len(tables) - 1)
    foot = TOP + tall * len(shared) + 10
    height = foot + 18 * len(names)
    body = [STYLE, f'<rect width="{wide}" height="{height}" fill="#fff"/>', _axis(foot)]
    for place, measure in enumerate(shared):
        body.append(_group(measure, [t[measure.name] for t in tables], TOP + tall * place))
    for place, name in enumerate(names):
        y = foot + 18 * place + 6
        body += [_mark(place, LEFT, y), f'<text x="{LEFT + 10}" y="{y + 4}">{escape(name)}</text>']
    label = f"{' and '.join(names)}: shares with 95% intervals, {len(shared)} measures"
    return (
        f'<svg viewBox="0 0 {wide} {height}" role="img" aria-label="{escape(label)}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(body)}</svg>'
    )


def _group(measure: Measure, found: Sequence[Result], top: float) -> str:
    middle = top + 7 + 3.5 * len(found)
    better = "↑" if measure.better == "high" else "↓"
    parts = [
        f'<text x="{LEFT - 10}" y="{middle + 4}" text-anchor="end">{measure.goal}. {escape(measure.name)} {better}</text>'
    ]
    for place, result in enumerate(found):
        if result.value is None:
            continue
        y = top + 10 + 7 * place
        colour = SERIES[place % len(SERIES)][0]
        parts.append(
            f'<line x1="{_x(result.low):.1f}" x2="{_x(result.high):.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"/>'
        )
        parts.append(_mark(place, _x(result.value), y))
    values = " / ".join("–" if r.value is None else f"{r.value:.2f}" for r in found)
    parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{middle + 4}" class="small">{values}</text>')
    return "".join(parts)


def _mark(place: int, x: float, y: float) -> str:
    """Colour and shape both tell the run, so that neither is needed alone."""
    colour, shape = SERIES[place % len(SERIES)]
    if shape == "square":
        return f'<rect x="{x - 3.5:.1f}" y="{y - 3.5}" width="7" height="7" fill="{colour}"/>'
    fill = colour if shape == "dot" else "#fff"
    return f'<circle cx="{x:.1f}" cy="{y}" r="3.8" fill="{fill}" stroke="{colour}" stroke-width="1.6"/>'


def _x(share: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * max(0.0, min(1.0, share))


def _axis(height: float) -> str:
    lines = [
        f'<line x1="{_x(s):.1f}" x2="{_x(s):.1f}" y1="{TOP - 6}" y2="{height - 8}" class="grid"/>'
        f'<text x="{_x(s):.1f}" y="{TOP - 10}" text-anchor="middle" class="small">{s:.0%}</text>'
        for s in (0, 0.25, 0.5, 0.75, 1)
    ]
    return "".join(lines)


def _row(result: Result, y: float, before: float | None) -> str:
    measure, colour = result.measure, COLOURS[result.state]
    value = result.value or 0.0
    parts = [
        f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{measure.goal}. {escape(measure.name)}</text>',
        f'<line x1="{_x(result.low):.1f}" x2="{_x(result.high):.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"/>',
    ]
    if measure.floor is not None:
        parts.append(
            f'<line x1="{_x(measure.floor):.1f}" x2="{_x(measure.floor):.1f}" y1="{y - 9}" y2="{y + 9}" class="floor"/>'
        )
    if measure.target is not None:
        parts.append(f'<path d="M{_x(measure.target):.1f} {y - 9} l4 -5 h-8 z" class="target"/>')
    if before is not None:
        parts.append(f'<circle cx="{_x(before):.1f}" cy="{y}" r="5" fill="none" stroke="#44546a"/>')
    parts.append(f'<circle cx="{_x(value):.1f}" cy="{y}" r="4.5" fill="{colour}"/>')
    better = "↑" if measure.better == "high" else "↓"
    parts.append(
        f'<text x="{WIDTH - RIGHT + 8}" y="{y + 4}" class="small">{value:.3f} {better} {SHAPES[result.state]}</text>'
    )
    return "".join(parts)
