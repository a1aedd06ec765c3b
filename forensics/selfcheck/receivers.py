"""The far end of a canary on this machine's loopback: servers that take everything and keep nothing.

Each lives as long as one canary, listens on 127.0.0.1 alone, and reads at most `MOST_BYTES` from who connects.
"""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

from forensics.selfcheck import secure, tftp, websocket

HOST: Final = "127.0.0.1"
TIMEOUT_S: Final = 20.0
MOST_BYTES: Final = 4 << 20
MOST_LINE: Final = 8192
MOST_COMMANDS: Final = 100
_LITERAL: Final = re.compile(rb"\{(\d{1,8})\}\s*$")


class _Http(BaseHTTPRequestHandler):
    """Takes any upload."""

    timeout = TIMEOUT_S

    def do_POST(self) -> None:
        """Read the body and thank for it."""
        self.rfile.read(min(MOST_BYTES, int(self.headers.get("Content-Length") or 0)))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Lines(socketserver.StreamRequestHandler):
    """A protocol of commands, a line each."""

    timeout = TIMEOUT_S
    greeting = b""

    def handle(self) -> None:
        """Greet, and answer line by line until the client leaves."""
        self.say(self.greeting)
        for _ in range(MOST_COMMANDS):
            line = self.rfile.readline(MOST_LINE)
            if not line or not self.answer(line.rstrip(b"\r\n")):
                return

    def answer(self, line: bytes) -> bool:
        """Answer a command; False ends the connection."""
        raise NotImplementedError

    def say(self, line: bytes) -> None:
        """Send a line."""
        self.wfile.write(line + b"\r\n")

    def skip(self, size: int) -> None:
        """Take so many bytes."""
        self.rfile.read(min(size, MOST_BYTES))


class _Smtp(_Lines):
    """RFC 5321, as far as a mail goes."""

    greeting = b"220 earwitness.invalid ESMTP self-check"

    def answer(self, line: bytes) -> bool:
        """Agree to everything."""
        word = line[:4].upper()
        if word == b"DATA":
            self.say(b"354 go on")
            taken = 0
            while (part := self.rfile.readline(MOST_LINE)) not in (b".\r\n", b"") and taken < MOST_BYTES:
                taken += len(part)
        self.say(b"221 bye" if word == b"QUIT" else b"250 ok")
        return word != b"QUIT"


class _Imap(_Lines):
    """RFC 9051, as far as LOGIN and APPEND go."""

    greeting = b"* OK IMAP4rev1 self-check"

    def answer(self, line: bytes) -> bool:
        """Agree to everything, and take what is appended."""
        tag, _, rest = line.partition(b" ")
        word = rest.split(b" ")[0].upper()
        if word == b"CAPABILITY":
            self.say(b"* CAPABILITY IMAP4rev1")
        if (literal := _LITERAL.search(rest)) is not None:
            self.say(b"+ go on")
            self.skip(int(literal[1]) + 2)
        if word == b"LOGOUT":
            self.say(b"* BYE")
        self.say(tag + b" OK done")
        return word != b"LOGOUT"


class _Ftp(_Lines):
    """RFC 959, as far as a passive STOR goes; the data connection is on the loopback too."""

    greeting = b"220 self-check"
    answers: Mapping[bytes, bytes] = {
        b"USER": b"331 go on",
        b"PASS": b"230 ok",
        b"TYPE": b"200 ok",
        b"QUIT": b"221 bye",
    }
    data: socket.socket | None = None

    def answer(self, line: bytes) -> bool:
        """Agree to what a client says before and after a file, and take the file."""
        word = line[:4].strip().upper()
        if word == b"PASV":
            self._open()
        elif word == b"STOR":
            self._take()
        else:
            self.say(self.answers.get(word, b"502 not here"))
        return word != b"QUIT"

    def finish(self) -> None:
        """Close what was opened."""
        if self.data is not None:
            self.data.close()
        super().finish()

    def _open(self) -> None:
        if self.data is not None:
            self.data.close()
        self.data = socket.create_server((HOST, 0))
        self.data.settimeout(TIMEOUT_S)
        port = self.data.getsockname()[1]
        self.say(f"227 passive ({HOST.replace('.', ',')},{port >> 8},{port & 255})".encode())

    def _take(self) -> None:
        if self.data is None:
            self.say(b"425 no data connection")
            return
        self.say(b"150 go on")
        connection, _ = self.data.accept()
        with connection:
            connection.settimeout(TIMEOUT_S)
            taken = 0
            while (part := connection.recv(1 << 16)) and taken < MOST_BYTES:
                taken += len(part)
        self.say(b"226 done")


class _Server(socketserver.ThreadingTCPServer):
    """Listens on the loopback; a connection that breaks is the client's to tell."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


class _Secure(_Server):
    """Speaks TLS; the handshake is the connection's own affair."""

    def __init__(self, address: tuple[str, int], handler: Callable[..., socketserver.BaseRequestHandler]) -> None:
        self._context = secure.server()
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Wrap what is accepted."""
        connection, whence = super().get_request()
        return self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), whence


class _Datagrams(socketserver.ThreadingUDPServer):
    """Listens for datagrams on the loopback."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


HANDLERS: Final[Mapping[str, Callable[..., socketserver.BaseRequestHandler]]] = {
    "http": _Http,
    "https": _Http,
    "smtp": _Smtp,
    "imap": _Imap,
    "ftp": _Ftp,
    "websocket": websocket.Taker,
    "tftp": tftp.Taker,
}
SERVERS: Final[Mapping[str, type[_Server | _Datagrams]]] = {"tftp": _Datagrams, "https": _Secure}


@contextmanager
def receiving(protocol: str, port: int = 0) -> Iterator[int]:
    """A server of that protocol while the context lasts, and its port. Raises OSError when it cannot listen."""
    server = SERVERS.get(protocol, _Server)((HOST, port), HANDLERS[protocol])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name=f"selfcheck-{protocol}", daemon=True)
    thread.start()
    try:
        yield int(server.socket.getsockname()[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
