"""A canary as a file that is written by TFTP (RFC 1350), and a server that takes it."""

from __future__ import annotations

import socket
import struct
from socketserver import BaseRequestHandler
from typing import Final

TIMEOUT_S: Final = 5.0
TRIES: Final = 4
BLOCK: Final = 512
MOST_BLOCKS: Final = 8192
_WRITE, _DATA, _ACK = 2, 3, 4


def send(host: str, port: int, name: str, content: bytes) -> None:
    """Ask to write, and send block after block, each answered for. Raises OSError."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind) as client:
        client.settimeout(TIMEOUT_S)
        to = _asked(client, struct.pack("!H", _WRITE) + f"{name}\0octet\0".encode(), address, 0)
        for number, start in enumerate(range(0, len(content) + 1, BLOCK), 1):
            block = number & 0xFFFF
            to = _asked(client, struct.pack("!HH", _DATA, block) + content[start : start + BLOCK], to, block)


class Taker(BaseRequestHandler):
    """Takes one file after its request, from a port of its own, and keeps nothing."""

    def handle(self) -> None:
        """Acknowledge what comes in order until a block is short."""
        with socket.socket(self.server.socket.family, socket.SOCK_DGRAM) as own:  # type: ignore[attr-defined]
            own.settimeout(TIMEOUT_S)
            own.connect(self.client_address)
            own.send(struct.pack("!HH", _ACK, 0))
            for _ in range(MOST_BLOCKS):
                try:
                    data = own.recv(4 + BLOCK)
                except OSError:
                    return
                own.send(struct.pack("!H", _ACK) + data[2:4])
                if len(data) < 4 + BLOCK:
                    return


def _asked(client: socket.socket, packet: bytes, to: tuple[object, ...], block: int) -> tuple[object, ...]:
    """Send a packet until it is acknowledged; whence it was. Raises OSError."""
    for _ in range(TRIES):
        client.sendto(packet, to)
        try:
            answer, whence = client.recvfrom(BLOCK)
        except TimeoutError:
            continue
        if answer[:4] == struct.pack("!HH", _ACK, block):
            return tuple(whence)
    raise OSError(None, "the receiver does not answer")
