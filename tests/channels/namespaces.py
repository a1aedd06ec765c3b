"""Two machines on a wire of their own, as network namespaces: real clients and servers, and what dumpcap sees."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

CLIENT, SERVER = "10.77.0.1", "10.77.0.2"
ACCEPTING = """
import http.server
class Accepting(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.HTTPServer(("", 8000), Accepting).serve_forever()
"""


def has(*programs: str) -> bool:
    """Say whether namespaces can be made here and these programs are installed."""
    return os.geteuid() == 0 and all(map(shutil.which, ("ip", "dumpcap", *programs)))


class Machines:
    """A client and a server; what is started on them ends with them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names = f"ear{os.getpid()}c", f"ear{os.getpid()}s"
        self.started: list[subprocess.Popen[bytes]] = []

    def run(self, side: int, *command: str, timeout: float = 30) -> subprocess.CompletedProcess[bytes]:
        inside = ["ip", "netns", "exec", self.names[side], *command]
        return subprocess.run(inside, check=True, capture_output=True, timeout=timeout)

    def start(self, side: int, *command: str, until: str = "", wait_s: float = 20) -> subprocess.Popen[bytes]:
        """Start a program, and wait until it says so."""
        log = self.folder / f"{len(self.started)}.log"
        with log.open("wb") as out:
            inside = ["ip", "netns", "exec", self.names[side], *command]
            process = subprocess.Popen(inside, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        self.started.append(process)
        for _ in range(int(wait_s * 20)):
            if until in log.read_text(errors="replace") and (until or process.poll() is None):
                return process
            time.sleep(0.05)
        raise AssertionError(f"{command[0]} did not start: {log.read_text(errors='replace')}")

    def listen(self) -> None:
        """Let the server accept uploads over HTTP on port 8000."""
        self.start(1, sys.executable, "-c", ACCEPTING)
        for _ in range(100):
            if b":8000" in self.run(1, "ss", "-ltn").stdout:
                return
            time.sleep(0.05)

    def up(self) -> None:
        client, server = self.names
        for command in (
            f"netns add {client}",
            f"netns add {server}",
            f"link add ear0 netns {client} type veth peer name ear1 netns {server}",
            f"-n {client} addr add {CLIENT}/24 dev ear0",
            f"-n {server} addr add {SERVER}/24 dev ear1",
            *(f"-n {name} link set {device} up" for name, device in zip(self.names, ("ear0", "ear1"), strict=True)),
            *(f"-n {name} link set lo up" for name in self.names),
        ):
            subprocess.run(["ip", *command.split()], check=True, capture_output=True)

    def down(self) -> None:
        for process in reversed(self.started):
            process.terminate()
            process.wait(10)
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


@contextmanager
def machines(folder: Path):
    """The two machines, and a capture of all between them in `folder / "wire.pcapng"` once `stop` is called."""
    both = Machines(folder)
    try:
        both.up()
        path = folder / "wire.pcapng"
        dumpcap = both.start(0, "dumpcap", "-q", "-i", "ear0", "-w", str(path), until="File:")

        def stop() -> Path:
            time.sleep(0.5)
            dumpcap.terminate()
            dumpcap.wait()
            return path

        yield both, stop
    finally:
        both.down()
