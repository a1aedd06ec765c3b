"""What comes out of a capture of all that a client sent: as captured, and as a worse network would have shown it."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import io
import json
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av

from forensics.config import Network
from forensics.interception import objects_of
from forensics.model import WireObject
from tests.benchmarks.network_disturbance import disturb
from tests.benchmarks.network_wire import ROOT, environment

SETTLE_S = 0.5
KEYS = "keys.log"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object that was sent; without a `name` any will do. Of `sound` the encoded packets count, not the file."""

    name: str
    sha256: str
    sound: bytes = b""


@dataclass(frozen=True, slots=True)
class Found:
    """An object that was found."""

    protocol: str
    name: str
    sha256: str
    missing_bytes: int
    data: Callable[[], bytes] = field(compare=False)


@dataclass(slots=True)
class Place:
    """Where one client works: a folder with the files, and an address that nobody else has, reached by `device`."""

    folder: Path
    host: str
    device: str = "lo"

    @property
    def capture(self) -> Path:
        return self.folder / "wire.pcap"

    @property
    def keys(self) -> Path:
        return self.folder / KEYS

    def wanted(self, *names: str, called: str | None = None) -> list[Wanted]:
        """The files of these names, found under their own or another name."""
        return [Wanted(name if called is None else called, digest((self.folder / name).read_bytes())) for name in names]

    @contextlib.contextmanager
    def captured(self, only: str = "") -> Iterator[None]:
        """Capture what passes this address, or `only` what a filter names."""
        call = [
            "dumpcap",
            "-q",
            "-P",
            "-B",
            "64",
            "-i",
            self.device,
            "-f",
            only or f"host {self.host}",
            "-w",
            self.capture,
        ]
        process = subprocess.Popen(call, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr
            while "File:" not in (line := process.stderr.readline()):
                if not line:
                    raise RuntimeError("dumpcap did not start")
            yield
            time.sleep(SETTLE_S)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


@dataclass(frozen=True, slots=True)
class Client:
    """A client: what it needs, and what has it send files and gives what these are."""

    name: str
    send: Callable[[Place], list[Wanted]]
    needs: tuple[str, ...] = ("curl",)
    is_tcp: bool = True

    @property
    def lacks(self) -> list[str]:
        return [name for name in self.needs if not (Path(name).exists() or shutil.which(name, path=PATH))]


PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(slots=True)
class Recall:
    """What was found of one client's objects."""

    client: Client
    sent: list[Wanted] = field(default_factory=list)
    exact: int = 0
    disturbed: int = 0
    reads: int = 0
    differing: list[int] = field(default_factory=list)
    """Seeds whose list of objects is another one than that of the capture as it is."""
    missed: dict[str, list[str]] = field(default_factory=dict)
    """Where each object that was not found whole was looked for."""
    trouble: str = ""

    @property
    def is_whole(self) -> bool:
        return not self.trouble and self.exact == len(self.sent) and self.disturbed == len(self.sent) * self.reads


def recall(client: Client, place: Place, seeds: Sequence[int]) -> Recall:
    """Have the client send, and read what was captured; whatever fails is said in the result."""
    result = Recall(client)
    if client.lacks:
        result.trouble = f"not installed: {', '.join(client.lacks)}"
        return result
    try:
        result.sent = client.send(place)
        first = listed(place)
        result.exact = judge(result, first, "as captured")
        for seed in seeds:
            worse = place.folder / f"worse-{seed}.pcap"
            disturb(place.capture, worse, seed)
            found = read(worse, place)
            result.reads += 1
            result.disturbed += judge(result, found, f"seed {seed}")
            if Counter(found) != Counter(first):
                result.differing.append(seed)
    except Exception as error:
        result.trouble = f"{type(error).__name__}: {' '.join(str(error).split())}"[-200:]
    return result


def judge(result: Recall, found: Sequence[Found], where: str) -> int:
    """How many of the objects sent are there whole, each found object counting once; notes those that are not."""
    left, exact = list(found), 0
    for wanted in result.sent:
        match = next((each for each in left if fits(each, wanted)), None)
        if match:
            left.remove(match)
            exact += 1
        else:
            result.missed.setdefault(wanted.name or wanted.sha256[:8], []).append(where)
    return exact


def fits(found: Found, wanted: Wanted) -> bool:
    if found.missing_bytes or wanted.name not in ("", found.name):
        return False
    return packets_of(found.data()) == wanted.sound if wanted.sound else found.sha256 == wanted.sha256


def listed(place: Place) -> list[Found]:
    """What the command line lists, and writes."""
    out = place.folder / "objects"
    keys = ["--keylog", str(place.keys)] if place.keys.exists() else []
    call = [sys.executable, "-m", "forensics.cli", "objects", "--json", "--out", str(out), *keys, str(place.capture)]
    done = subprocess.run(call, cwd=ROOT, env=environment(), check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"earwitness ended with {done.returncode}: {done.stderr.strip()[-200:]}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [
        Found(each["protocol"], each["name"], each["sha256"], each["missing_bytes"], written(out, each["sha256"]))
        for each in lines
    ]


def written(folder: Path, sha256: str) -> Callable[[], bytes]:
    return lambda: next(folder.glob(f"{glob.escape(sha256[:16])}-*")).read_bytes()


def read(path: Path, place: Place) -> list[Found]:
    """What is found in a capture, in this process."""
    settings = Network(keylog=(place.keys,)) if place.keys.exists() else Network()
    return [
        Found(each.protocol, each.name, each.content.sha256, each.missing_bytes, each.content.bytes)
        for each in objects_of(path, settings=settings)
        if isinstance(each, WireObject)
    ]


def packets_of(data: bytes) -> bytes:
    """The encoded sound in a file, without its container; empty when there is none."""
    try:
        with av.open(io.BytesIO(data)) as container:
            return b"".join(bytes(packet) for packet in container.demux(audio=0))
    except (av.error.FFmpegError, IndexError):
        return b""


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
