"""The far end of the journeys on loopback: an HTTP sink, a mail server and an FTP server that keep nothing."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from forensics.errors import MissingToolError

PASSIVE_PORTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where the servers listen, all on 127.0.0.1."""

    http: int
    smtp: int
    ftp: int
    ftp_passive: tuple[int, ...]

    @property
    def ports(self) -> tuple[int, ...]:
        """Every port a journey may talk to."""
        return (self.http, self.smtp, self.ftp, *self.ftp_passive)


@contextlib.contextmanager
def serving() -> Iterator[Servers]:
    """Run the three servers while the context lasts. Raises MissingToolError without the `demo` extra."""
    with contextlib.ExitStack() as stack:
        http = stack.enter_context(_http())
        smtp = stack.enter_context(_smtp())
        ftp, passive = stack.enter_context(_ftp())
        yield Servers(http=http, smtp=smtp, ftp=ftp, ftp_passive=passive)


class _Sink(BaseHTTPRequestHandler):
    """Takes any upload and answers 201."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Read the body, whatever its framing, and thank for it."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            self._read_chunks()
        else:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_PUT = do_POST  # noqa: N815 - the name http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _read_chunks(self) -> None:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            self.rfile.read(size + 2)
        while self.rfile.readline().strip():
            pass


@contextlib.contextmanager
def _http() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sink)
    thread = threading.Thread(target=server.serve_forever, name="http-sink", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def _smtp() -> Iterator[int]:
    try:
        from aiosmtpd.controller import Controller
        from aiosmtpd.handlers import Sink
    except ImportError as error:
        raise MissingToolError("the demo's mail server is missing; install earwitness[demo]") from error
    controller = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@contextlib.contextmanager
def _ftp() -> Iterator[tuple[int, tuple[int, ...]]]:
    try:
        from pyftpdlib.authorizers import DummyAuthorizer
        from pyftpdlib.handlers import FTPHandler
        from pyftpdlib.servers import FTPServer
    except ImportError as error:
        raise MissingToolError("the demo's FTP server is missing; install earwitness[demo]") from error
    passive = tuple(free_port() for _ in range(PASSIVE_PORTS))
    with tempfile.TemporaryDirectory(dir=_memory_folder()) as folder:
        authorizer = DummyAuthorizer()
        authorizer.add_user("reviewer", "reviewer", folder, perm="elradfmwMT")
        handler = type(
            "Handler", (FTPHandler,), {"authorizer": authorizer, "passive_ports": list(passive), "log": _say_nothing}
        )
        server = FTPServer(("127.0.0.1", 0), handler)
        is_done = threading.Event()
        thread = threading.Thread(target=_loop, args=(server, is_done), name="ftp-sink", daemon=True)
        thread.start()
        try:
            yield server.address[1], passive
        finally:
            is_done.set()
            thread.join()
            server.close_all()


def _say_nothing(*args: object, **kwargs: object) -> None:
    """Stand in for the server's log."""


def _loop(server: object, is_done: threading.Event) -> None:
    while not is_done.is_set():
        server.ioloop.loop(timeout=0.1, blocking=False)  # type: ignore[attr-defined]


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _memory_folder() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
