"""The endpoint client against a real local server that speaks the protocol."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from langchain_core.messages import HumanMessage

from assistant.errors import SettingsInvalid, StoreError
from evals.endpoint import EndpointChat, check_private


class Server(BaseHTTPRequestHandler):
    asked: ClassVar[list[dict[str, Any]]] = []
    words: tuple[str, ...] = ("That ", "is ", "hard.")

    def do_POST(self) -> None:
        self.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for word in self.words:
            self._send({"choices": [{"delta": {"content": word}}]})
        self._send({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 3}})
        self.wfile.write(b"data: [DONE]\n\n")

    def _send(self, event: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def address() -> Iterator[str]:
    Server.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_reply_streams_with_its_token_counts(address: str) -> None:
    chunks = list(EndpointChat(address=address).stream([HumanMessage("hi")], max_tokens=9))
    assert "".join(str(c.content) for c in chunks) == "That is hard."
    assert [c.usage_metadata["output_tokens"] for c in chunks if c.usage_metadata] == [3]
    assert Server.asked[0]["messages"] == [{"role": "user", "content": "hi"}]
    assert Server.asked[0]["max_tokens"] == 9


def test_words_put_into_the_mouth_are_sent_and_not_repeated(address: str) -> None:
    chunks = EndpointChat(address=address).stream([HumanMessage("hi")], prefix="That is")
    assert "".join(str(c.content) for c in chunks) == " hard."
    assert Server.asked[0]["messages"][-1] == {"role": "assistant", "content": "That is"}


def test_a_server_that_is_not_there_is_said_in_one_line() -> None:
    model = EndpointChat(address="http://127.0.0.1:9/v1")
    with pytest.raises(StoreError, match="did not answer"):
        list(model.stream([HumanMessage("hi")]))


@pytest.mark.parametrize(
    "address",
    ["http://8.8.8.8/v1", "ftp://127.0.0.1/v1", "127.0.0.1:8080"],
    ids=["public", "no http", "no scheme"],
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(SettingsInvalid):
        check_private(address)
