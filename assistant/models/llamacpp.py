"""``ChatLlamaCpp``: a langchain-core chat model over llama.cpp, for one local conversation.

Why not ``Llama.create_chat_completion``: it tokenises user text with live control tokens,
reports no usage while streaming, cannot be stopped while it reads the prompt, and its Python
sampling loop costs a quarter of the speed. Here the template is rendered and tokenised in
pieces, so that text can never become a control token; sampling is llama.cpp's own chain; the
longest common prefix with the previous call is reused and reported.
"""

from __future__ import annotations

import codecs
import ctypes
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import llama_cpp
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.outputs import ChatGenerationChunk
from pydantic import ConfigDict, PrivateAttr

from assistant.errors import ContextTooLong, GenerationStopped, ModelCorrupt
from assistant.models.speaking import SpeakingChat, chunk
from assistant.settings import available_cpus

log = logging.getLogger("stillpoint")

BATCH = 256  # tokens per evaluation: short enough that Stop is felt at once
_LEVELS = {1: logging.DEBUG, 2: logging.DEBUG, 3: logging.WARNING, 4: logging.ERROR}
_ROLES = {"system": "system", "human": "user", "ai": "assistant"}


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator, unused-ignore]
def _to_logging(level: int, text: bytes, _data: ctypes.c_void_p) -> None:
    """llama.cpp's own log; it speaks of tensors and buffers, never of the conversation."""
    message = text.decode("utf-8", "replace").strip()
    log.log(_LEVELS.get(level, logging.DEBUG), "llama.cpp: %s", message)


class ChatLlamaCpp(SpeakingChat):
    """A GGUF model with ChatML-style turns. One stream at a time; others wait for the lock.

    ``max_tokens`` bounds a reply; ``temperature`` 0 is greedy. ``prefix`` passed to ``stream``
    is put into the model's mouth; ``stop`` strings end a reply and are not part of it.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    path: str
    context: int = 4096
    seed: int = 7
    temperature: float = 0.0
    max_tokens: int = 220
    adapter: str | None = None

    _llama: Any = PrivateAttr()
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _abort: _Abort = PrivateAttr(default_factory=lambda: _Abort())

    def model_post_init(self, _context: Any) -> None:
        threads = available_cpus()
        try:
            self._llama = llama_cpp.Llama(
                model_path=self.path,
                n_ctx=self.context,
                n_batch=BATCH,
                n_ubatch=BATCH,
                n_threads=threads,
                n_threads_batch=threads,
                seed=self.seed,
                lora_path=self.adapter,
                verbose=False,
            )
        except ValueError as error:
            raise ModelCorrupt(f"{Path(self.path).name} could not be loaded: {error}") from error
        llama_cpp.llama_log_set(_to_logging, ctypes.c_void_p(0))  # loading put its own in place
        if len(self.control("<|im_start|>")) != 1:
            raise ModelCorrupt(f"{Path(self.path).name} does not use ChatML turns; choose another")
        llama_cpp.llama_set_abort_callback(
            self._llama.ctx, self._abort.callback, self._abort.address
        )

    @property
    def _llm_type(self) -> str:
        return "stillpoint-llamacpp"

    def stop(self) -> None:
        """End the running stream, also while the prompt is still being read."""
        self._abort.set()

    def close(self) -> None:
        self._llama.close()

    def get_token_ids(self, text: str) -> list[int]:
        """Tokens of plain text; control strings in it stay plain text."""
        return list(self._llama.tokenize(text.encode(), add_bos=False, special=False))

    def render(self, messages: Sequence[BaseMessage], prefix: str = "") -> list[int]:
        """The prompt's tokens. Only this function's own literals become control tokens."""
        tokens: list[int] = []
        for message in messages:
            tokens += self.control(f"<|im_start|>{_ROLES[message.type]}\n")
            tokens += self.get_token_ids(str(message.content))
            tokens += self.control("<|im_end|>\n")
        return tokens + self.control("<|im_start|>assistant\n") + self.get_token_ids(prefix)

    def fit(self, messages: Sequence[BaseMessage], reply: int) -> tuple[list[BaseMessage], int]:
        """Messages that leave ``reply`` tokens of the window, and how many were dropped.

        The oldest turns go first, in pairs; the system message and the last user message stay.

        Raises:
            ContextTooLong: the two that must stay do not fit.
        """
        kept = list(messages)
        while len(self.render(kept)) + reply > self.context:
            first = 1 if isinstance(kept[0], SystemMessage) else 0
            if len(kept) - first <= 1:
                raise ContextTooLong("this message is too long for the model; please shorten it")
            del kept[first : first + 2]
        return kept, len(messages) - len(kept)

    def warm(self, messages: Sequence[BaseMessage]) -> None:
        """Read a prompt ahead of time, so that the first reply starts sooner."""
        with self._lock:
            self._abort.clear()
            tokens = self.render(messages)[:-3]
            self._evaluate(tokens, self._reuse(tokens))

    def speak(
        self,
        messages: list[BaseMessage],
        stop: list[str],
        *,
        prefix: str = "",
        max_tokens: int | None = None,
        temperature: float | None = None,
        seed: int | None = None,
        **_options: Any,
    ) -> Iterator[ChatGenerationChunk]:
        limit = max_tokens or self.max_tokens
        kept, _dropped = self.fit(messages, limit)
        with self._lock:
            self._abort.clear()
            yield from self._run(
                self.render(kept, prefix),
                limit,
                stop,
                self.temperature if temperature is None else temperature,
                self.seed if seed is None else seed,
            )

    def _run(
        self, tokens: list[int], limit: int, stop: list[str], temperature: float, seed: int
    ) -> Iterator[ChatGenerationChunk]:
        reused = self._reuse(tokens)
        self._evaluate(tokens, reused)
        sampler = _sampler(temperature, seed)
        written, finish = 0, "length"
        text = _Text(stop)
        try:
            while written < limit:
                token = llama_cpp.llama_sampler_sample(sampler, self._llama.ctx, -1)
                if llama_cpp.llama_vocab_is_eog(self._vocab(), token):
                    finish = "stop"
                    break
                written += 1
                if piece := text.add(self._llama.detokenize([token], special=False)):
                    yield chunk(piece)
                if text.ended:
                    finish = "stop"
                    break
                self._feed([token])
        finally:
            llama_cpp.llama_sampler_free(sampler)
        if rest := text.rest():
            yield chunk(rest)
        yield _last(finish, len(tokens), reused, written)

    def _vocab(self) -> Any:
        return llama_cpp.llama_model_get_vocab(self._llama.model)

    def control(self, text: str) -> list[int]:
        """Tokens of the program's own literals; control strings in them are live."""
        return list(self._llama.tokenize(text.encode(), add_bos=False, special=True))

    def _reuse(self, tokens: list[int]) -> int:
        """Length of the prefix already in the cache; the last token is always read anew."""
        cached = self._llama.input_ids[: self._llama.n_tokens].tolist()
        same: int = llama_cpp.Llama.longest_token_prefix(cached, tokens)
        return min(same, len(tokens) - 1)

    def _evaluate(self, tokens: list[int], reused: int) -> None:
        self._llama.n_tokens = reused
        self._feed(tokens[reused:])

    def _feed(self, tokens: list[int]) -> None:
        try:
            self._llama.eval(tokens)
        except RuntimeError as error:
            if self._abort.is_set():
                raise GenerationStopped("stopped") from error
            raise


class _Abort:
    """A flag that llama.cpp reads by itself between two operations.

    A Python callback would be entered hundreds of times a token. ``strlen`` of a two-byte buffer
    has the same shape, is false for "" and true for "x", and never takes the interpreter's lock.
    """

    def __init__(self) -> None:
        self._flag = ctypes.create_string_buffer(2)
        self.address = ctypes.cast(self._flag, ctypes.c_void_p)
        self.callback = ctypes.cast(ctypes.CDLL(None).strlen, llama_cpp.ggml_abort_callback)

    def set(self) -> None:
        self._flag.value = b"x"

    def clear(self) -> None:
        self._flag.value = b""

    def is_set(self) -> bool:
        return bool(self._flag.value)


class _Text:
    """Bytes of sampled tokens to text: holds back split characters and begun stop strings."""

    def __init__(self, stop: list[str]) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = stop
        self._held = ""
        self.ended = False

    def add(self, data: bytes) -> str:
        self._held += self._decoder.decode(data)
        for word in self._stop:
            if word in self._held:
                self.ended = True
                out, self._held = self._held.split(word, 1)[0], ""
                return out
        keep = max(
            (
                n
                for word in self._stop
                for n in range(1, len(word))
                if self._held.endswith(word[:n])
            ),
            default=0,
        )
        out = self._held[: len(self._held) - keep]
        self._held = self._held[len(out) :]
        return out

    def rest(self) -> str:
        return "" if self.ended else self._held + self._decoder.decode(b"", True)


def _sampler(temperature: float, seed: int) -> Any:
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    add = llama_cpp.llama_sampler_chain_add
    if temperature <= 0:
        add(chain, llama_cpp.llama_sampler_init_greedy())
        return chain
    add(chain, llama_cpp.llama_sampler_init_top_k(40))
    add(chain, llama_cpp.llama_sampler_init_top_p(0.92, 1))
    add(chain, llama_cpp.llama_sampler_init_min_p(0.05, 1))
    add(chain, llama_cpp.llama_sampler_init_temp(temperature))
    add(chain, llama_cpp.llama_sampler_init_dist(seed))
    return chain


def _last(finish: str, read: int, reused: int, written: int) -> ChatGenerationChunk:
    usage = UsageMetadata(
        input_tokens=read,
        output_tokens=written,
        total_tokens=read + written,
        input_token_details=InputTokenDetails(cache_read=reused),
    )
    return chunk("", usage, finish)


def measure_plain_loop(path: str, prompt: str, tokens: int) -> tuple[float, float]:
    """Seconds to first token and tokens a second of llama-cpp-python used the plain way."""
    llama = llama_cpp.Llama(model_path=path, n_ctx=2048, verbose=False)
    start = time.perf_counter()
    first = 0.0
    count = 0
    for _ in llama.create_completion(prompt, max_tokens=tokens, stream=True, temperature=0.0):
        first = first or time.perf_counter() - start
        count += 1
    speed = (count - 1) / max(time.perf_counter() - start - first, 1e-9)
    llama.close()
    return first, speed


__all__ = ["AIMessage", "ChatLlamaCpp", "measure_plain_loop"]
