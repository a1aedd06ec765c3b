"""TLS greetings (RFC 8446 section 4.1, RFC 5246 section 7.4.1, RFC 6101 appendix E): what is said in the clear."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from forensics.channels.headers import text
from forensics.errors import Malformed

NAME, ALPN, SIGNATURES, ENCRYPT_THEN_MAC, EARLY_DATA, VERSIONS = 0, 16, 13, 22, 42, 43
"""Extensions that are read."""
TLS_1_3 = 0x0304
RANDOM_BYTES = 32
VERSION_NAMES = {
    2: "SSL 2.0",
    0x0300: "SSL 3.0",
    0x0301: "TLS 1.0",
    0x0302: "TLS 1.1",
    0x0303: "TLS 1.2",
    TLS_1_3: "TLS 1.3",
}
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""What a server's random is when its greeting asks the client to greet again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHello:
    """What a client offers. Numbers as on the wire and in their order; `extensions` are their types."""

    version: int
    random: bytes
    ciphers: tuple[int, ...]
    extensions: tuple[int, ...] = ()
    name: str = ""
    alpn: tuple[bytes, ...] = ()
    versions: tuple[int, ...] = ()
    signatures: tuple[int, ...] = ()

    @property
    def latest(self) -> int:
        """The newest version offered."""
        return max((each for each in self.versions if not is_grease(each)), default=self.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerHello:
    """What a server chose."""

    version: int
    random: bytes
    cipher: int
    compression: int
    alpn: tuple[bytes, ...] = ()
    is_mac_last: bool = False
    """Whether records are encrypted first and authenticated then (RFC 7366)."""

    @property
    def is_retry(self) -> bool:
        """Say whether the client is asked to greet again."""
        return self.random == RETRY_RANDOM


def is_grease(value: int) -> bool:
    """Say whether a number is one of those reserved to be ignored (RFC 8701)."""
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF


class _Fields:
    """Takes numbers and vectors off the front of a message. Raises Malformed where there is less than promised."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_over(self) -> bool:
        return self._at >= len(self._data)

    def take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) < size:
            raise Malformed("a greeting is shorter than it says")
        self._at += size
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, length_size: int) -> bytes:
        return self.take(self.number(length_size))

    def extensions(self) -> list[tuple[int, bytes]]:
        if self.is_over:
            return []
        inside = _Fields(self.vector(2))
        found = []
        while not inside.is_over:
            found.append((inside.number(2), inside.vector(2)))
        return found


def client_hello(body: bytes) -> ClientHello:
    """The message without its header. Raises Malformed."""
    fields = _Fields(body)
    version, random = fields.number(2), fields.take(RANDOM_BYTES)
    fields.vector(1)
    ciphers = _numbers(fields.vector(2))
    fields.vector(1)
    extensions = fields.extensions()
    known = dict(reversed(extensions))
    return ClientHello(
        version=version,
        random=random,
        ciphers=ciphers,
        extensions=tuple(kind for kind, _ in extensions),
        name=_server_name(known.get(NAME, b"")),
        alpn=_protocols(known.get(ALPN, b"")),
        versions=_numbers(known.get(VERSIONS, b"")[1:]),
        signatures=_numbers(known.get(SIGNATURES, b"")[2:]),
    )


def old_client_hello(record: bytes) -> ClientHello:
    """A hello in the form of SSL 2.0, record header included. Raises Malformed."""
    fields = _Fields(record)
    fields.take(3)
    version, ciphers, session, challenge = (fields.number(2) for _ in range(4))
    listed = fields.take(ciphers)
    fields.take(session)
    kinds = (listed[at : at + 3] for at in range(0, ciphers, 3))
    return ClientHello(
        version=version,
        random=fields.take(challenge)[-RANDOM_BYTES:].rjust(RANDOM_BYTES, b"\0"),
        ciphers=tuple(kind[1] << 8 | kind[2] for kind in kinds if len(kind) == 3 and not kind[0]),
    )


def is_old_client_hello(head: bytes) -> bool:
    """Say whether bytes begin as a hello in the form of SSL 2.0 does; 11 bytes tell."""
    if (
        len(head) < 11
        or head[0] & 0xC0 != 0x80
        or head[2] != 1
        or head[3:5] not in (b"\0\2", b"\3\0", b"\3\1", b"\3\2", b"\3\3")
    ):
        return False
    ciphers, session, challenge = (int.from_bytes(head[at : at + 2], "big") for at in (5, 7, 9))
    length = (head[0] & 0x7F) << 8 | head[1]
    return length == 9 + ciphers + session + challenge and ciphers % 3 == 0 and 16 <= challenge <= 32


def server_hello(body: bytes) -> ServerHello:
    """The message without its header. Raises Malformed."""
    fields = _Fields(body)
    version, random = fields.number(2), fields.take(RANDOM_BYTES)
    fields.vector(1)
    cipher, compression = fields.number(2), fields.number(1)
    known = dict(reversed(fields.extensions()))
    chosen = _numbers(known.get(VERSIONS, b""))
    return ServerHello(
        version=chosen[0] if chosen else version,
        random=random,
        cipher=cipher,
        compression=compression,
        alpn=_protocols(known.get(ALPN, b"")),
        is_mac_last=ENCRYPT_THEN_MAC in known,
    )


def encrypted_extensions(body: bytes) -> tuple[tuple[bytes, ...], bool]:
    """The protocol a server of TLS 1.3 chose, and whether it takes early data. Raises Malformed."""
    known = dict(reversed(_Fields(body).extensions()))
    return _protocols(known.get(ALPN, b"")), EARLY_DATA in known


def certificates(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Each certificate of a message up to TLS 1.2, with its place in the message. Raises Malformed."""
    end = min(3 + int.from_bytes(body[:3], "big"), len(body))
    at = 3
    while at < end:
        size = int.from_bytes(body[at : at + 3], "big")
        if at + 3 + size > end:
            raise Malformed("a certificate is shorter than it says")
        yield at + 3, body[at + 3 : at + 3 + size]
        at += 3 + size


def _numbers(data: bytes) -> tuple[int, ...]:
    return tuple(number for (number,) in struct.iter_unpack("!H", data[: len(data) & ~1]))


def _protocols(data: bytes) -> tuple[bytes, ...]:
    """The list of ALPN (RFC 7301), as far as it can be read."""
    found = []
    fields = _Fields(data[2:])
    with suppress(Malformed):
        while not fields.is_over:
            found.append(fields.vector(1))
    return tuple(found)


def _server_name(data: bytes) -> str:
    """The first host name of SNI (RFC 6066)."""
    fields = _Fields(data[2:])
    with suppress(Malformed):
        while not fields.is_over:
            kind, name = fields.number(1), fields.vector(2)
            if kind == 0:
                return text(name)
    return ""
