"""Which addresses are this side of the wire: the host's own, and what the configuration adds."""

from __future__ import annotations

import ipaddress
import socket
import struct
from collections.abc import Sequence

from forensics.errors import ConfigError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_RTM_NEWADDR, _RTM_GETADDR, _NLMSG_ERROR, _NLMSG_DONE = 20, 22, 2, 3
_REQUEST_DUMP = 0x301
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


class LocalSide:
    """Says whether an address is this side's.

    Configured networks (`network.local`) are this side too: a capture port may see other workstations. Loopback
    addresses always are; when both ends of a connection are this side's, the client sends up.
    """

    def __init__(self, configured: Sequence[str] = ()) -> None:
        self._configured = [parse_network(text) for text in configured]
        self._own: frozenset[str] = frozenset()
        self.refresh()

    def refresh(self) -> None:
        """Read the host's own addresses again; cheap, for every minute or so."""
        self._own = frozenset(str(ipaddress.ip_interface(text).ip) for text in own_addresses())

    def is_local(self, address: str) -> bool:
        """Say whether the address is this side's; text that is no address is not."""
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        if str(parsed) in self._own:
            return True
        return any(parsed.version == network.version and parsed in network for network in self.networks())

    def networks(self) -> list[Network]:
        """The networks that count as this side's, besides the host's own addresses."""
        return [*self._configured, *_LOOPBACK]


def parse_network(text: str) -> Network:
    """An address or network of the configuration; ConfigError when it is neither."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise ConfigError(f"network.local: {error}") from error


def own_addresses() -> list[str]:
    """This host's addresses with their prefix lengths (192.0.2.7/24), from rtnetlink(7); empty when it is not there."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as link:
            link.settimeout(1.0)
            link.bind((0, 0))
            link.send(struct.pack("=IHHIIBxxxI", 24, _RTM_GETADDR, _REQUEST_DUMP, 1, 0, socket.AF_UNSPEC, 0))
            return _receive(link)
    except OSError:
        return []


def _receive(link: socket.socket) -> list[str]:
    found: list[str] = []
    while True:
        data = link.recv(1 << 16)
        offset = 0
        while offset + 16 <= len(data):
            length, kind = struct.unpack_from("=IH", data, offset)
            if kind in (_NLMSG_DONE, _NLMSG_ERROR) or length < 16:
                return found
            if kind == _RTM_NEWADDR:
                found += _address(data[offset + 16 : offset + length])
            offset += length + 3 & ~3
        if not data:
            return found


def _address(message: bytes) -> list[str]:
    """The address in one RTM_NEWADDR message: IFA_LOCAL where there is one, for IFA_ADDRESS may be the peer's."""
    family, prefix = message[0], message[1]
    attributes: dict[int, bytes] = {}
    offset = 8
    while offset + 4 <= len(message):
        length, kind = struct.unpack_from("=HH", message, offset)
        if length < 4:
            break
        attributes[kind] = message[offset + 4 : offset + length]
        offset += length + 3 & ~3
    raw = attributes.get(_IFA_LOCAL) or attributes.get(_IFA_ADDRESS)
    if raw is None or family not in (socket.AF_INET, socket.AF_INET6):
        return []
    return [f"{socket.inet_ntop(family, raw)}/{prefix}"]
