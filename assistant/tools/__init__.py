"""The three tools beside the talk: rules and arithmetic, no model, nothing kept."""

from assistant.tools.draft import DraftView, check_draft
from assistant.tools.motive import MOTIVE_QUESTIONS, MotiveView, motive
from assistant.tools.takeaway import take_away

__all__ = (
    "MOTIVE_QUESTIONS",
    "DraftView",
    "MotiveView",
    "check_draft",
    "motive",
    "take_away",
)
