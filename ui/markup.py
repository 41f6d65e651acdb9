"""Text into markup. Everything is escaped; only card markers become something to press."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape

from assistant.turn import Citation

_MARKER = re.compile(r"\[([a-z0-9]+(?:-[a-z0-9]+)*)\]")
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)]*)\)")
# A chip stays on the line of the word it follows, but for a word that may fill a small line itself.
_HELD = re.compile(r"(?<!\S)\S{1,20}\s+(?:\[[a-z0-9-]+\])+[.,;!?]?")
_BULLET = re.compile(r"^\s*[-•*]\s+")


def reply(text: str, citations: Sequence[Citation]) -> str:
    """Paragraphs and lists; ``[slug]`` is a chip where a citation names it, else nothing."""
    numbers = {citation.slug: n for n, citation in enumerate(citations, 1)}
    titles = {citation.slug: citation.title for citation in citations}
    blocks = re.split(r"\n\s*\n", _inert(text).strip())
    return "".join(_block(block, numbers, titles) for block in blocks if block.strip())


def plain(text: str) -> str:
    """The reply as text to copy or to be read aloud, without markers."""
    return re.sub(r"\s+([.,;!?])", r"\1", _MARKER.sub("", _inert(text))).strip()


def said(text: str) -> str:
    """A person's own words, with their line breaks."""
    blocks = re.split(r"\n\s*\n", text)
    return "".join(f"<p>{_lines(block)}</p>" for block in blocks if block.strip())


def sources(citations: Sequence[Citation]) -> str:
    """The cards a reply stands on, as a row of titles to press."""
    if not citations:
        return ""
    items = "".join(
        f'<li><button type="button" class="source" data-card="{escape(c.slug)}">'
        f'<span class="n" aria-hidden="true">{n}</span> {escape(c.title)}</button></li>'
        for n, c in enumerate(citations, 1)
    )
    return f'<ul class="sources" aria-label="Ideas this reply stands on">{items}</ul>'


def paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n") if part.strip())


def items(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else ""


def options(choices: Mapping[str, str], chosen: str = "") -> str:
    """Options of a select, by value; the chosen one marked."""
    return "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
        f"{escape(name)}</option>"
        for value, name in choices.items()
    )


def _block(block: str, numbers: Mapping[str, int], titles: Mapping[str, str]) -> str:
    """One paragraph; a run of dashed lines in it becomes a list."""
    out: list[str] = []
    for line in block.splitlines():
        content = _chips(escape(_BULLET.sub("", line)), numbers, titles)
        if _BULLET.match(line):
            joined = out and out[-1].endswith("</ul>")
            out[-1:] = [out[-1][:-5] + f"<li>{content}</li></ul>"] if joined else [
                *out[-1:], f'<ul class="lines"><li>{content}</li></ul>'
            ]  # fmt: skip
        elif out and out[-1].endswith("</p>"):
            out[-1] = out[-1][:-4] + f"<br>{content}</p>"
        else:
            out.append(f"<p>{content}</p>")
    return "".join(out)


def _chips(html: str, numbers: Mapping[str, int], titles: Mapping[str, str]) -> str:
    def chip(match: re.Match[str]) -> str:
        slug = match.group(1)
        name = f"Idea {numbers[slug]}: {escape(titles[slug])}"
        return (
            f'<button type="button" class="chip" data-card="{slug}" aria-label="{name}" '
            f'title="{escape(titles[slug])}">{numbers[slug]}</button>'
        )

    known = _MARKER.sub(lambda match: match[0] if match[1] in numbers else "", html)
    held = _HELD.sub(r'<span class="held">\g<0></span>', re.sub(r"\s+(?=[.,;!?])", "", known))
    return _MARKER.sub(chip, held)


def _inert(text: str) -> str:
    """Markdown links and images as their words: nothing in a reply leads anywhere."""
    return _LINK.sub(r"\1", _IMAGE.sub(r"\1", text))


def _lines(text: str) -> str:
    return "<br>".join(escape(line) for line in text.strip().splitlines())
