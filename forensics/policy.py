"""The policy file: what is worth a person's time, and the sanctioned way back."""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

import msgspec

from forensics.errors import ConfigError
from forensics.model import Severity

Level = Literal["info", "low", "medium", "high", "critical"]


class Sanctioned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way back that makes no noise: this destination, and only in the shape of a return.

    `destination` is a pattern over the destination URI (`*` matches anything, `?` one character).
    `programmes` limits it to packages of these programmes; empty means any. `channels` likewise, where `http` is
    every version of HTTP. `addresses` are the networks the far end must lie in: the host name in a destination is
    only what the sender claimed. `accounts` and `processes` are patterns too: whose account it is on the workstation,
    and which program sends (its name without folders). Where a way names accounts or processes, what is sent by one
    that is not known is no return; where it names none, nobody asks.
    """

    name: str
    destination: str
    programmes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse addresses that are none."""
        for address in self.addresses:
            ipaddress.ip_network(address, strict=False)

    def reaches(self, peer: str) -> bool:
        """Say whether a far end lies in the networks of this way."""
        return _lies_in(peer, self.addresses)


class Protected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom one may turn to unseen: what goes there is counted under `name`, and neither opened nor recorded.

    `destinations` are patterns over the destination URI, of a mail over each address it goes to: scheme, host and the
    rest are compared each for itself, a port where the pattern has one. `addresses` are the networks of the far end.
    Both must hold where both are said. Folders are named private instead
    (files.private).
    """

    name: str
    destinations: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what protects nothing, everything or a folder."""
        for address in self.addresses:
            ipaddress.ip_network(address, strict=False)
        if not (self.destinations or self.addresses) or not self.name.strip():
            raise ValueError("a protected channel has a name, and destinations or addresses")
        for pattern in self.destinations:
            _, host, path = parts(pattern)
            if not host.strip("*?.") and not path.partition("@")[2].rpartition("@")[2].strip("*?./"):
                raise ValueError(f"{pattern}: says no host or mail address")
            if pattern.startswith("file:"):
                raise ValueError(f"{pattern}: name folders private instead (files.private)")

    def covers(self, places: tuple[str, ...]) -> bool:
        """Say whether all the places (URIs) are this one's."""
        return not self.destinations or all(any(_fits(each, asked) for asked in self.destinations) for each in places)

    @property
    def where(self) -> str:
        """The destinations and networks, in words for whoever is watched."""
        return ", ".join((*self.destinations, *self.addresses))

    def reaches(self, peer: str) -> bool:
        """Say whether a far end lies in its networks."""
        return _lies_in(peer, self.addresses)


class Programme(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a programme demands of whoever issues its packages.

    `demands` are consent tokens, an agreement, or both; `languages` (BCP 47; `es` covers `es-MX`) and `purposes` are
    what may be issued at all, empty for any.
    """

    demands: tuple[Literal["consent", "agreement"], ...] = ()
    languages: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()


def parts(uri: str) -> tuple[str, str, str]:
    """Scheme, host (with its port, if any) and the rest of a URI or pattern, in lower case."""
    scheme, _, rest = uri.lower().partition("://")
    host, _, path = rest.partition("/")
    return scheme, host, path


def without_port(host: str) -> str:
    """A host without its port."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def _fits(uri: str, pattern: str) -> bool:
    scheme, host, path = parts(uri)
    wanted = parts(pattern)
    has_port = without_port(wanted[1]) != wanted[1]
    found = (scheme, host if has_port else without_port(host), path)
    return all(fnmatchcase(each, asked) for each, asked in zip(found, wanted, strict=True))


def _lies_in(peer: str, networks: tuple[str, ...]) -> bool:
    """Say whether an address lies in one of the networks, or none is named."""
    if not networks:
        return True
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(each, strict=False) for each in networks)


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What triage decides by."""

    alert_from: Level = "medium"
    unread: Level | Literal["none"] = "low"
    window_hours: float = 24.0
    severities: dict[str, Level] = {}
    sanctioned: tuple[Sanctioned, ...] = ()
    protected: tuple[Protected, ...] = ()
    programmes: Mapping[str, Programme] = {}

    @property
    def threshold(self) -> Severity:
        """The lowest severity that makes an alert."""
        return Severity(self.alert_from)


def load(path: Path) -> Policy:
    """Read a policy file. Raises ConfigError naming file and key."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Policy)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}") from error
