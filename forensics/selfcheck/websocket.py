"""A canary as one message of a WebSocket (RFC 6455), and a server that takes it."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from socketserver import StreamRequestHandler
from typing import BinaryIO, Final

TIMEOUT_S: Final = 20.0
MOST_LINE: Final = 8192
MOST_LINES: Final = 100
MOST_BYTES: Final = 4 << 20
_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_LAST: Final = 0x80
_BINARY, _CLOSE = 0x2, 0x8
_MASKED: Final = 0x80


def send(host: str, port: int, path: str, content: bytes) -> None:
    """Upgrade, send one binary message, close. Raises OSError, EOFError when the server does not agree."""
    key = base64.b64encode(os.urandom(16)).decode()
    ask = (
        f"GET /{path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with _connected(host, port) as (connection, answers):
        connection.sendall(ask.encode())
        lines = list(_lines(answers))
        if not lines or b" 101 " not in lines[0]:
            raise OSError(None, "the receiver did not agree to a WebSocket")
        connection.sendall(_frame(_BINARY, content) + _frame(_CLOSE, b""))
        if not answers.read(2):
            raise EOFError("the receiver ended before the message was taken")


class Taker(StreamRequestHandler):
    """Agrees to an upgrade and takes frames until one that closes."""

    timeout = TIMEOUT_S

    def handle(self) -> None:
        """Answer the handshake, read, close."""
        fields = [line.partition(b": ") for line in _lines(self.rfile)]
        key = next((value for name, _, value in fields if name.lower() == b"sec-websocket-key"), b"")
        proof = base64.b64encode(hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest())
        self.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + proof + b"\r\n\r\n"
        )
        for _ in range(MOST_LINES):
            if self._take() in (None, _CLOSE):
                break
        self.wfile.write(bytes((_LAST | _CLOSE, 0)))

    def _take(self) -> int | None:
        """Read one frame; its kind, None at the end."""
        head = self.rfile.read(2)
        if len(head) < 2:
            return None
        size = head[1] & 0x7F
        if size > 125:
            wide = "!H" if size == 126 else "!Q"
            (size,) = struct.unpack(wide, self.rfile.read(struct.calcsize(wide)))
        self.rfile.read(min(size + 4, MOST_BYTES))
        return head[0] & 0x0F


def _frame(kind: int, content: bytes) -> bytes:
    """A whole message of a client, masked as it must be."""
    size = len(content)
    if size < 126:
        head = struct.pack("!BB", _LAST | kind, _MASKED | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", _LAST | kind, _MASKED | 126, size)
    else:
        head = struct.pack("!BBQ", _LAST | kind, _MASKED | 127, size)
    mask = os.urandom(4)
    stream = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return head + mask + (int.from_bytes(content, "big") ^ stream).to_bytes(size, "big")


def _lines(stream: BinaryIO | BufferedIOBase) -> Iterator[bytes]:
    """The lines of a head of HTTP."""
    for _ in range(MOST_LINES):
        line = stream.readline(MOST_LINE).rstrip(b"\r\n")
        if not line:
            return
        yield line


@contextmanager
def _connected(host: str, port: int) -> Iterator[tuple[socket.socket, BinaryIO]]:
    with socket.create_connection((host, port), timeout=TIMEOUT_S) as connection, connection.makefile("rb") as answers:
        yield connection, answers
