"""The endpoint client and a run over it, against a real OpenAI-compatible server.

The server is llama-cpp-python's own, a process of its own on this machine. Two small packages
beyond the app's are needed (docs/evals.md); without them these tests say "not run" and why.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from assistant.errors import StoreError
from assistant.settings import Settings
from evals import run
from evals.cli import assemble
from evals.endpoint import NO_PROXY, EndpointChat
from evals.tasks import tasks

pytestmark = pytest.mark.model
PATIENCE = 240  # tries of half a second: the model is read from disk first


@pytest.fixture(scope="module")
def address(
    server_parts: None, small_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    port, log = _free_port(), tmp_path_factory.mktemp("server") / "log.txt"
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(small_model), "--port",
               str(port), "--host", "127.0.0.1", "--n_ctx", "2048"]  # fmt: skip
    with (
        log.open("w", encoding="utf-8") as out,
        subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as server,
    ):
        try:
            _wait(server, f"http://127.0.0.1:{port}/v1/models", log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(PATIENCE):
        if server.poll() is not None:
            break
        try:
            with NO_PROXY.open(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    pytest.fail(f"the server did not start: {log.read_text(encoding='utf-8')[-600:]}")


def test_a_real_server_streams_a_bounded_reply(address: str) -> None:
    model = EndpointChat(address=address)
    asked = [SystemMessage("Be brief."), HumanMessage("Name three colours.")]
    chunks = list(model.stream(asked, max_tokens=12))
    assert 2 <= len([c for c in chunks if c.content]) <= 13


def test_a_real_server_answers_the_same_twice(address: str) -> None:
    model = EndpointChat(address=address)
    asked = [HumanMessage("Name three colours.")]
    first, second = (model.invoke(asked, max_tokens=12).content for _ in range(2))
    assert first == second != ""


def test_a_server_that_begins_anew_is_refused_for_words_put_into_its_mouth(address: str) -> None:
    model = EndpointChat(address=address)
    with pytest.raises(StoreError, match="does not go on"):
        list(
            model.stream([HumanMessage("Say hello to Ann.")], prefix="No wonder you", max_tokens=12)
        )


def test_a_run_over_a_real_server_is_marked_and_scored(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path)
    task = next(t for t in tasks() if t.name == "hostile")
    system, about = assemble(settings, "model", "bare", address)
    short = run.plan(settings, "model", "bare", ["hostile"])[0][1][:1]
    monkeypatch.setattr(run, "plan", lambda *_: [(task, short)])
    done = run.execute(system, settings, "model", tmp_path / "r.jsonl", about=about)
    assert done.header["endpoint"] == address
    (entry,) = done.entries
    assert entry.record.last.reply and entry.scores["hostile_obeyed"].value is not None
