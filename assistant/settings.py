"""The one frozen ``Settings`` and the only reader of the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from assistant.errors import SettingsInvalid

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_MODEL = "qwen2.5-coder-1.5b-instruct-q4_k_m"
DEFAULT_PORT = 7861
CONTEXT_TOKENS = 4096
MAX_CHARS = 8000  # about 1,600 words: far beyond a message a person types, below the window


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is configured with. ``home`` is created with mode 0700 on first use."""

    home: Path
    model: str = DEFAULT_MODEL
    country: str | None = None
    adapter: bool = True
    seed: int = 7
    context: int = CONTEXT_TOKENS
    composition: str | None = None  # "anchored" or "free"; None: as the catalogue says
    data: Path | None = None  # public labelled data for the evals, kept outside the project

    @classmethod
    def load(
        cls,
        *,
        model: str | None = None,
        country: str | None = None,
        adapter: bool = True,
        seed: int = 7,
    ) -> Settings:
        """Settings from flags first, then ``STILLPOINT_*`` variables, then defaults."""
        env = os.environ
        data = env.get("STILLPOINT_DATA")
        return cls(
            home=Path(env.get("STILLPOINT_HOME") or platformdirs.user_data_dir("stillpoint")),
            model=model or env.get("STILLPOINT_MODEL") or DEFAULT_MODEL,
            country=_country(country or env.get("STILLPOINT_COUNTRY")),
            adapter=adapter,
            seed=seed,
            composition=_composition(env.get("STILLPOINT_COMPOSITION")),
            data=Path(data) if data else None,
        )

    def folder(self, *parts: str) -> Path:
        """A folder under ``home``, private to its owner, created if missing."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.home.stat().st_uid == os.getuid():
            self.home.chmod(0o700)
        path = self.home.joinpath(*parts)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path


def _country(code: str | None) -> str | None:
    if not code:
        return None
    if not (len(code) == 2 and code.isalpha()):
        raise SettingsInvalid(f"country {code!r} is not a two-letter code such as GB, US or IN")
    return code.lower()


def _composition(name: str | None) -> str | None:
    if name and name not in {"anchored", "free"}:
        raise SettingsInvalid(f"STILLPOINT_COMPOSITION is {name!r}; it can be anchored or free")
    return name or None


def given_password() -> str | None:
    """The page's password from ``STILLPOINT_PASSWORD`` or the file that
    ``STILLPOINT_PASSWORD_FILE`` names, without the line's end; None where neither is set."""
    name = os.environ.get("STILLPOINT_PASSWORD_FILE")
    if not name:
        return os.environ.get("STILLPOINT_PASSWORD") or None
    try:
        return Path(name).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(
            f"{name}, named in STILLPOINT_PASSWORD_FILE, is not readable text: {error}"
        ) from None


def available_cpus() -> int:
    """Processors this process may run on, which in a container are fewer than the host's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
