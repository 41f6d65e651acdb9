"""Killed processes, two windows on one file, and the lock after idle minutes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from keeping import MARKER, PAGE, WORDS, exchange, filled, leftovers

from assistant import history, vault
from assistant.errors import HistoryError, HistoryLocked
from assistant.history import Kept, exists

CHILD = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    sys.path[:0] = [{root!r}, {tests!r}]
    from assistant import vault
    vault.SCRYPT_N = 2**4
    from keeping import WORDS, exchange
    from assistant.history import Kept
    kept = Kept.open(Path({path!r}), WORDS)
    """
)
ROOT = Path(history.__file__).parents[1]


def killed(path: Path, body: str) -> None:
    """Run ``body`` in another process and kill it with signal 9 at its first printed line."""
    text = CHILD.format(root=str(ROOT), tests=str(Path(__file__).parent), path=str(path))
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
