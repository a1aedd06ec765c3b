"""Length-prefixed messages with descriptors over a Unix stream socket."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Sequence

HEADER = struct.Struct("<IQ")
MAX_FDS = 200
MAX_BYTES = 1 << 30


def send(sock: socket.socket, data: bytes, fds: Sequence[int] = ()) -> None:
    """Send one message. Raises OSError when the other side is gone."""
    header = HEADER.pack(len(fds), len(data))
    sent = socket.send_fds(sock, [header, data], list(fds))
    if sent < len(header) + len(data):
        sock.sendall(memoryview(header + data)[sent:])


def receive(sock: socket.socket) -> tuple[bytes, list[int]]:
    """Receive one message; the descriptors belong to the caller.

    The socket's timeout is the limit for the whole message. Raises TimeoutError, or EOFError when the other side
    closed.
    """
    limit = sock.gettimeout()
    deadline = None if limit is None else time.monotonic() + limit
    header, fds, _, _ = socket.recv_fds(sock, HEADER.size, MAX_FDS)
    try:
        header += _exactly(sock, HEADER.size - len(header), deadline)
        _, size = HEADER.unpack(header)
        if size > MAX_BYTES:
            raise EOFError("a message is longer than messages are")
        return _exactly(sock, size, deadline), fds
    except BaseException:
        for fd in fds:
            os.close(fd)
        raise


def _exactly(sock: socket.socket, size: int, deadline: float | None) -> bytes:
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        if deadline is not None:
            sock.settimeout(max(0.001, deadline - time.monotonic()))
        count = sock.recv_into(view)
        if not count:
            raise EOFError("the other side closed the socket")
        view = view[count:]
    return bytes(buffer)
