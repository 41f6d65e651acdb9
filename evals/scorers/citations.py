"""Goal 12: does every marker name a retrieved card, in a sentence that is about it?"""

from __future__ import annotations

import re

from evals.scorers.prose import body, markers, stems
from evals.types import Record, Sample, Score, Turn

LEAST_SHARED = 2  # stems a sentence must share with its card's text


def valid(_sample: Sample, record: Record) -> Score:
    marked = [(turn, slug) for turn in record.turns for slug in markers(turn.reply)]
    if not marked:
        return Score.unscored("nothing is cited")
    wrong = [fault for turn, slug in marked if (fault := _fault(turn, slug))]
    return Score.of(not wrong, f"{len(marked)} cited", "; ".join(wrong))


def _fault(turn: Turn, slug: str) -> str:
    if slug not in turn.cards:
        return f"{slug} was not retrieved"
    sentence = _sentence_of(turn.reply, slug)
    if len(stems(body(sentence)) & stems(turn.cards[slug])) < LEAST_SHARED:
        return f"{slug}: the sentence is about something else"
    return ""


def _sentence_of(reply: str, slug: str) -> str:
    """What stands before a marker in its paragraph: a thought of at most two sentences."""
    before = reply.split(f"[{slug}]")[0].rstrip().rsplit("\n", 1)[-1]
    return " ".join(re.split(r"(?<=[.!?])\s+", before)[-2:])
