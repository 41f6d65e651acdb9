"""Motive check: six answers as a picture of clarity against fear. No score, no verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.errors import InputInvalid
from assistant.tools.wording import wording

HIGHEST = 4
CLEAR = ("need", "unseen", "body")
AFRAID = ("silence", "missed", "losing")
LITTLE, MUCH = 1, 3  # answers up to the one, and from the other, say something about a need
LOW, HIGH = 0.45, 0.55  # between them a share is neither

MOTIVE_QUESTIONS: tuple[tuple[str, str, str, str], ...] = tuple(
    (q["key"], q["ask"], q["low"], q["high"]) for q in wording()["motive"]["question"]
)


@dataclass(frozen=True, slots=True)
class MotiveView:
    """Two shares from 0 to 1, what seems needed, and a few words that decide nothing."""

    clarity: float
    fear: float
    needs: list[str]
    text: str


def motive(answers: Mapping[str, int]) -> MotiveView:
    """The picture from an answer of 0 to 4 for every key of ``MOTIVE_QUESTIONS``.

    Raises InputInvalid where one is missing or out of range.
    """
    _check(answers)
    clarity, fear = _share(answers, CLEAR), _share(answers, AFRAID)
    needs = [n["text"] for n in wording()["motive"]["need"] if _shows(answers[n["key"]], n["when"])]
    return MotiveView(
        clarity=clarity,
        fear=fear,
        needs=needs or [wording()["motive"]["settled"]],
        text=_text(clarity, fear, unbearable=answers["silence"] == HIGHEST),
    )


def _check(answers: Mapping[str, int]) -> None:
    for key, *_ in MOTIVE_QUESTIONS:
        answer = answers.get(key)
        if not isinstance(answer, int) or isinstance(answer, bool) or not 0 <= answer <= HIGHEST:
            raise InputInvalid(wording()["motive"]["bad"])


def _share(answers: Mapping[str, int], keys: tuple[str, ...]) -> float:
    return round(sum(answers[key] for key in keys) / (HIGHEST * len(keys)), 3)


def _shows(answer: int, when: str) -> bool:
    return answer <= LITTLE if when == "low" else answer >= MUCH


def _text(clarity: float, fear: float, *, unbearable: bool) -> str:
    lines: dict[str, str] = wording()["motive"]
    if LOW < clarity < HIGH or LOW < fear < HIGH:
        picture = lines["between"]
    else:
        clear = "steady" if clarity >= HIGH else "unsure"
        picture = lines[f"{clear}_{'high' if fear >= HIGH else 'low'}_fear"]
    return " ".join(filter(None, (picture, lines["today"], lines["care"] if unbearable else "")))
