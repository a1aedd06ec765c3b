"""Where events are sent to: `udp://host:514`, `tcp://host:601` (syslog), `http://` and `https://` (webhook)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from forensics.errors import InputError
from forensics.text_safety import visible

_PORTS = {"udp": 514, "tcp": 601, "http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One receiver. `path` is that of a webhook, with its query."""

    scheme: str
    host: str
    port: int
    path: str = "/"

    @property
    def is_webhook(self) -> bool:
        """Whether it is spoken to by HTTP."""
        return self.scheme in ("http", "https")

    def __str__(self) -> str:
        """The target without its path, which may hold a token."""
        return f"{self.scheme}://{visible(self.host)}:{self.port}"


def target_of(url: str) -> Target:
    """Read a target. Raises InputError; names and passwords in it are refused, for logs would show them."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InputError(f"{url}: {error}") from error
    if parts.scheme not in _PORTS or not parts.hostname or parts.username or parts.password or parts.fragment:
        raise InputError(f"{url}: not udp://, tcp://, http:// or https:// with a host, and nothing else before it")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    is_clean = path.isascii() and path.isprintable() and " " not in path
    if not is_clean or (parts.scheme in ("udp", "tcp") and path != "/"):
        raise InputError(f"{url}: has a path that cannot be asked for")
    return Target(scheme=parts.scheme, host=parts.hostname, port=port or _PORTS[parts.scheme], path=path)
