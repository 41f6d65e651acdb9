"""Where the page listens. On this machine only, unless an address and a password are given."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from assistant.errors import SettingsInvalid

LOOPBACK = "127.0.0.1"
LEAST_PASSWORD = 10  # characters; wrong tries are slowed down as well
NOT_ADDRESS = (
    "--listen takes one numeric address of this machine, such as 192.168.1.20, and not {given!r}"
)
WILDCARD = (
    "--listen {given} would open the page on every network this machine is in. Give the one "
    "address that it shall be reached at"
)
NO_PASSWORD = (
    "--listen opens the page to other devices and therefore needs a password: set "
    "STILLPOINT_PASSWORD_FILE to a file that holds it, or start from a terminal to be asked"
)
SHORT = f"the password for --listen needs {LEAST_PASSWORD} characters or more"
WARNING = (
    "The page can be reached from other devices. What is written crosses that network unencrypted: "
    "whoever runs or taps it can read every word. An SSH tunnel to 127.0.0.1 is safer."
)


@dataclass(frozen=True, slots=True)
class Address:
    """A host that was checked, a port, and the password that is asked for there (None: none)."""

    host: str = LOOPBACK
    port: int = 0
    password: str | None = None

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def open_to_others(self) -> bool:
        return not ip_address(self.host).is_loopback


def address(listen: str | None, port: int, password: str | None = None) -> Address:
    """The checked address. Raises SettingsInvalid for one that others could reach unasked."""
    if listen is None:
        return Address(port=port)
    host = _numeric(listen)
    if host.is_unspecified:
        raise SettingsInvalid(WILDCARD.format(given=listen))
    if not password:
        raise SettingsInvalid(NO_PASSWORD)
    if len(password) < LEAST_PASSWORD:
        raise SettingsInvalid(SHORT)
    return Address(str(host), port, password)


def check_free(place: Address) -> None:
    """Raises SettingsInvalid where the port is taken or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((place.host, place.port))
        except OSError as error:
            raise SettingsInvalid(_taken(place, error)) from None


def _taken(place: Address, error: OSError) -> str:
    if place.open_to_others and "assign" in (error.strerror or ""):
        return f"{place.host} is not an address of this machine"
    return (
        f"port {place.port} is in use, perhaps by a page that is already open: "
        "close that one or choose another with --port"
    )


def _numeric(listen: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(listen.strip("[]"))
    except ValueError:
        raise SettingsInvalid(NOT_ADDRESS.format(given=listen)) from None
