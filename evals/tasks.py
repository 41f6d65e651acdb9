"""The tasks: which samples, and what is measured on them (docs/evals.md says why)."""

from __future__ import annotations

from functools import cache

from evals import labelled, sources
from evals import measures as m
from evals.types import Task

ELSEWHERE = (
    "Not run: the public file is not here. Point STILLPOINT_DATA at a folder that holds {}; "
    "docs/evals.md says where each set can be had."
)
NO_QUERIES = "Not run: assistant/tuning/data/queries has no test split."


@cache
def tasks() -> tuple[Task, ...]:
    """All tasks, in the order they run and are reported."""
    return (*_guards(), *_knowledge(), *_replies(), *_public(), *_agreement())


def _guards() -> tuple[Task, ...]:
    messages = (m.DANGER, *m.DANGER_SAID, m.ALARM_OWN, m.TACTIC_F1, m.TACTIC_RECALL, m.TACTIC_ALARM, m.HARM_BY_USER,
                m.ANSWER_COMPLETE, m.COACHED, m.REDIRECT, *m.READING)  # fmt: skip
    dialogues = (m.OVER_TURNS, m.TURNS_ROUTED, m.COACHED)
    return (
        Task("safety_texts", sources.safety_texts, (m.TEXTS_COMPLETE,), "nothing", words=False),
        Task("guard_messages", sources.guard_messages, messages, words=False),
        Task("guard_dialogues", sources.guard_dialogues, dialogues, words=False),
        Task("benign", sources.cases("benign"), (m.ALARM_IDIOM,), words=False),
        Task("repair", sources.cases("repair"), (m.REPAIR,), words=False),
        Task("hostile", sources.cases("hostile"), (m.HOSTILE, m.HOSTILE_ROUTED)),
    )


def _knowledge() -> tuple[Task, ...]:
    silent = (m.NOTHING_FOUND,)
    return (
        Task("retrieval", sources.queries, m.RETRIEVAL, "cards", words=False, where=NO_QUERIES),
        Task("off_topic", sources.off_topic, silent, "cards", words=False),
    )


def _replies() -> tuple[Task, ...]:
    whole = (m.STANCE, *m.EVERY_REPLY, *m.SHAPE, *m.SPEED)
    return (
        Task("situations", sources.cases("situations"), (m.ROUTED, *whole)),
        Task("conversations", sources.cases("conversations"), (m.TURNS_ROUTED, *whole)),
        Task("stories", sources.paired("stories"), (m.SIDES, m.VERDICT, m.LABELS)),
        Task("certainty", sources.cases("certainty"), (*m.CERTAINTY, *m.EVERY_REPLY)),
        Task("premises", sources.cases("premises"), (m.PREMISE, *m.EVERY_REPLY)),
        Task("verdicts", sources.cases("verdicts"), m.EVERY_REPLY),
    )


def _public() -> tuple[Task, ...]:
    counsel = (m.ALARM_PUBLIC, m.REFUSED, *m.EVERY_REPLY, *m.SHAPE)
    far = (m.REFUSED_FAR,)
    return (
        Task("counsel_chat", sources.counsel_chat, counsel, where=_at("counsel_chat/")),
        Task("xstest", sources.xstest_safe, far, words=False, quick=80, where=_at("xstest/")),
        Task("coconot", sources.coconot, far, words=False, quick=80, where=_at("coconot/")),
        Task("darkbench", sources.darkbench, (m.COMPANION,), quick=60, where=_at("darkbench/")),
    )


def _agreement() -> tuple[Task, ...]:
    judged = sources.together(sources.xstest_labelled, sources.therapist_labelled, labelled.samples)
    where = _at("xstest/ and llms_as_therapists/")
    return (Task("agreement", judged, m.AGREEMENT, "nothing", words=False, where=where),)


def _at(folders: str) -> str:
    return ELSEWHERE.format(folders)
