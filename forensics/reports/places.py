"""Where content went, taken apart: a path, or a host with its port."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a URI of an observation says: `path` of a file, or `scheme`, `host` and `port` (0 where none is told)."""

    uri: str
    scheme: str = ""
    path: str = ""
    host: str = ""
    port: int = 0

    @property
    def ip(self) -> str:
        """The host where it is an address, else empty."""
        try:
            return str(ipaddress.ip_address(self.host))
        except ValueError:
            return ""

    @property
    def domain(self) -> str:
        """The host where it is a name, else empty."""
        return "" if self.ip else self.host


def place_of(uri: str) -> Place:
    """Take a URI apart; what cannot be is all URI."""
    if uri.startswith("file:"):
        return Place(uri=uri, scheme="file", path=unquote(uri.removeprefix("file://"), errors="surrogateescape"))
    try:
        parts = urlsplit(uri)
        return Place(uri=uri, scheme=parts.scheme, host=parts.hostname or "", port=parts.port or 0)
    except ValueError:
        return Place(uri=uri)
