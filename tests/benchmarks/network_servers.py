"""The far end of the network bench, one server a process.

    python -m tests.benchmarks.network_servers KIND ADDRESS PORT FOLDER

KIND is http, smtp, ftp, or keep for FTP that keeps what it is sent. It prints `ready` and serves until its standard
input ends, so that none outlives the bench. FOLDER holds `noise`, of which HTTP serves any slice, and `ftp`, the home
of the FTP user.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

USER = "desk"
READ_BYTES = 1 << 18


def main() -> None:
    kind, address, port, folder = sys.argv[1:]
    {"http": serve_http, "smtp": serve_smtp, "ftp": serve_ftp, "keep": keep_ftp}[kind](address, int(port), Path(folder))
    print("ready", flush=True)
    sys.stdin.read()


class Handler(BaseHTTPRequestHandler):
    """Takes any body, by length or in chunks; gives `/from/OFFSET/SIZE/NAME` of the noise."""

    protocol_version = "HTTP/1.1"
    noise: Path

    def do_PUT(self) -> None:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                self.rfile.read(size + 2)
            while self.rfile.readline().strip():
                pass
        else:
            left = int(self.headers.get("Content-Length") or 0)
            while left and (got := len(self.rfile.read(min(left, READ_BYTES)))):
                left -= got
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_PUT  # noqa: N815 - the name http.server looks for

    def do_GET(self) -> None:
        offset, size = (int(part) for part in self.path.split("/")[2:4])
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.flush()
        with self.noise.open("rb") as stream:
            self.connection.sendfile(stream, offset, size)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


def serve_http(address: str, port: int, folder: Path) -> None:
    handler = type("Handler", (Handler,), {"noise": folder / "noise"})
    threading.Thread(target=Server((address, port), handler).serve_forever, daemon=True).start()


def serve_smtp(address: str, port: int, _folder: Path) -> None:
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Sink

    controller = Controller(Sink(), hostname=address, port=port, data_size_limit=1 << 30, ready_timeout=30)
    controller.start()


def keep_ftp(address: str, port: int, folder: Path) -> None:
    serve_ftp(address, port, folder, received=lambda _file: None)


def serve_ftp(address: str, port: int, folder: Path, received: Callable[[Path], None] = Path.unlink) -> None:
    """`received` is what to do with a file that was sent: nothing of it is kept."""
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import FTPServer

    class Quiet(FTPHandler):  # type: ignore[misc]
        def on_file_received(self, file: str) -> None:
            received(Path(file))

        def log(self, *_: Any, **__: Any) -> None:
            """Say nothing."""

    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, USER, str(folder / "ftp"), perm="elradfmwMT")
    Quiet.authorizer = authorizer
    server = FTPServer((address, port), Quiet)
    server.max_cons = 1024
    threading.Thread(target=server.serve_forever, kwargs={"handle_exit": False}, daemon=True).start()


if __name__ == "__main__":
    main()
