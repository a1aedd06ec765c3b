"""JA4, the fingerprint of a TLS client's greeting (FoxIO's published specification, BSD-3; none of JA4+)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from forensics.channels.tls_hello import ALPN, NAME, ClientHello, is_grease

_VERSIONS = {
    0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3", 0x0002: "s2",
    0xFEFF: "d1", 0xFEFD: "d2", 0xFEFC: "d3",
}  # fmt: skip
_DIGEST_CHARACTERS = 12
_NOTHING = "0" * _DIGEST_CHARACTERS


def ja4(hello: ClientHello, transport: str = "t") -> str:
    """The fingerprint; `transport` is t for TCP, q for QUIC, d for DTLS."""
    ciphers = _without_grease(hello.ciphers)
    extensions = _without_grease(hello.extensions)
    listed = _listed(sorted(extension for extension in extensions if extension not in (NAME, ALPN)))
    signatures = _listed(_without_grease(hello.signatures))
    version = _VERSIONS.get(_version(hello, transport), "00")
    target = "d" if NAME in extensions else "i"
    counts = f"{min(len(ciphers), 99):02}{min(len(extensions), 99):02}"
    first = f"{transport}{version}{target}{counts}{_alpn(hello.alpn)}"
    return f"{first}_{_digest(_listed(sorted(ciphers)))}_{_digest(f'{listed}_{signatures}' if signatures else listed)}"


def _version(hello: ClientHello, transport: str) -> int:
    """The newest version offered; those of DTLS count downwards."""
    offered = _without_grease(hello.versions)
    if not offered:
        return hello.version
    return min(offered) if transport == "d" else max(offered)


def _alpn(offered: tuple[bytes, ...]) -> str:
    """The first and last character of the first protocol, of its hexadecimal form where one is no letter or digit."""
    if not offered or not offered[0]:
        return "00"
    first = offered[0]
    ends = first[:1] + first[-1:]
    shown = ends.decode("ascii") if ends.isalnum() else first.hex()
    return shown[0] + shown[-1]


def _without_grease(numbers: Iterable[int]) -> list[int]:
    return [number for number in numbers if not is_grease(number)]


def _listed(numbers: Iterable[int]) -> str:
    return ",".join(f"{number:04x}" for number in numbers)


def _digest(listed: str) -> str:
    return hashlib.sha256(listed.encode()).hexdigest()[:_DIGEST_CHARACTERS] if listed else _NOTHING
