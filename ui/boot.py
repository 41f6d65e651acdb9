"""Fetching and loading the model behind the page, which is open from the first second."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.errors import StillpointError

if TYPE_CHECKING:
    from assistant.chat import Assistant

log = logging.getLogger("stillpoint.ui")
Progress = Callable[[int, int], None]
Start = Callable[[Progress], "Assistant"]
UNEXPECTED = "Something went wrong that was not foreseen. Nothing you wrote has been kept."


@dataclass(frozen=True, slots=True)
class Ready:
    """How far the start is. ``share`` is 0-1, or None while nothing can be measured."""

    state: str  # "loading", "fetching", "ready", "failed"
    text: str = ""
    share: float | None = None


class Boot:
    """Runs ``start`` in a thread; ``wait`` gives the assistant, or raises what went wrong."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._changed = threading.Condition()
        self._began = 0.0
        self.writing = threading.Lock()  # one model, one reply at a time
        self.assistant: Assistant | None = None
        self.ready = Ready("loading", "Loading the model")
        self.welcomed = False  # the first screen is shown once per start of the program

    def run(self) -> None:
        self._tell(Ready("loading", "Loading the model"))
        threading.Thread(target=self._load, name="boot", daemon=True).start()

    def settled(self, timeout_s: float | None = None) -> bool:
        """Waits until the start has worked or failed; False when the time is over first."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self.ready.state in {"ready", "failed"}, timeout_s
            )

    def wait(self) -> Assistant:
        self.settled()
        if self.assistant is None:
            raise StillpointError(self.ready.text)
        return self.assistant

    def progress(self, done: int, total: int) -> None:
        """Told of every part of the download that has arrived, in bytes."""
        now = time.monotonic()
        self._began = self._began or now
        if done >= total > 0:
            self._tell(Ready("loading", "Loading the model"))
            return
        share = done / total if total else None
        left = (now - self._began) * (total - done) / done if done and now > self._began else None
        self._tell(Ready("fetching", fetching(done, total, left), share))

    def _load(self) -> None:
        try:
            self.assistant = self._start(self.progress)
            self._tell(Ready("ready"))
        except StillpointError as error:
            self._tell(Ready("failed", str(error)))
        except Exception as error:  # the edge: shown to the person, named in the log
            log.error("start failed: %s", type(error).__name__)
            self._tell(Ready("failed", UNEXPECTED))

    def _tell(self, ready: Ready) -> None:
        with self._changed:
            self.ready = ready
            self._changed.notify_all()


def fetching(done: int, total: int, seconds: float | None) -> str:
    """One line on a download: how much of how much, and the time left."""
    size = f"{done / 1e6:.0f} of {total / 1e6:.0f} MB" if total else f"{done / 1e6:.0f} MB"
    return f"Fetching the model once: {size}{time_left(seconds)}"


def time_left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 60:
        return ", less than a minute left"
    minutes = round(seconds / 60)
    return f", about {minutes} minute{'s' if minutes > 1 else ''} left"
