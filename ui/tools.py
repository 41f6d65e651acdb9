"""The three tools beside the talk as markup. Offline; what is typed in is kept nowhere."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from html import escape
from types import ModuleType

from assistant import helplines
from assistant.turn import Exchange
from ui import markup
from ui.markup import paragraphs

MISSING = '<p class="small">This tool is not part of this copy of the program.</p>'
SCALE = range(5)
MOST_CHARS = 8000
COPY = (
    '<div class="acts"><button type="button" data-tool="copy-calmer" '
    'aria-label="Copy the calmer version">Copy</button></div>'
)


def module() -> ModuleType | None:
    """The tools' own module, or None in a build without it."""
    try:
        return importlib.import_module("assistant.tools")
    except ImportError:
        return None


def draft_form() -> str:
    return (
        '<label for="draft-text">Paste the message you have in mind</label>'
        '<textarea id="draft-text" rows="5" spellcheck="false" autocomplete="off"></textarea>'
        '<button type="button" class="do" data-tool="check">Look at it</button>'
        '<div class="answer" id="draft-answer" role="status"></div>'
        if module()
        else MISSING
    )


def motive_form() -> str:
    """The questions as scales of five, each with words at both ends."""
    tools = module()
    if tools is None:
        return MISSING
    rows = "".join(_question(*question) for question in tools.MOTIVE_QUESTIONS)
    return (
        f'<form id="motive">{rows}<button type="button" class="do" data-tool="motive">'
        "Show the picture</button></form>"
        '<div class="answer" id="motive-answer" role="status"></div>'
    )


def note_form() -> str:
    return (
        '<button type="button" class="do" data-tool="note">Make the note from this talk</button>'
        '<div class="answer" id="note-answer" role="status"></div>'
        if module()
        else MISSING
    )


def check(text: str, country: str | None = None) -> str:
    """What a draft asks for, how it may land, and a calmer version.

    Where danger was heard, the lines of the country (None: of none) stand with the note; above
    all else where nothing is reworded.
    """
    tools = module()
    if tools is None or not text.strip():
        return "<p>Paste a message first.</p>"
    found = tools.check_draft(text[:MOST_CHARS])
    reads = "".join(
        f"<li><q>{escape(words)}</q> may read as {escape(meaning)}</li>"
        for words, meaning in found.may_read_as
    )
    calmer = f"<blockquote>{paragraphs(found.calmer)}</blockquote>{COPY}" if found.calmer else ""
    note = f"<p class=small>{escape(found.note)}</p>" if found.note else ""
    seen = (
        f"<h4>What it asks for</h4><p>{escape(found.asks_for)}</p>"
        f"{f'<h4>How it may land</h4><ul>{reads}</ul>' if reads else ''}"
        f"{f'<h4>A calmer version</h4>{calmer}' if calmer else ''}"
    )
    if not found.help:
        return seen + note
    help_ = _help(found.note, country)
    return seen + help_ if found.calmer else help_ + seen


def motive(answers: Mapping[str, int]) -> str:
    """The picture of clarity against fear, what seems needed, and a few words."""
    tools = module()
    if tools is None:
        return MISSING
    wanted = {str(question[0]) for question in tools.MOTIVE_QUESTIONS}
    if wanted - set(answers):
        return "<p>Answer each question first; a guess will do.</p>"
    found = tools.motive({key: answers[key] for key in wanted})
    needs = "".join(f"<li>{escape(need)}</li>" for need in found.needs)
    return (
        f"{_plot(found.clarity, found.fear)}{paragraphs(found.text)}"
        f"{f'<h4>What you seem to need</h4><ul>{needs}</ul>' if needs else ''}"
    )


def note(history: Sequence[Exchange]) -> str:
    """The take-away note, to be read and changed before it goes anywhere."""
    tools = module()
    if tools is None:
        return MISSING
    if not history:
        return "<p>There is nothing to sum up yet.</p>"
    return (
        '<label for="note-text">Read it and change what you like. It is not saved.</label>'
        f'<textarea id="note-text" rows="12" spellcheck="false">{escape(tools.take_away(history))}'
        '</textarea><div class="row"><button type="button" data-tool="copy-note">Copy</button>'
        '<button type="button" data-tool="save-note">Save as a text file</button></div>'
        '<p class="small">A saved file stays on this device where others may find it.</p>'
    )


def _help(note: str, country: str | None) -> str:
    lines = markup.reply(helplines.block(country, ("partner_abuse",)), ())
    return (
        f'<p class="warn">{escape(note)}</p>{lines}<div class="row"><button type="button" '
        'data-view="lines">All help lines</button></div>'
    )


def _question(key: str, question: str, low: str, high: str) -> str:
    marks = "".join(
        f'<label><input type="radio" name="{escape(key)}" value="{n}">'
        f'<span class="sr">{_end(n, low, high)}</span></label>'
        for n in SCALE
    )
    return (
        f'<fieldset><legend>{escape(question)}</legend><div class="scale"><span aria-hidden="true">'
        f'{escape(low)}</span>{marks}<span aria-hidden="true">{escape(high)}</span></div>'
        "</fieldset>"
    )


def _end(n: int, low: str, high: str) -> str:
    ends = {SCALE[0]: low, SCALE[-1]: high}
    return escape(ends.get(n, f"{n} of {SCALE[-1]}, between {low} and {high}"))


def _plot(clarity: float, fear: float) -> str:
    """A point in a field: clarity to the right, fear upwards, both 0-1."""
    x, y = 16 + 168 * min(1, max(0, clarity)), 132 - 112 * min(1, max(0, fear))
    words = f"clarity {_level(clarity)}, fear {_level(fear)}"
    return (
        f'<figure class="plot"><svg viewBox="0 0 200 160" role="img" aria-label="{words}">'
        '<rect class="field" x="10" y="14" width="180" height="124" rx="8"/>'
        '<text x="190" y="154" text-anchor="end">more clarity</text>'
        '<text x="12" y="10">more fear</text>'
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="9"/></svg>'
        f"<figcaption>Right now: {words}.</figcaption></figure>"
    )


def _level(share: float) -> str:
    return "low" if share < 0.34 else "middling" if share < 0.67 else "high"
