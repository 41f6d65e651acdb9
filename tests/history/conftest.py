"""A cheap key, and a file of kept conversations to work on."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def quick_key(monkeypatch):
    """A cheap derivation: what is tested here is everything around it."""
    from assistant import vault

    monkeypatch.setattr(vault, "SCRYPT_N", 2**4)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "conversations.db"


@pytest.fixture
def kept(path):
    from keeping import WORDS

    from assistant.history import Kept

    with Kept.create(path, WORDS) as opened:
        yield opened
