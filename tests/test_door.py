"""Where the page listens and who may come in: addresses, tokens, the password and its slow-down."""

from __future__ import annotations

import pytest

from assistant.errors import SettingsInvalid
from ui.address import LOOPBACK, address
from ui.door import MOST_WAIT_S, Door

WORD = "a password for the page"


@pytest.fixture
def clock():
    return [100.0]


@pytest.fixture
def door(tmp_path, clock):
    return Door(tmp_path, address(LOOPBACK, 7000, WORD), clock=lambda: clock[0])


def test_without_the_flag_only_this_machine_is_served():
    assert address(None, 7000).host == LOOPBACK
    assert not address(None, 7000).open_to_others


@pytest.mark.parametrize(
    ("listen", "password", "line"),
    [
        pytest.param("192.168.1.20", None, "needs a password", id="no password"),
        pytest.param("192.168.1.20", "", "needs a password", id="an empty password"),
        pytest.param("192.168.1.20", "short", "10 characters", id="a short password"),
        pytest.param("0.0.0.0", WORD, "every network", id="every network"),
        pytest.param("::", WORD, "every network", id="every network of the sixth version"),
        pytest.param("my-laptop", WORD, "numeric address", id="a name"),
        pytest.param("", WORD, "numeric address", id="nothing"),
    ],
)
def test_an_address_that_is_not_safe_is_refused(listen, password, line):
    with pytest.raises(SettingsInvalid, match=line):
        address(listen, 7000, password)


@pytest.mark.parametrize(
    ("listen", "url"),
    [("192.168.1.20", "http://192.168.1.20:7000"), ("fd00::5", "http://[fd00::5]:7000")],
    ids=["version 4", "version 6"],
)
def test_a_good_address_is_taken(listen, url):
    found = address(listen, 7000, WORD)
    assert (found.url, found.open_to_others) == (url, True)


def test_the_right_password_opens_and_gives_a_cookie_of_its_own(door):
    first, second = door.enter(WORD), door.enter(WORD)
    assert door.knows(first) and door.knows(second)
    assert first != second


def test_wrong_tries_wait_longer_each_time_and_the_right_word_waits_too(door, clock):
    waits = []
    for _ in range(8):
        assert door.enter("not the password") is None
        waits.append(door.wait_s())
        assert door.enter(WORD) is None
        clock[0] += door.wait_s()
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == MOST_WAIT_S
    assert door.knows(door.enter(WORD))
    assert door.wait_s() == 0


def test_a_try_made_while_waiting_is_not_looked_at_and_adds_nothing(door, clock):
    door.enter("not the password")
    for _ in range(50):
        door.enter("another guess")
    assert door.wait_s() == 1
    clock[0] += 1
    assert door.knows(door.enter(WORD))


def test_a_page_for_this_machine_only_knows_no_password(tmp_path):
    door = Door(tmp_path, address(None, 7000))
    assert not door.asks_password
    assert door.enter("") is None


def test_passwords_are_compared_in_constant_time(door, monkeypatch):
    seen = []
    monkeypatch.setattr("ui.door.compare_digest", lambda a, b: bool(seen.append((a, b))))
    door.enter("x")
    ((given, wanted),) = seen
    assert len(given) == len(wanted) == 64


def test_the_password_stands_in_no_file(door, tmp_path):
    assert [path.name for path in tmp_path.iterdir()] == ["open.html"]
    assert WORD not in door.file.read_text(encoding="utf-8")


def test_ending_leaves_the_start_file_of_a_newer_run(tmp_path):
    old = Door(tmp_path, address(None, 7000))
    new = Door(tmp_path, address(None, 7001))
    old.close()
    assert new.file.exists()
    new.close()
    assert not new.file.exists()
