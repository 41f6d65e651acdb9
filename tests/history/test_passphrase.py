"""The passphrase: costly to guess, plain about a wrong one, never recovered."""

from __future__ import annotations

import os

import pytest
from keeping import FULL_N, MARKER, WORDS, exchange

from assistant import vault
from assistant.errors import HistoryError, HistoryLocked
from assistant.history import Kept, discard, exists


def test_a_guess_at_the_passphrase_is_costly():
    assert 128 * FULL_N * vault.SCRYPT_R >= 64 * 2**20  # bytes of memory for one guess
    assert vault.SCRYPT_P >= 2 and 128 * FULL_N * vault.SCRYPT_R < vault.SCRYPT_MEMORY


@pytest.mark.parametrize("wrong", ["Quiet lake in November", WORDS + " ", "x'" + "0" * 64 + "'"])
def test_a_wrong_passphrase_is_a_clear_line_and_changes_nothing(kept, path, wrong):
    kept.append(kept.start(), exchange())
    before = path.read_bytes()
    with pytest.raises(HistoryLocked, match="does not open"):
        Kept.open(path, wrong)
    assert path.read_bytes() == before


@pytest.mark.parametrize("empty", ["", "   ", "\t\n"])
def test_an_empty_passphrase_is_refused(path, kept, empty, tmp_path):
    with pytest.raises(HistoryLocked, match="needed"):
        Kept.create(tmp_path / "new.db", empty)
    with pytest.raises(HistoryLocked, match="needed"):
        Kept.open(path, empty)
    with pytest.raises(HistoryLocked, match="needed"):
        kept.change_passphrase(empty, old=WORDS)
    assert not (tmp_path / "new.db").exists() and not kept.locked


@pytest.mark.parametrize("words", ['it\'s "quoted"', "пароль 🔑", "x'" + "ab" * 48 + "'", "a\0b"])
def test_odd_passphrases_open_what_they_made(tmp_path, words):
    Kept.create(tmp_path / "odd.db", words).close()
    Kept.open(tmp_path / "odd.db", words).close()


def test_one_letter_typed_two_ways_is_one_passphrase(tmp_path):
    Kept.create(tmp_path / "a.db", "caf\u00e9").close()
    Kept.open(tmp_path / "a.db", "cafe\u0301").close()


def test_a_changed_passphrase_opens_and_the_old_one_does_not(kept, path):
    id = kept.start()
    kept.append(id, exchange())
    kept.change_passphrase("another one", old=WORDS)
    assert list(kept.read(id)) == [exchange()]
    with pytest.raises(HistoryLocked):
        Kept.open(path, WORDS)
    with Kept.open(path, "another one") as again:
        assert list(again.read(id)) == [exchange()]


def test_changing_it_asks_for_the_old_one(kept, path):
    with pytest.raises(HistoryLocked, match="does not open"):
        kept.change_passphrase("another one", old="a guess")
    Kept.open(path, WORDS).close()


def test_a_forgotten_passphrase_leaves_only_discarding(kept, path):
    kept.append(kept.start(), exchange(MARKER))
    key_material = path.read_bytes()[:16]
    kept.close()
    copy = path.with_name("copy.db")
    os.link(path, copy)  # whoever still holds the file's blocks
    discard(path)
    assert not exists(path) and copy.read_bytes()[:16] != key_material
    with pytest.raises(HistoryError):
        Kept.open(copy, WORDS)
    with Kept.create(path, "a new one") as fresh:
        assert list(fresh.list()) == []
