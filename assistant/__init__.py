"""Stillpoint: a private, offline companion for someone hurting in an unclear relationship.

Public names, imported when first used so that ``stillpoint --help`` is instant. An assistant is
made by ``assistant.build.build``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.chat import Assistant
    from assistant.errors import StillpointError
    from assistant.settings import Settings
    from assistant.turn import Exchange, Reply, UserTurn

__all__ = ["Assistant", "Exchange", "Reply", "Settings", "StillpointError", "UserTurn"]

_HOMES = {
    "Assistant": "assistant.chat",
    "Exchange": "assistant.turn",
    "Reply": "assistant.turn",
    "Settings": "assistant.settings",
    "StillpointError": "assistant.errors",
    "UserTurn": "assistant.turn",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'assistant' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
