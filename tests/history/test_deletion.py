"""Deleted words are on no page of the file, looked for in its decrypted pages."""

from __future__ import annotations

import hashlib
import hmac
import subprocess
from pathlib import Path

import pytest
from keeping import MARKER, PAGE, RESERVED, WORDS, exchange, filled, leftovers

from assistant import vault


def _openssl_cbc(key: bytes, iv: bytes, data: bytes) -> bytes:
    command = ["openssl", "enc", "-d", "-aes-256-cbc", "-nopad", "-K", key.hex(), "-iv", iv.hex()]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def decrypted(path: Path, words: str = WORDS) -> bytes:
    """Every page of the file in the clear, free ones and unused space included.

    Page by page as SQLCipher writes them: AES-256-CBC, its IV and HMAC in the last 80 bytes.
    """
    data = path.read_bytes()
    salt = data[:16]
    key = vault.derived(words, salt)
    mac_salt = bytes(b ^ 0x3A for b in salt)
    mac_key = hashlib.pbkdf2_hmac("sha512", key, mac_salt, 2, 32)
    out = b""
    for number, start in enumerate(range(0, len(data), PAGE), 1):
        page = data[start + (16 if number == 1 else 0) : start + PAGE]
        body, iv, mac = page[:-RESERVED], page[-80:-64], page[-64:]
        signed = body + iv + number.to_bytes(4, "little")
        assert hmac.new(mac_key, signed, "sha512").digest() == mac, f"page {number}"
        out += _openssl_cbc(key, iv, body)
    return out


@pytest.fixture
def openssl():
    try:
        subprocess.run(["openssl", "version"], capture_output=True, check=True)
    except OSError:
        pytest.skip("not run: the command openssl, which decrypts the pages, is missing")


def test_nothing_can_be_read_without_the_key(kept, path):
    filled(kept)
    data = path.read_bytes()
    assert MARKER.encode() not in data and b"SQLite format" not in data
    assert b"conversation" not in data


def test_the_method_sees_what_a_plain_delete_leaves(kept, path, openssl):
    """The control: without secure delete and rewriting, the marker stays on free pages."""
    marked = filled(kept)
    assert MARKER.encode() in decrypted(path)
    kept._vault.rows("PRAGMA secure_delete = OFF")
    with kept._vault.change():
        kept._vault.rows("DELETE FROM conversation WHERE id = ?", (marked,))
    assert kept._vault.rows("PRAGMA freelist_count")[0][0] > 0
    assert MARKER.encode() in decrypted(path)


@pytest.mark.parametrize("way", ["delete", "cut"])
def test_deleted_words_are_on_no_page(kept, path, openssl, way):
    marked = filled(kept)
    if way == "cut":
        kept.rename(marked, "renamed")
        kept.cut(marked, 0)
    else:
        kept.delete(marked)
    assert MARKER.encode() not in decrypted(path)
    assert kept._vault.rows("PRAGMA freelist_count") == [(0,)]
    assert leftovers(path) == []  # no journal and no log beside the file
    assert len(kept.list()) == (4 if way == "cut" else 3)


def test_secure_delete_alone_has_overwritten_them(kept, path, openssl, monkeypatch):
    """Also where the rewriting cannot run because another window reads."""
    marked = filled(kept)
    monkeypatch.setattr(vault.Vault, "compact", lambda self: None)
    kept.delete(marked)
    assert MARKER.encode() not in decrypted(path)


def test_amending_leaves_no_earlier_reply(kept, path, openssl):
    id = kept.start()
    number = kept.append(id, exchange("question", MARKER))
    kept.amend(id, number, exchange("question", "x" * len(MARKER)))
    assert MARKER.encode() not in decrypted(path)
