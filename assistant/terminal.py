"""What the commands show in a terminal: tables, cards, progress and a streamed reply."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from assistant.errors import InputInvalid
from knowledge.cards import GRADES, SECTIONS, Card, Library

if TYPE_CHECKING:
    from assistant.doctor import Found
    from assistant.models.catalogue import Entry
    from assistant.models.store import Store
    from assistant.turn import Reply


PIPED = 160  # columns


def console(*, err: bool = False, wide: bool = False) -> Console:
    """Plain when piped, where ``wide`` keeps a row on one line; no text is taken for markup."""
    out = Console(stderr=err, markup=False, highlight=False, emoji=False)
    if wide and not out.is_terminal:
        out.width = PIPED
    return out


class FetchBar:
    """A progress bar with rate and time left, shown from the first byte on.

    Called with (bytes so far, bytes in all).
    """

    def __init__(self, name: str) -> None:
        self._bar = Progress(
            TextColumn("Fetching {task.description}"),
            BarColumn(bar_width=24),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console(err=True),
        )
        self._task = self._bar.add_task(name, total=None, start=False)
        self._shown = False

    def __enter__(self) -> FetchBar:
        return self

    def __call__(self, done: int, total: int) -> None:
        if not self._shown:
            self._shown = True
            self._bar.start()
            self._bar.reset(self._task, total=total, completed=done)
        self._bar.update(self._task, completed=done, total=total)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown:
            self._bar.stop()


def reply(replies: Iterator[Reply]) -> Reply:
    """Show a reply as it grows; one that was replaced on the way is shown again in full."""
    shown, last = "", None
    for last in replies:
        if not last.text.startswith(shown):
            sys.stdout.write("\n\n")
            shown = ""
        sys.stdout.write(last.text[len(shown) :])
        sys.stdout.flush()
        shown = last.text
    if last is None:
        raise InputInvalid("there was nothing to answer")
    sys.stdout.write("\n")
    for source in last.citations:
        sys.stdout.write(f"\n[{source.slug}] {source.title}: stillpoint cards {source.slug}\n")
    return last


def models(store: Store, chosen: str) -> None:
    """The catalogue, two lines a model, with the memory each needs against what is here."""
    from assistant.models.catalogue import catalogue
    from assistant.models.store import ram_gb

    out, here, ram = console(), store.installed(), ram_gb()
    for name, entry in catalogue().items():
        marks = _marks(entry, here[name], name == chosen, ram)
        out.print(Text.assemble((name, "bold"), f": {marks}"), soft_wrap=True)
        size = f"{entry.bytes / 1e9:.2f} GB, needs {entry.ram_gb:.1f} of {ram:.1f} GB memory"
        out.print(f"    {size}, {entry.licence}; {entry.what}", soft_wrap=True)
    out.print(f"\nStore: {store.folder}", soft_wrap=True)


def _marks(entry: Entry, installed: bool, chosen: bool, ram: float) -> str:
    marks = ["installed" if installed else "not installed"]
    marks += ["chosen"] if chosen else []
    marks += ["too large for this machine"] if entry.ram_gb > ram else []
    marks += [] if entry.tried else ["not tried by us"]
    return ", ".join(marks)


def contents(cards: Iterable[Card]) -> None:
    """Cards by topic: slug, title, and how well the research supports it."""
    found = sorted(cards, key=lambda card: (card.topic, card.id))
    if not found:
        raise InputInvalid("no card holds all these words; 'stillpoint cards' lists them")
    table = Table(box=None, pad_edge=False)
    for title in ("Topic", "Card", "Title", "Evidence"):
        table.add_column(title, no_wrap=title != "Title")
    for card in found:
        table.add_row(card.topic, card.id, Text(card.title), card.grade)
    console(wide=True).print(table)


def card(library: Library, slug: str) -> None:
    """One card in full, with its studies. Raises InputInvalid for an unknown slug."""
    found = library.cards.get(slug) or _by_code(library, slug)
    if found is None:
        near = difflib.get_close_matches(slug, library.cards, n=3, cutoff=0.5)
        hint = f"; did you mean {', '.join(near)}?" if near else ": see 'stillpoint cards'"
        raise InputInvalid(f"there is no card {slug!r}{hint}")
    out = console()
    out.print(Text(found.title, style="bold"))
    out.print(f"{found.id}, {found.topic}. {GRADES[found.grade]}\n")
    for title, field in SECTIONS.items():
        out.print(Text(title, style="bold"))
        out.print(f"{getattr(found, field)}\n")
    out.print(Text("Small steps", style="bold"))
    for step in found.steps:
        out.print(f"- {step}")
    for key in found.references:
        study = library.references[key]
        out.print(f"\n{study.authors} ({study.year}). {study.title}. {study.journal}.")
    if found.related:
        out.print(f"\nRelated: {', '.join(found.related)}")


def _by_code(library: Library, code: str) -> Card | None:
    return next((c for c in library.cards.values() if c.code.lower() == code.lower()), None)


def findings(found: Iterable[Found]) -> int:
    """Show what was examined, area by area; the number of faults."""
    out, faults, area = console(), 0, ""
    for item in found:
        if item.area != area:
            area = item.area
            out.print(Text(f"\n{area}", style="bold"))
        out.print(f"{'! ' if item.fault else '  '}{item.text}", soft_wrap=True)
        faults += item.fault
    return faults
