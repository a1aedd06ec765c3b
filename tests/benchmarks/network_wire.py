"""Two network namespaces joined by a veth pair, servers in one, a capture on the other's end."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.network_clients import FTP_PORT, HTTP_PORT, SMTP_PORT

ROOT = Path(__file__).resolve().parents[2]
CLIENT, SERVER = "10.77.64.1", "10.77.128.1"
OFFLOADS = ("rx", "tx", "sg", "tso", "gso", "gro")
BUFFER_MIB = 512
SETTLE_S = 1.5
_DROPS = re.compile(r"received/dropped on interface '[^']*': (\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class Wire:
    """The names of the two namespaces and of the interface, which is the same in both."""

    near: str
    far: str
    interface: str = "wire"

    def inside(self, namespace: str, command: list[str]) -> list[str]:
        """The command as it runs in a namespace."""
        return ["ip", "netns", "exec", namespace, *command]


def python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]


def environment() -> dict[str, str]:
    """This environment, with compiled code kept and one thread for linear algebra."""
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1"} | {"PYTHONDONTWRITEBYTECODE": ""}


@contextlib.contextmanager
def wire() -> Iterator[Wire]:
    """The two namespaces while the context lasts; offloads are off, so that packets are as they would be on a cable."""
    if os.geteuid():
        raise SystemExit("the network bench makes network namespaces: run it as root")
    made = Wire(f"earwitness-near-{os.getpid()}", f"earwitness-far-{os.getpid()}")
    try:
        for namespace in (made.near, made.far):
            _run(["ip", "netns", "add", namespace])
        name = made.interface
        pair = ["ip", "link", "add", name, "netns", made.near, "type", "veth", "peer", "name", name, "netns", made.far]
        _run(pair)
        for namespace, address in ((made.near, CLIENT), (made.far, SERVER)):
            for call in (
                ["ip", "address", "add", f"{address}/16", "dev", name],
                ["ip", "link", "set", "lo", "up"],
                ["ip", "link", "set", name, "up"],
                ["ethtool", "-K", name, *(word for each in OFFLOADS for word in (each, "off"))],
            ):
                _run(made.inside(namespace, call))
        yield made
    finally:
        for namespace in (made.near, made.far):
            subprocess.run(["ip", "netns", "del", namespace], check=False, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def serving(made: Wire, folder: Path) -> Iterator[None]:
    """HTTP, SMTP and FTP servers in the far namespace; they end with their standard input."""
    (folder / "ftp").mkdir(exist_ok=True)
    started = []
    try:
        for kind, port in (("http", HTTP_PORT), ("smtp", SMTP_PORT), ("ftp", FTP_PORT)):
            command = made.inside(made.far, python("network_servers", kind, SERVER, str(port), str(folder)))
            process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
            )
            started.append(process)
        for process in started:
            assert process.stdout
            if process.stdout.readline() != b"ready\n":
                raise SystemExit(f"a server did not start: {process.args!r}")
        yield
    finally:
        for process in started:
            assert process.stdin
            process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)
            process.kill()
            process.wait()


class Capture:
    """dumpcap on the near end; `packets` and `drops` are known once the context has ended."""

    def __init__(self, made: Wire, path: Path) -> None:
        call = ["dumpcap", "-q", "-P", "-B", str(BUFFER_MIB), "-i", made.interface, "-w", str(path)]
        self._command = made.inside(made.near, call)
        self.packets = self.drops = -1

    def __enter__(self) -> Capture:
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr
        while "File:" not in (line := self._process.stderr.readline()):
            if not line:
                raise SystemExit("dumpcap did not start")
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(SETTLE_S)
        self._process.send_signal(signal.SIGINT)
        said = self._process.communicate(timeout=120)[1]
        if counted := _DROPS.search(said):
            self.packets, self.drops = int(counted[1]), int(counted[2])


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
