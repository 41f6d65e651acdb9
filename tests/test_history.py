"""Kept conversations: the key, real deletion on decrypted pages, killed processes, two windows."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("sqlcipher3", reason="not run: the package sqlcipher3 is not installed")

from assistant import history, vault
from assistant.errors import HistoryError, HistoryForeign, HistoryLocked, InputInvalid
from assistant.history import Kept, discard, exists, place
from assistant.record import exchange_from, plain, to_json
from assistant.settings import Settings
from assistant.turn import (
    Citation,
    Exchange,
    Finding,
    Reading,
    Reply,
    Screening,
    Situation,
    Stance,
    UserTurn,
)

WORDS = "quiet lake in November"
MARKER = "Pomegranate-7731"
FULL_N = vault.SCRYPT_N
PAGE, RESERVED = 4096, 80


@pytest.fixture(autouse=True)
def quick_key(monkeypatch):
    """A cheap derivation: what is tested here is everything around it."""
    monkeypatch.setattr(vault, "SCRYPT_N", 2**4)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "conversations.db"


@pytest.fixture
def kept(path):
    with Kept.create(path, WORDS) as opened:
        yield opened


def exchange(text: str = "I miss them", answer: str = "That sounds heavy.") -> Exchange:
    reading = Reading(
        Screening("decline", None, "jealousy", 0.9, "", (Finding("jealousy", text, 0.9, "user"),)),
        Situation({"L1": 2, "L10": ["home"], "L9": "ex"}, {"L1": text}, frozenset({"L9"})),
        Stance("PAUSE", "P5", "why", ("P5",), unknown=("L7",), leaning="CUTOFF"),
        hints={"fear": 0.25},
    )
    reply = Reply(answer, reading, "done", ("a",), (Citation("a", "A"),), "stop", "vetted")
    return Exchange(UserTurn(text, "asked?", {"L9": "ex"}), reply)


# --- what is stored ---------------------------------------------------------------------------


def test_a_turn_comes_back_as_it_was(kept):
    id = kept.start("A name")
    kept.append(id, exchange())
    assert list(kept.read(id)) == [exchange()]


@given(st.text(), st.text(), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_any_text_survives_its_record(said, answered, score):
    turn = exchange(said, answered)
    turn = replace(turn, reply=replace(turn.reply, reading=replace(turn.reply.reading, ms=score)))
    assert exchange_from(json.loads(to_json(turn))) == turn


@pytest.mark.parametrize(
    ("at", "value"),
    [
        pytest.param(("reply", "finish"), "unheard", id="unknown-finish"),
        pytest.param(("reply", "reading", "stance", "path"), "REVENGE", id="unknown-stance"),
        pytest.param(("reply", "reading", "screening", "route"), None, id="no-route"),
        pytest.param(("reply", "reading", "situation", "signals"), {"L1": True}, id="wrong-value"),
        pytest.param(("user",), "text", id="not-a-turn"),
        pytest.param(("user", "text"), 7, id="number-for-text"),
        pytest.param(("reply", "cards"), "abc", id="text-for-list"),
    ],
)
def test_a_record_that_is_not_a_turn_is_refused(at, value):
    raw = plain(exchange())
    inner = raw
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    with pytest.raises(InputInvalid):
        exchange_from(raw)


def test_a_record_of_an_older_version_gets_defaults():
    raw = plain(exchange())
    del raw["reply"]["usage"], raw["reply"]["timings"]
    raw["reply"]["added_later"] = 1
    assert exchange_from(raw) == exchange()


def test_list_rename_search(kept):
    first, second = kept.start("The café"), kept.start()
    kept.append(first, exchange("He left in Écully"))
    kept.append(second, exchange("I am tired", "Rest is a START."))
    assert {c.id: c.turns for c in kept.list()} == {first: 1, second: 1}
    assert [c.id for c in kept.search("cafe ECULLY")] == [first]
    assert [c.id for c in kept.search("start tired")] == [second]
    assert not kept.search("tired ecully")  # each word is there, never in one conversation
    assert not kept.search("screening")  # a field of the record and no word of the talk
    kept.rename(second, "  new\nname  ")
    assert {c.title for c in kept.list()} == {"The café", "new name"}


def test_a_begun_turn_is_amended_in_its_place(kept):
    id = kept.start()
    begun = replace(exchange(), reply=replace(exchange().reply, text="", finish=None))
    number = kept.append(id, begun)
    kept.append(id, exchange("second"))
    kept.amend(id, number, exchange("first"))
    assert [turn.user.text for turn in kept.read(id)] == ["first", "second"]


def test_cut_goes_back_to_an_earlier_turn(kept):
    id = kept.start()
    for n in range(4):
        kept.append(id, exchange(str(n)))
    kept.cut(id, 2)
    assert kept.append(id, exchange("again")) == 2
    assert [turn.user.text for turn in kept.read(id)] == ["0", "1", "again"]


@pytest.mark.parametrize("call", ["append", "amend", "cut", "read", "rename", "export", "delete"])
def test_a_conversation_that_is_gone_is_named_so(kept, call):
    rest = {"append": [exchange()], "amend": [0, exchange()], "cut": [0], "rename": ["x"]}
    with pytest.raises(HistoryError, match="not kept here"):
        getattr(kept, call)("0" * 16, *rest.get(call, []))


def test_export_and_import_elsewhere(kept, tmp_path):
    id = kept.start("Ünïcode “title”")
    kept.append(id, exchange("\ud800 lone", "reply"))
    kept.start("other")
    with Kept.create(tmp_path / "second.db", "other words") as other:
        (new,) = other.import_(kept.export(id))
        assert list(other.read(new)) == list(kept.read(id))
        assert [c.title for c in other.list()] == ["Ünïcode “title”"]
        assert len(other.import_(kept.export())) == 2 and len(other.list()) == 3


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("[" * 100_000, id="deeply-nested"),
        pytest.param("[]", id="a-list"),
        pytest.param('{"format": "other"}', id="another-format"),
        pytest.param('{"format": "stillpoint-conversations", "version": 2}', id="newer"),
        pytest.param(
            '{"format": "stillpoint-conversations", "version": 1, "conversations": [{"title": "t",'
            ' "started": NaN, "turns": []}]}',
            id="no-time",
        ),
    ],
)
def test_what_is_no_export_is_refused(kept, text):
    with pytest.raises(InputInvalid):
        kept.import_(text)


def test_an_import_is_all_or_nothing(kept):
    kept.append(kept.start("good"), exchange())
    raw = json.loads(kept.export())
    raw["conversations"] += [{"title": "bad", "started": 1, "turns": [{}]}]
    with pytest.raises(InputInvalid):
        kept.import_(json.dumps(raw))
    assert [c.title for c in kept.list()] == ["good"]


# --- the passphrase ---------------------------------------------------------------------------


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


# --- the file ---------------------------------------------------------------------------------


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


# --- deleted for real -------------------------------------------------------------------------


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


def filled(kept: Kept) -> str:
    """One conversation with the marker among others, over many pages."""
    for n in range(3):
        id = kept.start(f"other {n}")
        kept.append(id, exchange("something else " * 60))
    marked = kept.start(MARKER)
    for _ in range(6):
        kept.append(marked, exchange(f"{MARKER} " * 150, f"{MARKER} answered"))
    return marked


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


def leftovers(path: Path) -> list[str]:
    return [name for name in os.listdir(path.parent) if name != path.name]


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


# --- killed, shared, locked -------------------------------------------------------------------

CHILD = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    sys.path[:0] = [{root!r}, {tests!r}]
    from assistant import vault
    vault.SCRYPT_N = 2**4
    from test_history import WORDS, exchange
    from assistant.history import Kept
    kept = Kept.open(Path({path!r}), WORDS)
    """
)
ROOT = Path(history.__file__).parents[1]


def killed(path: Path, body: str) -> None:
    """Run ``body`` in another process and kill it with signal 9 at its first printed line."""
    text = CHILD.format(root=str(ROOT), tests=str(ROOT / "tests"), path=str(path))
    child = subprocess.Popen(
        [sys.executable, "-c", text + textwrap.dedent(body)], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == b"now"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()


def test_a_killed_process_loses_only_the_reply_being_written(kept, path):
    kept.close()
    killed(
        path,
        """
        id = kept.start("talk")
        kept.append(id, exchange("first", "whole reply"))
        kept.append(id, exchange("second", ""))   # begun; the reply is still being written
        print("now", flush=True)
        time.sleep(600)
        """,
    )
    with Kept.open(path, WORDS) as again:
        (talk,) = again.list()
        turns = again.read(talk.id)
    assert [(t.user.text, t.reply.text) for t in turns] == [
        ("first", "whole reply"),
        ("second", ""),
    ]


HALF_WRITTEN = """
    id = kept.start("talk")
    kept.append(id, exchange("first"))
    v = kept._vault
    v.rows("PRAGMA cache_size = 2")      # makes pages reach the file before the commit
    v._db.execute("BEGIN IMMEDIATE")
    for n in range(40):
        v.rows("INSERT INTO turn VALUES (?, ?, ?)", (id, n + 1, "half" * 2000))
    print("now", flush=True)
    time.sleep(600)
    """


def test_a_process_killed_within_a_write_leaves_the_file_as_before(kept, path):
    kept.close()
    killed(path, HALF_WRITTEN)
    assert leftovers(path) == [path.name + "-journal"]  # the kill did come within the write
    with pytest.raises(HistoryLocked):
        Kept.open(path, "a guess")  # a wrong passphrase must not spoil the recovery
    with Kept.open(path, WORDS) as again:
        (talk,) = again.list()
        assert [t.user.text for t in again.read(talk.id)] == ["first"]
        assert again.append(talk.id, exchange("goes on")) == 1


def test_the_journal_of_a_killed_write_is_encrypted(kept, path):
    filled(kept)
    kept.close()
    killed(path, HALF_WRITTEN.replace('"half" * 2000', f'"{MARKER}" * 500'))
    journal = path.with_name(path.name + "-journal").read_bytes()
    assert len(journal) > PAGE and MARKER.encode() not in journal
    assert MARKER.encode() not in path.read_bytes()


@pytest.mark.parametrize("delay", [0.0, 0.002, 0.01, 0.03])
def test_a_process_killed_while_the_passphrase_changes_keeps_everything(kept, path, delay):
    id = filled(kept)
    kept.close()
    killed(
        path,
        f"""
        import threading
        for _ in range(60):
            kept.append({id!r}, exchange("y" * 3000))
        run = threading.Thread(target=kept._vault.rekey, args=("another one",), daemon=True)
        run.start()
        time.sleep({delay})
        print("now", flush=True)
        time.sleep(600)
        """,
    )
    opened = [words for words in (WORDS, "another one") if _opens(path, words, id)]
    assert len(opened) == 1


def _opens(path: Path, words: str, id: str) -> bool:
    try:
        with Kept.open(path, words) as again:
            return len(again.read(id)) == 66
    except HistoryLocked:
        return False


def test_a_create_that_was_killed_can_be_done_again(path):
    path.touch(mode=0o600)
    assert not exists(path)
    Kept.create(path, WORDS).close()
    Kept.open(path, WORDS).close()


def test_two_windows_write_at_once_and_lose_nothing(kept, path):
    id = kept.start()
    faults: list[BaseException] = []

    def write(opened: Kept, name: str) -> None:
        try:
            for n in range(12):
                opened.append(id, exchange(f"{name}{n}"))
        except BaseException as error:
            faults.append(error)

    with Kept.open(path, WORDS) as other:
        threads = [
            threading.Thread(target=write, args=args)
            for args in ((kept, "a"), (other, "b"), (kept, "c"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not faults
        assert sorted(t.user.text for t in other.read(id)) == sorted(
            f"{name}{n}" for name in "abc" for n in range(12)
        )


def test_a_deletion_in_one_window_is_seen_in_the_other(kept, path):
    id = kept.start()
    with Kept.open(path, WORDS) as other:
        other.read(id)
        kept.delete(id)
        with pytest.raises(HistoryError, match="not kept here"):
            other.append(id, exchange())


def test_a_passphrase_changed_in_one_window_locks_the_other(kept, path):
    id = kept.start()
    kept.append(id, exchange())
    with Kept.open(path, WORDS) as other:
        other.read(id)
        kept.change_passphrase("another one", old=WORDS)
        with pytest.raises(HistoryLocked, match="another window"):
            other.append(id, exchange("lost?"))
        assert other.locked
        other.unlock("another one")
        assert other.append(id, exchange("second")) == 1


def test_a_busy_file_is_a_line_to_read(kept, path, monkeypatch):
    monkeypatch.setattr(vault, "WAIT_S", 0.05)
    busy = pytest.raises(HistoryError, match="Another window")
    with Kept.open(path, WORDS) as other, kept._vault.change(), busy:
        other.start()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_ten_idle_minutes_lock_it(path):
    clock = Clock()
    with Kept.create(path, WORDS, clock=clock) as kept:
        id = kept.start()
        clock.now += 599
        kept.touch()
        clock.now += 599
        assert not kept.lock_if_idle()
        clock.now += 1
        with pytest.raises(HistoryLocked, match="locked"):
            kept.append(id, exchange())
        assert kept.locked
        with pytest.raises(HistoryLocked, match="does not open"):
            kept.unlock("a guess")
        kept.unlock(WORDS)
        assert kept.append(id, exchange()) == 0


def test_the_page_can_lock_without_a_call(path):
    clock = Clock()
    kept = Kept.create(path, WORDS, clock=clock)
    clock.now += history.IDLE_S
    assert kept.lock_if_idle() and kept.locked


def test_a_locked_one_holds_no_key(kept):
    kept.lock()
    kept.lock()
    assert kept._vault is None
    with pytest.raises(HistoryLocked):
        kept.list()


def test_no_fault_repeats_a_word_that_was_kept(kept):
    with pytest.raises(HistoryError) as fault:
        kept._vault.rows("INSERT INTO nowhere VALUES (?)", (MARKER,))
    assert MARKER not in str(fault.value) and "nowhere" not in str(fault.value)
