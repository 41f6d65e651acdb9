"""The cards and help lines as markup: readable at any time, with no model."""

from __future__ import annotations

from html import escape
from itertools import groupby

from assistant import helplines
from assistant.helplines import Directory, Line
from knowledge.cards import GRADES, Card, CardInvalid, Library, Reference, load
from ui.markup import items

TOPICS = {
    "meaning": "What silence can mean",
    "mind": "What happens in a mind",
    "choice": "Rest, exit, or neither",
    "return": "If they come back",
    "care": "Looking after yourself",
    "safety": "Safety",
}
VERIFIED = {
    "abstract": "We read its summary, not the whole paper.",
    "secondary": "Seen only as others report it.",
    "memory": "Not checked against the paper.",
}
PURPOSES = {
    "emergency": "Danger right now",
    "suicide": "Thoughts of dying",
    "crisis_text": "By text",
    "partner_abuse": "Hurt or frightened by a partner",
    "sexual_violence": "Sexual violence",
    "stalking": "Being followed or pestered",
    "youth": "Young people",
    "own_behaviour": "Worried about your own behaviour",
    "image_abuse": "Images shared without consent",
    "lgbt": "LGBT+ lines",
    "other": "More",
}
REVIEW = (
    "Compared with stored pages in November 2026. Nobody has called these numbers to check them. "
    "If one does not answer, use your emergency number."
)
MOST_NEAR = 6
NO_CARDS = "The ideas cannot be shown: the files of this program are incomplete."


def library() -> Library | None:
    """All cards, or None where a file is broken: the talk must still open."""
    try:
        return load()
    except (CardInvalid, OSError):
        return None


def contents(found: Library | None) -> str:
    """Every card by topic, as buttons."""
    if found is None:
        return f"<p>{NO_CARDS}</p>"
    order = list(TOPICS)
    cards = sorted(found.cards.values(), key=lambda c: (order.index(c.topic), c.title))
    return "".join(
        f"<section><h3>{TOPICS[topic]}</h3>{_titles(list(group))}</section>"
        for topic, group in groupby(cards, key=lambda c: c.topic)
    )


def results(found: Library | None, words: str) -> str:
    """Cards that hold every word searched for; the table of contents for no words."""
    if found is None or not words.strip():
        return contents(found)
    hits = found.search(words)
    if not hits:
        return _near(found, words)
    said = f"{len(hits)} idea{'s' if len(hits) > 1 else ''} found."
    return f'<p class="small">{said}</p>{_titles(hits)}'


def _near(found: Library, words: str) -> str:
    """Cards that share a word's stem, such as "ghosted" and "ghosts", best first."""
    from knowledge.index import BM25  # brings in what the first second of the page can do without

    cards = list(found.cards.values())
    scores = BM25([" ".join((c.title, *c.passages())) for c in cards]).scores(words)
    ranked = sorted(zip(scores, cards, strict=True), key=lambda pair: -pair[0])
    near = [one for score, one in ranked[:MOST_NEAR] if score > 0]
    if not near:
        return "<p>No idea holds all of these words. Fewer words find more.</p>"
    return f"<p>No idea holds all of these words. Close to them:</p>{_titles(near)}"


def card(found: Library | None, slug: str) -> str:
    """One card in full; a plain line for a slug that names none."""
    if found is None or slug not in found.cards:
        return "<p>This idea is not in the library.</p>"
    shown = found.cards[slug]
    related = [found.cards[other] for other in shown.related if other in found.cards]
    return (
        f'<h2 tabindex="-1">{escape(shown.title)}</h2>'
        f'<p class="grade">{escape(GRADES[shown.grade])}</p>'
        f"<h3>The idea</h3><p>{escape(shown.idea)}</p>"
        f"<h3>Small steps</h3>{items(shown.steps)}"
        f"<h3>What research supports</h3><p>{escape(shown.research)}</p>"
        f"<h3>How it gets misused</h3><p>{escape(shown.misuse)}</p>"
        f"<h3>The self-respecting turn</h3><p>{escape(shown.turn)}</p>"
        f"{_references([found.references[key] for key in shown.references])}"
        f"{'<h3>Close to this</h3>' + _titles(related) if related else ''}"
    )


def directory(country: str | None) -> str:
    """The help lines of a country, by what they are for, with what is not known."""
    found = helplines.load(country or None)
    lines = sorted(found.shown, key=_rank)
    groups = "".join(
        f"<section><h3>{PURPOSES.get(purpose, 'More')}</h3>"
        f"<ul class=lines>{''.join(map(_line, group))}</ul></section>"
        for purpose, group in groupby(lines, key=lambda line: line.purpose)
    )
    return f"<h2>{escape(found.country)}</h2>{groups}{_gaps(found)}<p class=small>{REVIEW}</p>"


def _rank(line: Line) -> tuple[int, str]:
    order = list(PURPOSES)
    return (order.index(line.purpose) if line.purpose in order else len(order), line.purpose)


def _line(line: Line) -> str:
    traces = [_known("Phone bill", line.on_bill), _known("Call list", line.in_call_log)]
    facts = [line.for_whom, line.hours, *traces]
    checked = f"compared {line.checked_on}" + (f", grade {line.grade}" if line.grade else "")
    details = ". ".join(fact for fact in facts if fact)
    return (
        f"<li><strong>{escape(line.name)}</strong><span class=contact>{escape(line.contact)}</span>"
        f"<span>{escape(details)}</span><span class=small>{escape(checked)}</span></li>"
    )


def _known(where: str, said: str) -> str:
    """A fact on traces in the source's own words; silence where the source was silent."""
    return f"{where}: {said}" if said else ""


def _gaps(found: Directory) -> str:
    if not found.gaps:
        return ""
    fold = '<details class="more"><summary>What is missing here</summary>'
    return f"{fold}{items(found.gaps)}</details>"


def _titles(cards: list[Card]) -> str:
    rows = "".join(
        f'<li><button type="button" class="title" data-card="{card.id}">{escape(card.title)}'
        f"</button></li>"
        for card in cards
    )
    return f'<ul class="titles">{rows}</ul>'


def _references(references: list[Reference]) -> str:
    rows = "".join(
        f"<li>{escape(r.authors)}{f' ({r.year})' if r.year else ''}. "
        f"<cite>{escape(r.title)}</cite>. "
        f"{escape(r.found)} <span class=small>{VERIFIED.get(r.verified, '')}</span></li>"
        for r in references
    )
    return f"<h3>Studies</h3><ul class=refs>{rows}</ul>" if rows else ""
