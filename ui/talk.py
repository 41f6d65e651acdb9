"""The values of one open talk: its turns, and how the page looks to the person."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.turn import Exchange, Reading, Reply, Screening, Situation, Stance, UserTurn

FONT_STEPS = 5
THEMES = ("system", "light", "dark")
# Kept in the place of a reply while a message has none; it has no ending, so it is never shown.
UNREAD = Reply(
    "", Reading(Screening("reflect"), Situation(), Stance("NEITHER_WAIT", "", "")), "reading"
)


@dataclass(slots=True)
class Turn:
    """A message and what has been answered so far."""

    id: int
    user: UserTurn
    reply: Reply | None = None
    fault: str = ""
    stopped: bool = False
    running: bool = False  # the model works on this turn, not on another talk's
    aside: tuple[str, ...] = ()  # replies to this message that were asked for anew
    place: int | None = None  # in the kept talk; None where it is not kept
    unkept: str = ""  # why keeping it failed

    def exchange(self) -> Exchange | None:
        return Exchange(self.user, self.reply) if self.reply and self.reply.finish else None


@dataclass(slots=True)
class Look:
    """How the page looks for this person; kept no longer than the talk."""

    theme: str = "system"
    size: int = 1
    plain: bool = False
