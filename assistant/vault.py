"""An SQLCipher file: its key, its first bytes, opening it without harming a file that is not ours.

The key is 32 bytes of scrypt (N 65536, r 8, p 2: 64 MiB and about half a second for each guess)
over the passphrase and the file's salt, handed to SQLCipher as a raw key; SQLCipher's own PBKDF2
is not used. SQLCipher writes the salt as the first 16 bytes of the file. Ours begins with
``MAGIC``, so that a foreign file is told from a wrong passphrase.
Every page is AES-256 with an HMAC. The rollback journal is encrypted like the file.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import HistoryError, HistoryForeign, HistoryLocked

MAGIC = b"SPk1"  # the last sign is the version of the key's derivation
SALT_BYTES = 16
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**16, 8, 2
SCRYPT_MEMORY = 2**27
APPLICATION = 0x5350_6B31
SCHEMA = 1
WAIT_S = 5.0  # for another window that is writing

EMPTY = "A passphrase is needed. It can be a few words; choose one that only you would think of."
WRONG = (
    "That passphrase does not open the kept conversations. Check capital letters and spaces. "
    "Nobody can recover a forgotten passphrase. If you are sure of it, the file may be damaged."
)
CHANGED = "The passphrase was changed in another window. Open the kept conversations again."


@dataclass(slots=True)
class Vault:
    """An open file. SQL goes through ``rows`` and ``change``; every fault is a HistoryError."""

    path: Path
    _db: Any
    _salt: bytes
    _inode: int
    _opened: bool = False
    stale: bool = False  # the passphrase was changed elsewhere: close it

    @classmethod
    def create(cls, path: Path, passphrase: str, schema: str) -> Vault:
        """A new file, readable only by its owner. An existing one is left alone."""
        if path.exists() and path.stat().st_size:
            raise HistoryError(f"{path.name} exists already: open it with its passphrase.")
        salt = MAGIC + secrets.token_bytes(SALT_BYTES - len(MAGIC))
        key = derived(passphrase, salt)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
        vault = cls(path, _connected(path, key, salt), salt, path.stat().st_ino)
        try:
            vault._build(schema)
            vault._opened = True
        except HistoryError:
            vault.close()
            raise
        return vault

    @classmethod
    def open(cls, path: Path, passphrase: str) -> Vault:
        """The file with its passphrase. Raises HistoryLocked for a wrong one and HistoryForeign
        for a file that is not ours, damaged or newer; such a file is not written to."""
        salt = _salt_of(path)
        db = _connected(path, derived(passphrase, salt), salt)
        vault = cls(path, db, salt, path.stat().st_ino)
        try:
            vault._check()
            vault._opened = True
        except HistoryError:
            vault.close()
            raise
        return vault

    def rows(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        self._check_place()
        with self._faults():
            found: list[tuple[Any, ...]] = self._db.execute(sql, values).fetchall()
        return found

    @contextmanager
    def change(self) -> Iterator[None]:
        """One transaction: all of it is on the disk when it ends, or none of it."""
        self._check_place()
        with self._faults():
            self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self._faults():
                self._db.execute("COMMIT")
        except BaseException:
            with suppress(Exception):
                self._db.execute("ROLLBACK")
            raise

    def compact(self) -> None:
        """Rewrite the file without its free pages. The deletion before it is final already."""
        try:
            with self._faults():
                self._db.execute("VACUUM")
        except HistoryError as error:
            raise HistoryError(
                f"It is deleted and overwritten. One thing is left: {error}"
            ) from None

    def rekey(self, passphrase: str) -> None:
        """Encrypt every page anew. The salt stays, so that a killed change opens as before."""
        self._check_place()
        key = derived(passphrase, self._salt)
        with self._faults():
            self._db.execute(f"PRAGMA rekey = \"x'{key.hex()}{self._salt.hex()}'\"")

    def close(self) -> None:
        """Close the file; SQLCipher wipes its keys from memory."""
        with suppress(Exception):
            self._db.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            with _faults(self.path):
                yield
        except HistoryLocked:
            if not self._opened:
                raise
            self.stale = True
            raise HistoryLocked(CHANGED) from None

    def _build(self, schema: str) -> None:
        with self.change():
            if self.rows("SELECT count(*) FROM sqlite_master") != [(0,)]:
                raise HistoryError(f"{self.path.name} was just made in another window: open it.")
            for statement in schema.split(";"):
                self.rows(statement)
            self.rows(f"PRAGMA application_id = {APPLICATION}")
            self.rows(f"PRAGMA user_version = {SCHEMA}")

    def _check(self) -> None:
        self.rows("SELECT count(*) FROM sqlite_master")
        if self.rows("PRAGMA cipher_integrity_check") or self.rows("PRAGMA quick_check(1)") != [
            ("ok",)
        ]:
            raise HistoryForeign(_damaged(self.path))
        if self.rows("PRAGMA application_id") != [(APPLICATION,)]:
            raise HistoryForeign(_foreign(self.path))
        if self.rows("PRAGMA user_version")[0][0] > SCHEMA:
            raise HistoryForeign(
                f"{self.path.name} was written by a newer version of this program. It has not "
                "been touched; update the program to open it."
            )

    def _check_place(self) -> None:
        """A file deleted or replaced meanwhile would take words and lose them."""
        try:
            same = self.path.stat().st_ino == self._inode
        except OSError:
            same = False
        if not same:
            raise HistoryError(f"{self.path.name} was removed or replaced while it was open.")


def derived(passphrase: str, salt: bytes) -> bytes:
    """The key of a passphrase: 32 bytes. Letters typed on different keyboards count as one."""
    if not passphrase.strip():
        raise HistoryLocked(EMPTY)
    typed = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    n, r, p = SCRYPT_N, SCRYPT_R, SCRYPT_P
    return hashlib.scrypt(typed, salt=salt, n=n, r=r, p=p, maxmem=SCRYPT_MEMORY, dklen=32)


def exists(path: Path) -> bool:
    """Whether something is kept there; an empty file is what a killed ``create`` leaves."""
    return path.is_file() and path.stat().st_size > 0


def discard(path: Path) -> None:
    """Remove a file of kept conversations without its passphrase, for one that is forgotten.

    The salt is overwritten first: without it even the passphrase opens no stray copy of the
    rest. Raises HistoryForeign, and leaves the file alone, where it is not one of ours.
    """
    _salt_of(path)
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(SALT_BYTES))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    path.with_name(path.name + "-journal").unlink(missing_ok=True)


def since_start() -> float:
    """Seconds that also pass while the machine sleeps, where the system can tell."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


def _salt_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            salt = file.read(SALT_BYTES)
    except FileNotFoundError:
        raise HistoryError("No conversations are kept on this device yet.") from None
    except OSError as error:
        raise HistoryError(f"{path.name} cannot be read ({error.strerror}).") from None
    if len(salt) < SALT_BYTES or not salt.startswith(MAGIC):
        raise HistoryForeign(_foreign(path))
    return salt


def _connected(path: Path, key: bytes, salt: bytes) -> Any:
    try:
        from sqlcipher3 import dbapi2
    except ImportError:
        raise HistoryError(
            "Keeping conversations needs the package sqlcipher3, which is not installed here."
        ) from None
    with _faults(path):
        db = dbapi2.connect(
            path.absolute().as_uri() + "?mode=rw",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=WAIT_S,
        )
        db.execute("PRAGMA cipher_log_level = NONE")
        db.execute(f"PRAGMA key = \"x'{key.hex()}{salt.hex()}'\"")
        for pragma in ("secure_delete = ON", "temp_store = MEMORY", "foreign_keys = ON"):
            db.execute(f"PRAGMA {pragma}")
    return db


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """SQLite's faults as ours; never with a value or a statement in the text."""
    from sqlcipher3 import dbapi2

    try:
        yield
    except dbapi2.Error as error:
        raise _fault(path, getattr(error, "sqlite_errorname", "") or "") from None


def _fault(path: Path, name: str) -> HistoryError:
    if name.startswith("SQLITE_NOTADB"):
        return HistoryLocked(WRONG)
    if name.startswith("SQLITE_CORRUPT"):
        return HistoryForeign(_damaged(path))
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return HistoryError("Another window is writing to the kept conversations. Try again.")
    if name.startswith("SQLITE_FULL"):
        return HistoryError("The disk is full; nothing new was kept.")
    return HistoryError(f"{path.name} could not be read or written ({name or 'unknown fault'}).")


def _foreign(path: Path) -> str:
    return f"{path.name} is not a file of kept conversations. It has not been touched."


def _damaged(path: Path) -> str:
    return f"{path.name} is damaged and was not opened. It has not been touched."
