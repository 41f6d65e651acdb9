"""A chat model for tests that says what it is told, and raises when asked once too often."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from pydantic import PrivateAttr

from assistant.models.speaking import SpeakingChat, chunk


class ScriptedChat(SpeakingChat):
    """``script`` holds the continuations, used one a call; ``asked`` the prompts it was given."""

    script: list[str]
    _asked: list[list[BaseMessage]] = PrivateAttr(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    @property
    def asked(self) -> list[list[BaseMessage]]:
        return self._asked

    def speak(
        self, messages: list[BaseMessage], stop: list[str], **options: Any
    ) -> Iterator[ChatGenerationChunk]:
        self._asked.append(messages)
        if len(self._asked) > len(self.script):
            raise AssertionError(
                f"asked {len(self._asked)} times, the script has {len(self.script)}"
            )
        for word in self.script[len(self._asked) - 1].split(" "):
            yield chunk(f" {word}")
