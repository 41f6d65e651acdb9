"""The fold under a reply: what was heard, what is missing, what follows, and how to correct it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from assistant.stance import View
from assistant.texts import signals
from assistant.turn import Reading, Situation, Stance, Value
from ui.markup import options

MOST_UNKNOWN = 5  # gaps named: more than a handful reads like a form
LEANINGS = ("rest", "exit", "talk", "wait")
CHOSEN = {
    "PAUSE": "rest", "CUTOFF": "exit", "NEITHER_TALK": "talk", "NEITHER_WAIT": "wait",
    "NEITHER_HONOUR_NO": "wait",
}  # fmt: skip
CAVEAT = (
    "The weights and limits behind this were chosen by people who wrote this program; research "
    "has not fixed them. The choice is yours."
)


@dataclass(frozen=True, slots=True)
class Weights:
    """Where the weight lies, each 0-1: a picture of the rules' sums, never a score of a person."""

    rest: float
    exit: float
    talk: float
    wait: float


def in_words(code: str, value: Value) -> str:
    """A signal's value as a sentence; "" for one that has no words."""
    entry = signals().get(code, {})
    if "number" in entry:
        return str(entry["number"]).replace("$n", str(value))
    values = value if isinstance(value, list) else [value]
    return "; ".join(words for v in values if (words := entry.get("is", {}).get(str(v), "")))


def safety_signal(code: str) -> bool:
    return code.startswith("S")


def weights(situation: Situation, stance: Stance) -> Weights:
    """Shares of the greatest sums the rules know: cut 9, pause 5, asking 3, waiting 4."""
    view = View(situation.signals)
    ask = view.number("L8") + (1 if view.says("L7", "none", "hinted") else 0)
    hold = 2 * view.hot + 2 * view.motive_fails + (1 if stance.confidence == "low" else 0)
    hold += 1 if view.says("L9", "ghosted") else 0
    return Weights(view.pause / 5, view.cut / 9, min(1, ask / 3), min(1, hold / 4))


def fold(reading: Reading, correctable: bool) -> str:
    """The whole fold; buttons to correct only where ``correctable`` (not while a reply is written)."""
    situation, stance = reading.situation, reading.stance
    return (
        f"{_signals(situation, correctable)}{_unknown(stance)}"
        f'<div class="suggests"><h4>What this suggests</h4>'
        f"<p><strong>{escape(signals()['paths'][stance.path])}</strong></p>"
        f"<p>{escape(stance.why)}</p>{_leaning(stance)}</div>"
        f"{picture(weights(situation, stance), stance) if _weighed(reading) else ''}"
        f"<dl><dt>How sure this is</dt><dd>{signals()['confidence'][stance.confidence]}</dd>"
        f"<dt>What would change it</dt><dd>{escape(stance.would_change)}</dd></dl>"
        f'<p class="small">{CAVEAT}</p>'
    )


def _weighed(reading: Reading) -> bool:
    """Nothing is weighed where safety comes first, or before anything was heard."""
    return reading.stance.path != "SAFETY" and bool(reading.situation.signals)


def picture(found: Weights, stance: Stance) -> str:
    """Four bars, with the same in words for those who do not see them."""
    chosen = CHOSEN.get(stance.path, "")
    values = [(name, float(getattr(found, name))) for name in LEANINGS]
    bars = "".join(
        f'<text x="0" y="{16 + 26 * i}">{name}</text>'
        f'<rect class="track" x="52" y="{5 + 26 * i}" width="200" height="14" rx="7"/>'
        f'<rect class="{"bar chosen" if name == chosen else "bar"}" x="52" y="{5 + 26 * i}" '
        f'width="{200 * min(1, share):.0f}" height="14" rx="7"/>'
        for i, (name, share) in enumerate(values)
    )
    words = ", ".join(f"{name} {_amount(share)}" for name, share in values)
    return (
        f'<figure class="weights"><svg viewBox="0 0 256 106" role="img" aria-label="Where the '
        f'weight lies: {words}">{bars}</svg><figcaption>Where the weight of what you told lies. '
        f"The coloured bar is what the rules lean to.</figcaption></figure>"
    )


def _amount(share: float) -> str:
    amounts = ((0.05, "none"), (0.34, "a little"), (0.67, "some"))
    return next((words for limit, words in amounts if share < limit), "much")


def _signals(situation: Situation, correctable: bool) -> str:
    newest_first = sorted(situation.signals.items(), key=lambda s: s[0] not in situation.fresh)
    rows = "".join(
        _signal(code, value, situation, correctable)
        for code, value in newest_first
        if in_words(code, value)
    )
    empty = "<p>Nothing definite yet.</p>"
    return f"<h4>What I heard</h4>{f'<ul class=signals>{rows}</ul>' if rows else empty}"


def _signal(code: str, value: Value, situation: Situation, correctable: bool) -> str:
    words = situation.evidence.get(code, "")
    quote = f"<q>{escape(words)}</q>" if words else ""
    by_hand = code in situation.corrected
    if by_hand:
        quote = '<span class="byhand">set by you</span>'
    fix = _correction(code, value) if correctable and not by_hand else ""
    return f"<li><span>{escape(in_words(code, value))}</span> {quote}{fix}</li>"


def _correction(code: str, value: Value) -> str:
    entry = signals()[code]
    told = escape(in_words(code, value))
    safety = ' data-safety="1"' if safety_signal(code) else ""
    if "not_so" not in entry:
        return (
            f'<label class="fix"><span>Not so? It is:</span> <select data-fix="{code}" '
            f'aria-label="Correct: {told}">{options({"": "choose", **entry["is"]})}</select></label>'
        )
    if value == entry["not_so"]:
        return ""
    return (
        f'<button type="button" class="fix" data-fix="{code}"{safety} '
        f'aria-label="No, that is not so: {told}">No, that is not so</button>'
    )


def _unknown(stance: Stance) -> str:
    gaps = [signals()[code]["unknown"] for code in stance.unknown if code in signals()]
    if not gaps:
        return ""
    more = f" and {len(gaps) - MOST_UNKNOWN} more" if len(gaps) > MOST_UNKNOWN else ""
    return f'<p class="small">Not known yet: {escape("; ".join(gaps[:MOST_UNKNOWN]))}{more}.</p>'


def _leaning(stance: Stance) -> str:
    if stance.leaning is None or stance.leaning == stance.path:
        return ""
    words = signals()["paths"][stance.leaning]
    return (
        '<p class="small">Before anything further is suggested, it matters whether you are safe. '
        f"If nothing frightens you, this leans to: {escape(words)}</p>"
    )
