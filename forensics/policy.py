"""The policy file: what is worth a person's time, and the sanctioned way back."""

from __future__ import annotations

import ipaddress
import tomllib
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
    only what the sender claimed.
    """

    name: str
    destination: str
    programmes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse addresses that are none."""
        for address in self.addresses:
            ipaddress.ip_network(address, strict=False)

    def reaches(self, peer: str) -> bool:
        """Say whether a far end lies in the networks of this way."""
        if not self.addresses:
            return True
        try:
            address = ipaddress.ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        return any(address in ipaddress.ip_network(each, strict=False) for each in self.addresses)


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What triage decides by."""

    alert_from: Level = "medium"
    unread: Level | Literal["none"] = "low"
    window_hours: float = 24.0
    severities: dict[str, Level] = {}
    sanctioned: tuple[Sanctioned, ...] = ()

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
