"""``SpeakingChat``: the langchain-core seam that the project's chat models share.

A model here is nothing but a stream of chunks; what langchain-core wants beside it stands once.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel, generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult


class SpeakingChat(BaseChatModel):
    """A chat model whose subclass writes ``speak`` and no more."""

    @abstractmethod
    def speak(
        self, messages: list[BaseMessage], stop: list[str], **options: Any
    ) -> Iterator[ChatGenerationChunk]:
        """Chunks of a reply as they are written; the last may carry usage and the finish."""

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        yield from self.speak(messages, stop or [], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))


def chunk(
    text: str, usage: UsageMetadata | None = None, finish: str | None = None
) -> ChatGenerationChunk:
    """One piece of a reply; ``finish`` is "stop" or "length" on the last."""
    ended = {"finish_reason": finish} if finish else {}
    return ChatGenerationChunk(
        message=AIMessageChunk(content=text, usage_metadata=usage, response_metadata=ended)
    )
