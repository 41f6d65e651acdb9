"""A chat model behind an OpenAI-compatible address: llama.cpp's server, vLLM and their kind.

Opt-in and loudly marked, since what is asked leaves this process. Loopback and private
addresses only: a name that leads to a public one is refused before anything is sent.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from typing import IO, Any
from urllib.parse import urlsplit

from langchain_core.messages import BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk

from assistant.errors import SettingsInvalid, StoreError
from assistant.models.speaking import SpeakingChat, chunk

log = logging.getLogger("stillpoint")
_ROLES = {"system": "system", "human": "user", "ai": "assistant"}
CONNECT_SECONDS = 120.0
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class EndpointChat(SpeakingChat):
    """Streams from ``ADDRESS/chat/completions``; ``address`` ends in ``/v1``."""

    address: str
    model: str = "default"
    seed: int = 7

    def model_post_init(self, _context: Any) -> None:
        check_private(self.address)
        log.warning("evals leave this process: they are answered at %s", self.address)

    @property
    def _llm_type(self) -> str:
        return "stillpoint-endpoint"

    def speak(
        self,
        messages: list[BaseMessage],
        stop: list[str],
        *,
        prefix: str = "",
        max_tokens: int = 260,
        temperature: float = 0.0,
        seed: int | None = None,
        **_options: Any,
    ) -> Iterator[ChatGenerationChunk]:
        body = {
            "model": self.model,
            "messages": _written(messages, prefix),
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": max_tokens,
            "temperature": temperature,
            "seed": self.seed if seed is None else seed,
        }
        if stop:
            body["stop"] = stop[:4]  # the most that such servers take
        if prefix:  # go on with the words put into its mouth, as vLLM wants it said
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        with self._post(body) as answer:
            yield from _going_on(prefix, _chunks(answer), self.address)

    def _post(self, body: dict[str, Any]) -> IO[bytes]:
        request = urllib.request.Request(
            f"{self.address.rstrip('/')}/chat/completions",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Accept": "text/event-stream"},
        )
        try:
            answer: IO[bytes] = NO_PROXY.open(request, timeout=CONNECT_SECONDS)
            return answer
        except (urllib.error.URLError, OSError) as error:
            raise StoreError(
                f"{self.address} did not answer ({error}): is the server running?"
            ) from None


def check_private(address: str) -> None:
    """Refuse an address that is not on this machine or a private network."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsInvalid(f"{address!r} is no address such as http://127.0.0.1:8080/v1")
    try:
        found = {info[4][0] for info in socket.getaddrinfo(parts.hostname, parts.port or 80)}
    except OSError:
        raise SettingsInvalid(f"{parts.hostname} could not be found on this network") from None
    if not all(ipaddress.ip_address(str(ip).split("%")[0]).is_private for ip in found):
        raise SettingsInvalid(
            f"{parts.hostname} is a public address: only this machine or a private network"
        )


def _written(messages: Sequence[BaseMessage], prefix: str) -> list[dict[str, str]]:
    found = [{"role": _ROLES[m.type], "content": str(m.content)} for m in messages]
    return [*found, {"role": "assistant", "content": prefix}] if prefix else found


def _chunks(answer: IO[bytes]) -> Iterator[ChatGenerationChunk]:
    """Server-sent events to chunks; the last may carry usage."""
    for raw in answer:
        line = raw.decode("utf-8").strip()
        if not line.startswith("data:") or line == "data: [DONE]":
            continue
        event = json.loads(line[5:])
        text = "".join(c.get("delta", {}).get("content") or "" for c in event.get("choices", ()))
        usage = _usage(event.get("usage"))
        if text or usage:
            yield chunk(text, usage)


def _going_on(
    prefix: str, chunks: Iterator[ChatGenerationChunk], address: str
) -> Iterator[ChatGenerationChunk]:
    """What follows the words put into the mouth: some servers repeat them, some begin anew.

    Raises StoreError for the second kind: what they write is no continuation of anything.
    """
    held, waiting = "", bool(prefix)
    for piece in chunks:
        held += piece.text
        if waiting and piece.text and prefix.startswith(held):
            continue
        if waiting and piece.text:
            waiting, rest = False, held.removeprefix(prefix)
            if rest[:1].isupper():
                raise StoreError(
                    f"{address} does not go on with words put into its mouth (llama.cpp's own "
                    "server and vLLM do): measure it with --system bare"
                )
            piece = chunk(rest)
        yield piece


def _usage(raw: dict[str, int] | None) -> UsageMetadata | None:
    if not raw:
        return None
    read, wrote = raw.get("prompt_tokens", 0), raw.get("completion_tokens", 0)
    return UsageMetadata(input_tokens=read, output_tokens=wrote, total_tokens=read + wrote)
