"""The file of kept conversations: private, never overwritten, refused when harmed or foreign."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest
from keeping import PAGE, WORDS, exchange

from assistant import vault
from assistant.errors import HistoryError, HistoryForeign
from assistant.history import Kept, discard, place
from assistant.settings import Settings


def test_only_the_owner_can_read_it(tmp_path):
    where = place(Settings(home=tmp_path / "home"))
    old = os.umask(0)
    try:
        with Kept.create(where, WORDS) as made:
            made.append(made.start(), exchange())
            assert stat.S_IMODE(where.stat().st_mode) == 0o600
            assert stat.S_IMODE(where.parent.stat().st_mode) == 0o700
    finally:
        os.umask(old)


def test_an_existing_file_is_never_overwritten(kept, path):
    kept.append(kept.start(), exchange())
    before = path.read_bytes()
    with pytest.raises(HistoryError, match="exists"):
        Kept.create(path, "other")
    assert path.read_bytes() == before


def _plain_database(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE notes(x)")


FOREIGN = {
    "text-file": lambda path: path.write_text("dear diary " * 900, encoding="utf-8"),
    "plain-database": _plain_database,
    "noise": lambda path: path.write_bytes(os.urandom(2 * PAGE)),
    "empty-file": lambda path: path.touch(),
    "shorter-than-a-salt": lambda path: path.write_bytes(vault.MAGIC),
}


@pytest.mark.parametrize("kind", sorted(FOREIGN))
def test_a_foreign_file_is_refused_untouched(path, kind):
    FOREIGN[kind](path)
    before = (path.read_bytes(), path.stat().st_mtime_ns, sorted(os.listdir(path.parent)))
    for refused in (lambda: Kept.open(path, WORDS), lambda: discard(path)):
        with pytest.raises(HistoryForeign, match=r"untouched|not been touched"):
            refused()
    assert before == (path.read_bytes(), path.stat().st_mtime_ns, sorted(os.listdir(path.parent)))


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda data: _flip(data, 2 * PAGE + 50), id="one-bit-in-a-page"),
        pytest.param(lambda data: _flip(data, len(data) - 1), id="one-bit-at-the-end"),
        pytest.param(lambda data: data[:-PAGE], id="a-page-cut-off"),
        pytest.param(lambda data: data[:-7], id="a-few-bytes-cut-off"),
        pytest.param(lambda data: data[:PAGE] * (len(data) // PAGE), id="pages-swapped"),
    ],
)
def test_a_damaged_file_is_refused_untouched(kept, path, harm):
    for _ in range(20):
        kept.append(kept.start(), exchange("x" * 3000))
    kept.close()
    path.write_bytes(harm(path.read_bytes()))
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    with pytest.raises(HistoryForeign, match="damaged"):
        Kept.open(path, WORDS)
    assert before == (path.read_bytes(), path.stat().st_mtime_ns)


@pytest.mark.parametrize("pragma", ["user_version = 99", "application_id = 7"])
def test_a_newer_or_other_database_is_refused(kept, path, pragma):
    kept._vault.rows(f"PRAGMA {pragma}")
    kept.close()
    with pytest.raises(HistoryForeign, match="not been touched"):
        Kept.open(path, WORDS)


def test_where_nothing_is_kept_it_says_so(path):
    with pytest.raises(HistoryError, match="No conversations are kept"):
        Kept.open(path, WORDS)


def test_a_file_removed_while_open_takes_no_words(kept, path):
    id = kept.start()
    path.unlink()
    with pytest.raises(HistoryError, match="removed or replaced"):
        kept.append(id, exchange())
