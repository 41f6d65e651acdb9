"""``stillpoint doctor``: what is installed, which model, what is switched off, what is wrong."""

from __future__ import annotations

import os
import platform
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from assistant.settings import Settings, available_cpus

PACKAGES = (
    "llama-cpp-python",
    "langchain-core",
    "chromadb",
    "gradio",
    "onnxruntime",
    "tokenizers",
    "numpy",
    "typer",
    "rich",
    "platformdirs",
    "filelock",
    "psutil",
    "sqlcipher3",
)
ALWAYS_OFF = (
    "network: only 'models pull', and the first start, which fetches the model, use one",
    "history: nothing you write is kept",
)


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the report; ``fault`` where something needs doing."""

    area: str
    text: str
    fault: bool = False


def examine(settings: Settings, release: bool = False) -> Iterator[Found]:
    """Everything looked at, area by area. ``release`` adds what only a release must hold.

    A check that cannot be made is a fault of its own and does not end the others.
    """
    areas: list[tuple[str, Callable[[], Iterator[tuple[str, bool]]]]] = [
        ("This machine", lambda: _machine(settings)),
        ("Packages", _packages),
        ("Model", lambda: _model(settings)),
        ("Reader", _reader),
        ("Switched off", _switched_off),
        ("Knowledge", _knowledge),
        ("Help lines", lambda: _helplines(settings, release)),
    ]
    for area, look in areas:
        try:
            yield from (Found(area, text, fault) for text, fault in look())
        except Exception as error:  # the report goes on: it is read when something is broken
            yield Found(area, f"could not be examined: {type(error).__name__}: {error}", True)


def _machine(settings: Settings) -> Iterator[tuple[str, bool]]:
    from assistant.models.store import ram_gb

    yield f"Python {platform.python_version()} on {platform.system()} {platform.machine()}", False
    yield f"{available_cpus()} processors, {ram_gb():.1f} GB of memory", False
    home = settings.folder()
    mode = stat.S_IMODE(home.stat().st_mode)
    yield f"data in {home}, mode {mode:04o}", os.name == "posix" and bool(mode & 0o077)


def _packages() -> Iterator[tuple[str, bool]]:
    for name in PACKAGES:
        try:
            yield f"{name} {version(name)}", False
        except PackageNotFoundError:
            yield f"{name} is not installed: run 'make' in the checkout", True


def _model(settings: Settings) -> Iterator[tuple[str, bool]]:
    from assistant.build import adapter_path
    from assistant.errors import ModelMissing, StillpointError
    from assistant.models.store import Store

    try:
        path = Store(settings.folder("models")).find(settings.model)
        yield f"{settings.model}, {path.stat().st_size / 1e9:.2f} GB, {path}", _odd_size(settings)
        adapter = adapter_path(settings)
        yield f"adapter: {adapter.name if adapter else 'none'}", False
    except ModelMissing as missing:
        yield str(missing), False  # the first start fetches it: no fault
    except StillpointError as fault:
        yield str(fault), True


def _odd_size(settings: Settings) -> bool:
    """A catalogue model of another size is not the published file, whatever 'verify' says."""
    from assistant.models.catalogue import catalogue
    from assistant.models.store import Store

    entry = catalogue().get(settings.model)
    if entry is None:
        return False
    return Store(settings.folder("models")).path(entry).stat().st_size != entry.bytes


def _reader() -> Iterator[tuple[str, bool]]:
    from assistant.guards import thresholds
    from assistant.models.embedder import HERE, Embedder
    from assistant.reader import Heads

    labels = Heads().labels
    yield f"reader {Embedder().fingerprint}, {len(thresholds())} guard thresholds", False
    for head, names in labels.items():
        yield f"{head}: {len(names)} labels", False
    for path in sorted(HERE.iterdir()):
        yield f"{path.name}, {path.stat().st_size / 1e6:.1f} MB", path.stat().st_size == 0


def _switched_off() -> Iterator[tuple[str, bool]]:
    from assistant.build import SWITCHED_OFF

    for name, value in SWITCHED_OFF.items():
        yield f"{name}={value}", False
    for line in ALWAYS_OFF:
        yield line, False


def _knowledge() -> Iterator[tuple[str, bool]]:
    from knowledge.cards import CARDS, REFERENCES, lint, read_references

    count = len(list(CARDS.glob("*/*.md")))
    yield f"{count} cards, {len(read_references(REFERENCES))} references", count == 0
    for fault in lint():
        yield fault, True


def _helplines(settings: Settings, release: bool) -> Iterator[tuple[str, bool]]:
    from assistant import helplines

    names = helplines.countries()
    yield f"{len(names)} countries: {', '.join(names.values())}", not names
    if settings.country and settings.country not in names:
        yield f"none for {settings.country.upper()}: the international ones are shown", False
    gaps = sum(len(helplines.load(code).gaps) for code in names)
    yield f"{gaps} gaps named", False
    for entry in helplines.stale():
        yield f"checked more than a year ago: {entry}", release
