"""By which ways canaries can be sent now: those that a running sensor says it watches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from forensics.config import ROLES, Config
from forensics.model import BEAT_S
from forensics.selfcheck.envelopes import PROTOCOLS, Address, address_of
from forensics.selfcheck.receivers import HOST
from forensics.store.rows import SensorRow

FRESH_S = 3 * BEAT_S
"""A sensor that said nothing for longer does not watch."""
LOOPBACK = frozenset({"lo", "any"})
"""Interfaces on which what this machine sends itself is captured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """One way to send a canary: `channel` and `sensor` as evidence names them, and a folder or an address.

    With `is_own` this program has to receive it: an address on the loopback, port 0 for any.
    """

    channel: str
    sensor: str
    folder: Path | None = None
    address: Address | None = None
    is_own: bool = False


def all_means(sensors: Iterable[SensorRow], config: Config, now: float) -> Iterator[Means]:
    """The ways of the settings that are watched at that time (Unix seconds)."""
    settings = config.selfcheck
    for sensor in sensors:
        if not is_watching(sensor, now):
            continue
        kind, _, rest = sensor.sensor.partition(":")
        if kind == "files":
            role, _, path = rest.partition(":")
            if role in ROLES and role in settings.channels:
                yield Means(channel=role, sensor=sensor.sensor, folder=Path(path))
        elif kind == "network":
            yield from _by_network(sensor.sensor, frozenset(rest.split(",")), config)


def is_watching(sensor: SensorRow, now: float) -> bool:
    """Say whether a sensor said of late that it watches."""
    return sensor.state != "stopped" and now - sensor.time < FRESH_S


def _by_network(sensor: str, interfaces: frozenset[str], config: Config) -> Iterator[Means]:
    """Where addresses are named for a protocol, those; otherwise the loopback, if it is captured.

    What TLS carries is seen with a key log alone: without one it is not tried.
    """
    settings, keylogs = config.selfcheck, config.network.keylog
    named = [address_of(text) for text in settings.addresses]
    for protocol in PROTOCOLS:
        if protocol not in settings.channels or (protocol == "https" and not keylogs):
            continue
        addresses = [address for scheme, address in named if scheme == protocol]
        if not addresses and interfaces & LOOPBACK:
            addresses = [Address(host=HOST, port=0, keylog=keylogs[0] if protocol == "https" else None)]
        for address in addresses:
            is_own = address.host in (HOST, "localhost")
            yield Means(channel=protocol, sensor=sensor, address=address, is_own=is_own)
