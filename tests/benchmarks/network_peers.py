"""Each tool as a whole process on the same capture: what it costs, and how many of the known files it writes exact."""

from __future__ import annotations

import email
import email.policy
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from tests.benchmarks.network_clients import FTP_PORT, HTTP_PORT, SMTP_PORT, Job
from tests.benchmarks.network_clock import Cost
from tests.benchmarks.network_wire import ROOT, environment, python

OUT = "OUT"
"""Stands in a command for the folder to write to."""

PYSHARK = """
import sys, pyshark
for packet in pyshark.FileCapture(sys.argv[1], use_ek=True, keep_packets=False): pass
"""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program under test: what it is called in the table, and its command but for the capture, given as CAPTURE."""

    name: str
    command: tuple[str, ...]

    def on(self, capture: Path, folder: Path) -> list[str]:
        places = {"CAPTURE": str(capture), OUT: str(folder)}
        return [places.get(part, part.replace(f"{OUT}/", f"{folder}/")) for part in self.command]


@dataclass(frozen=True, slots=True)
class Result:
    """What one tool did with one capture; `uploads` and `downloads` are exact files among those known."""

    name: str
    megabytes: float
    cost: Cost
    uploads: int
    downloads: int
    known: int

    @property
    def is_whole(self) -> bool:
        """Whether no known upload is lacking."""
        return self.uploads == self.known

    @property
    def rate(self) -> float:
        """Megabytes of capture per CPU second."""
        return self.megabytes / max(self.cost.cpu_s, 1e-3)


def earwitness() -> list[Tool]:
    """Earwitness as users run it, and with uploads only where that can be asked for."""
    program = (str(Path(sys.executable).with_name("earwitness")), "objects")
    tools = [Tool("earwitness objects", (*program, "--out", OUT, "CAPTURE"))]
    said = subprocess.run([*program, "--help"], check=True, capture_output=True, text=True).stdout
    if "--direction" in said:
        tools.append(Tool("earwitness, uploads only", (*program, "--direction", "up", "--out", OUT, "CAPTURE")))
    return tools


def tcpflow() -> list[Tool]:
    return [
        Tool("tcpflow -a", ("tcpflow", "-a", "-r", "CAPTURE", "-o", OUT)),
        Tool("tcpflow", ("tcpflow", "-r", "CAPTURE", "-o", OUT)),
    ]


def tshark() -> Tool:
    """tshark with the ports it has to be told and the kinds of object it can export that are in the capture."""
    ports = [f"tcp.port=={port},{name}" for port, name in ((HTTP_PORT, "http"), (SMTP_PORT, "smtp"), (FTP_PORT, "ftp"))]
    told = [word for each in ports for word in ("-d", each)]
    kinds = [word for each in ("http", "imf", "ftp-data") for word in ("--export-objects", f"{each},{OUT}/{each}")]
    return Tool("tshark --export-objects", ("tshark", "-q", "-r", "CAPTURE", *told, *kinds))


def pyshark() -> Tool:
    return Tool("pyshark, EK, all packets", (sys.executable, "-c", PYSHARK, "CAPTURE"))


def run(tool: Tool, capture: Path, jobs: Sequence[Job], memory: str | None) -> Result:
    """Time one tool; what it wrote is looked at afterwards and removed. Raises SystemExit when the tool fails."""
    with tempfile.TemporaryDirectory(dir=memory) as name:
        folder = Path(name) / "out"
        folder.mkdir()
        said = Path(name) / "said"
        cost = timed(tool.on(capture, folder), Path(name) / "cost", said)
        if cost.code:
            raise SystemExit(f"{tool.name} ended with {cost.code}: {tail(said)}")
        found = {digest for path in folder.rglob("*") if path.is_file() for digest in digests(path)}
    exact = [job for job in jobs if job.sha256 in found]
    uploads, known = (sum(job.is_upload for job in each) for each in (exact, jobs))
    return Result(tool.name, capture.stat().st_size / 1e6, cost, uploads, len(exact) - uploads, known)


def tail(path: Path) -> str:
    """The end of what a tool said."""
    return path.read_bytes()[-2000:].decode(errors="replace")


def timed(command: Sequence[str], result: Path, said: Path) -> Cost:
    """Run a command under the clock; what it prints goes to the file `said`."""
    with said.open("wb") as stream:
        clock = python("network_clock", str(result), *command)
        subprocess.run(clock, cwd=ROOT, check=True, stdout=stream, stderr=subprocess.STDOUT, env=environment())
    return Cost(**json.loads(result.read_text()))


def digests(path: Path) -> Iterator[str]:
    """The digest of a file as it was written, and of what is attached to it when it is a mail, a form or a mail stream.

    Opening those is left to the tools that do not do it themselves, and their clock has stopped.
    """
    data = path.read_bytes()
    yield hashlib.sha256(data).hexdigest()
    for part in attached(data):
        yield hashlib.sha256(part).hexdigest()


def attached(data: bytes) -> Iterator[bytes]:
    """The parts of a form's body, of a mail, or of each mail in the client's half of an SMTP connection."""
    if data.startswith(b"--"):
        boundary = data[2 : data.find(b"\r\n")]
        yield from parts(b"Content-Type: multipart/form-data; boundary=" + boundary + b"\r\n\r\n" + data)
    elif data[:4].upper() in (b"EHLO", b"HELO"):
        for mail in data.upper().split(b"\r\nDATA\r\n")[1:]:
            start = data.upper().index(mail)
            yield from parts(data[start : start + mail.find(b"\r\n.\r\n") + 2].replace(b"\r\n..", b"\r\n."))
    elif b":" in data[:80].split(b"\r\n")[0] and b"MIME-Version:" in data[:2000]:
        yield from parts(data)


def parts(mail: bytes) -> Iterator[bytes]:
    message = email.message_from_bytes(mail, policy=email.policy.HTTP)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            yield content
