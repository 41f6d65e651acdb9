"""The composition root: settings in, a working assistant out. The only place that wires parts."""

from __future__ import annotations

import atexit
import logging
import math
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.chat import Assistant
from assistant.errors import ModelMissing
from assistant.free import FreeWriter
from assistant.language import is_english
from assistant.listening import Listener
from assistant.models.catalogue import catalogue
from assistant.models.embedder import HERE as READER
from assistant.models.embedder import Embedder, Vectors
from assistant.models.store import Progress, Store
from assistant.reader import Heads, Reader
from assistant.settings import Settings
from assistant.wording import ModelWriter
from knowledge.cards import Library, load
from knowledge.index import CardRetriever

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

# What the packages beneath would otherwise report or look up on a network of their own accord.
SWITCHED_OFF = {
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
}
FAR = 0.2  # on dev this silences 96% of other subjects and turns away 4 in 1,000 of the rest
ADAPTERS = READER.parent / "adapters"


def build(settings: Settings, progress: Progress | None = None) -> Assistant:
    """An assistant ready to answer; fetches its model first if it is in the catalogue.

    ``progress`` is told (bytes so far, bytes in all) while fetching. Raises StoreError when
    there is no fit model, CardInvalid or PromptInvalid when a text file is broken.
    """
    model = load_model(settings, progress)
    listener = build_listener(settings)
    writer = ModelWriter(model, settings.seed)
    _warm(writer)
    free = FreeWriter(model) if composition(settings) == "free" else None
    return Assistant(settings, listener, listener.retriever.library, writer, free)


def composition(settings: Settings) -> str:
    """Who writes the reply: what the settings ask for, else what the catalogue found fit."""
    entry = catalogue().get(settings.model)
    return settings.composition or (entry.composition if entry else "anchored")


def build_listener(settings: Settings) -> Listener:
    """Guards, situation, stance and retrieval: all that runs without a language model."""
    switch_off_telemetry()
    embedder, heads = Embedder(), _heads()
    return Listener(Reader(embedder, heads), _retriever(settings, load(), embedder, heads))


def load_model(settings: Settings, progress: Progress | None = None) -> BaseChatModel:
    """The chat model named by the settings, fetched if missing, loaded with its adapter."""
    switch_off_telemetry()
    store = Store(settings.folder("models"))
    if not settings.model.endswith(".gguf"):
        store.pull(settings.model, progress or (lambda _done, _total: None))
    path = store.find(settings.model)
    from assistant.models.llamacpp import ChatLlamaCpp

    adapter = adapter_path(settings)
    return ChatLlamaCpp(
        path=str(path),
        context=settings.context,
        seed=settings.seed,
        adapter=str(adapter) if adapter else None,
    )


def adapter_path(settings: Settings) -> Path | None:
    """The adapter trained for the chosen model; None if there is none or it is switched off."""
    entry = catalogue().get(settings.model)
    if not settings.adapter or entry is None or entry.adapter is None:
        return None
    path = ADAPTERS / entry.adapter
    if not path.exists():
        raise ModelMissing(
            f"the adapter {path} is missing: clone the checkout again, or use --no-adapter"
        )
    return path


def switch_off_telemetry() -> None:
    """Keep every package beneath quiet; an exported tracing variable would upload private talk."""
    os.environ.update(SWITCHED_OFF)
    try:
        import langsmith
    except ImportError:
        return
    langsmith.configure(enabled=False)


def relevance(heads: Heads) -> Callable[[str, Vectors], bool]:
    """Whether a message is English and has to do with what the cards are about."""

    def relevant(text: str, vector: Vectors) -> bool:
        return is_english(text) and _share(float(heads.logits("far", vector)[0])) < FAR

    return relevant


def _share(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def _retriever(
    settings: Settings, library: Library, embedder: Embedder, heads: Heads
) -> CardRetriever:
    return CardRetriever(
        library=library,
        encoder=embedder,
        head=heads.cards,
        relevance=relevance(heads),
        cache=settings.folder("vectors"),
    )


def _heads() -> Heads:
    try:
        return Heads()
    except FileNotFoundError as error:
        raise ModelMissing(
            f"{error.filename} is missing: the checkout is incomplete, clone it again"
        ) from None


def _warm(writer: ModelWriter) -> None:
    """Read the constant prompt while the person still types; ended when the process ends."""
    thread = threading.Thread(target=_warm_quietly, args=(writer,), name="warm", daemon=True)
    thread.start()
    atexit.register(_end, writer, thread)


def _warm_quietly(writer: ModelWriter) -> None:
    from assistant.errors import GenerationStopped

    try:
        writer.warm()
    except GenerationStopped:
        return  # a Stop pressed meanwhile: the next reply reads the prompt itself


def _end(writer: ModelWriter, thread: threading.Thread) -> None:
    """Native code must not be running when the interpreter is taken down."""
    if thread.is_alive():
        logging.getLogger("stillpoint").disabled = True  # llama.cpp reports the abort as an error
        writer.stop()
        thread.join(timeout=5)
