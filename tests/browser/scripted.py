"""An assistant with the real one's interface whose replies are written beforehand."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from assistant import helplines
from assistant.settings import Settings
from assistant.stance import decide
from assistant.turn import Citation, Exchange, Reading, Reply, Screening, Situation, UserTurn, Value
from knowledge.cards import Library, load

OPENING = "Waiting by the phone wears a person down, and it makes sense that you are tired."
OTHER = "You have been waiting for a sign all day, and waiting is work."
LONG = " ".join(f"This is line {n} of a longer thought." for n in range(1, 60))


class ScriptedAssistant:
    """Reads a few words as signals; writes slowly enough for a browser to see it."""

    def __init__(self, pace_s: float = 0.01) -> None:
        self.library: Library = load()
        self.pace_s = pace_s
        self.stops = 0
        self.told: list[datetime | None] = []  # the local times turns were given
        self._stop = threading.Event()

    def read(
        self, history: Sequence[Exchange], user: UserTurn, now: datetime | None = None
    ) -> Reading:
        before = history[-1].reply.reading.situation if history else Situation()
        signals: dict[str, Value] = {**before.signals}
        evidence = dict(before.evidence)
        text = user.text.lower()
        for words, code, value in (
            ("always", "L1", 2), ("miss me", "M4", 1), ("grabbed", "S1", 2), ("ex", "L9", "ex"),
            ("came back", "R1", "light"),
        ):  # fmt: skip
            if words in text:
                signals[code], evidence[code] = value, user.text
        signals |= user.set
        situation = Situation(
            signals, evidence, before.corrected | set(user.set), frozenset(signals)
        )
        stance = decide(situation, (), now)
        route = "safety" if stance.path == "SAFETY" else "reflect"
        return Reading(Screening(route, "danger" if route == "safety" else None), situation, stance)

    def turn(
        self,
        history: Sequence[Exchange],
        user: UserTurn,
        *,
        country: str | None = None,
        now: datetime | None = None,
        aside: Sequence[str] = (),
    ) -> Iterator[Reply]:
        self._stop.clear()
        self.told.append(now)
        if "break it" in user.text:
            raise RuntimeError(user.text)
        reading = self.read(history, user, now)
        yield Reply("", reading, "reading")
        if "slow prompt" in user.text:
            self._stop.wait(20)
        yield Reply("", reading, "finding")
        text, cited = self._text(user, reading, country)
        text = text.replace(OPENING, OTHER) if any(OPENING in said for said in aside) else text
        words = text.split(" ")
        for n in range(1, len(words)):
            if self._stop.is_set():
                yield Reply(" ".join(words[: n - 1]), reading, "done", finish="stopped")
                return
            yield Reply(" ".join(words[:n]), reading, "writing", citations=cited)
            time.sleep(self.pace_s)
        if "endless" in user.text and self._stop.wait(120):  # however slow the browser is
            yield Reply(" ".join(words[:-1]), reading, "done", finish="stopped")
            return
        yield Reply(text, reading, "done", citations=cited, finish="stop")

    def stop(self) -> None:
        self.stops += 1
        self._stop.set()

    def _text(
        self, user: UserTurn, reading: Reading, country: str | None
    ) -> tuple[str, tuple[Citation, ...]]:
        if reading.screening.route == "safety":
            lines = helplines.block(country, ("partner_abuse",))
            return f"I believe you.\n\n{lines}\n\nAre you safe right now?", ()
        if "long" in user.text or "endless" in user.text:
            return LONG, ()
        if "markup" in user.text:
            return (
                "Look <script>window.hit=1</script>"
                '<img src="http://evil.example/x" onerror="window.hit=1"> '
                "![a](http://evil.example/y) and [a link](http://evil.example/z) here.",
                (),
            )
        cards = list(self.library.cards.values())[:2]
        cited = tuple(Citation(card.id, card.title) for card in cards)
        return (
            f"{OPENING} You carried more than your half [{cards[0].id}].\n\nOne small thing for "
            f"today: put the phone in another room for an hour [{cards[1].id}].\n\n"
            "What would help?",
            cited,
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """A running page with its parts at hand."""

    def __init__(
        self, home: Path, start: Callable[..., Any], port: int | None = None, **more: Any
    ) -> None:
        from ui.app import launch

        self.home, self.port = home, port or free_port()
        settings = Settings(home=home)
        self.page = launch(settings, start=start, port=self.port, open_browser=False, **more)
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def way_in(self) -> str:
        return self.page.door.address
