"""Shared fixtures. No test but a loopback one reaches a network, and nothing is read from outside
the project. Where a model or Chromium is missing a test says "not run" and why; with
STILLPOINT_REQUIRE="model browser server" (as in CI) that is a failure instead."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
from pathlib import Path

import pytest

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

LOOPBACK = {"127.0.0.1", "localhost", "::1", "0.0.0.0", ""}
REQUIRED = set(os.environ.get("STILLPOINT_REQUIRE", "").split())


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Any connection that is not loopback fails the test that made it."""
    real = socket.socket.connect

    def connect(self, address):
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


def not_run(what: str, why: str) -> None:
    """Skip with the reason; fail where CI demands that it runs."""
    if what in REQUIRED:
        pytest.fail(f"required here and not run: {why}")
    pytest.skip(f"not run: {why}")


@pytest.fixture(scope="session")
def server_parts() -> None:
    """What llama-cpp-python's own server needs beyond the app; skips with the reason."""
    parts = ("fastapi", "uvicorn", "pydantic_settings", "sse_starlette", "starlette_context")
    if missing := [name for name in parts if importlib.util.find_spec(name) is None]:
        how = "pip install 'llama-cpp-python[server]==0.3.36'"
        not_run("server", f"{', '.join(missing)} not installed: {how}")


def model_path(name: str) -> Path:
    from assistant.errors import StoreError
    from assistant.models.store import Store
    from assistant.settings import Settings

    folder = Settings.load().home / "models"
    try:
        return Store(folder).find(name)
    except StoreError as reason:
        not_run("model", str(reason))
        raise


@pytest.fixture(scope="session")
def small_model() -> Path:
    return model_path("smollm2-135m-instruct-q4_1")


@pytest.fixture(scope="session")
def default_model() -> Path:
    return model_path("qwen2.5-coder-1.5b-instruct-q4_k_m")


@pytest.fixture(scope="session")
def chromium() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        not_run("browser", "Chromium is not installed (apt-get install chromium)")
    return str(path)


@pytest.fixture(scope="session")
def listener():
    """The real reader and the real retriever; no language model."""
    from assistant.listening import Listener
    from assistant.models.embedder import Embedder
    from assistant.reader import Heads, Reader
    from knowledge.cards import load
    from knowledge.index import CardRetriever

    embedder, heads = Embedder(), Heads()
    retriever = CardRetriever(library=load(), encoder=embedder, head=heads.cards)
    return Listener(Reader(embedder, heads), retriever)
