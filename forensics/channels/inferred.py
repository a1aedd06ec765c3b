"""What an unread connection probably carried: files its process had read whose sizes fit what was sent.

Encryption hides content, not length. TLS 1.3 adds 22 bytes to each record of at most 16 KiB (RFC 8446, section 5.2),
HTTP/2 9 to each frame (RFC 9113, section 4.1), QUIC and SSH a few hundredths, headers and greetings a few thousand
bytes. Mail turns each 57 bytes into a line of 78 (RFC 2045, section 6.8). What compresses on the way does not fit.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from forensics.channels.observe import IpNetwork, leaves
from forensics.content import Content
from forensics.model import Direction, Observation, Opaque

SENSOR = "inference"
"""What such observations name as their sensor: they were not seen themselves."""
LEAST_BYTES = 2048
"""Smaller files would fit any talk."""
MOST_FILES = 16
"""Files sent one after the other that are looked for."""
MOST_ALIKE = 4
"""Files of about the same length that are told of."""
READ_BEFORE_S = 30.0
"""How long before the first byte left a file may have been closed."""
_SLACK = {"tls": 1.03, "quic": 1.10}
_USUAL_SLACK = 1.05
_RUN_SLACK = 1.01
_ALIKE = 0.01
_CODE = re.compile(r"/lib\d*/|\.so(?:\.|$)|\.pyc?$|/node_modules/")
"""What programs are made of: so many files that some fit anything."""
_HIDDEN = "/."
"""In the names of files that programs mostly keep for themselves."""
_GREETING_BYTES = 6144
_PER_FILE_BYTES = 1024
_USUAL = 1.0045
_CODINGS = {"": 1.0, " in base64": 78 / 57}


@dataclass(frozen=True, slots=True)
class Fit:
    """Files that fit what was sent: together, or any of them where `is_choice`; `coding` says in which form."""

    files: tuple[Read, ...]
    is_choice: bool = False
    coding: str = ""


class Read(Protocol):
    """A file that a process had open for reading."""

    @property
    def path(self) -> str:
        """Its name."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def device(self) -> int:
        """Its file system."""

    @property
    def inode(self) -> int:
        """Its number in its file system."""

    @property
    def mtime_ns(self) -> int:
        """When its content was last changed."""

    @property
    def pid(self) -> int:
        """The process."""

    @property
    def process(self) -> str:
        """The process's name."""

    @property
    def method(self) -> str:
        """How that is known."""


def sent_by(flow: Opaque) -> tuple[str, str, int]:
    """The end that sent more, the other one, and how many bytes it sent."""
    if flow.down > flow.up:
        return flow.destination, flow.source, flow.down
    return flow.source, flow.destination, flow.up


def fitting(flow: Opaque, reads: Sequence[Read]) -> Fit:
    """What a flow sent fits best: a file, as it is or as mail codes it; if none, files read one after the other.

    Of a file that was read several times one reading counts. Files of about the same length all fit. Hidden files count
    where no other fits, and libraries never.
    """
    files = {(read.path, read.size): read for read in reads if not _CODE.search(read.path)}.values()
    documents = [read for read in files if read.size >= LEAST_BYTES and _HIDDEN not in read.path]
    hidden = [read for read in files if read.size >= LEAST_BYTES and _HIDDEN in read.path]
    return _one(flow, documents) or _several(flow, documents) or _one(flow, hidden) or Fit(())


def _one(flow: Opaque, files: Sequence[Read]) -> Fit | None:
    size, slack = sent_by(flow)[2], _SLACK.get(flow.protocol, _USUAL_SLACK)
    fits: list[tuple[float, str, Read]] = []
    for coding, factor in _CODINGS.items():
        for read in files:
            distance = _distance(size, read.size * factor, slack)
            if distance is not None:
                fits.append((distance, coding, read))
    if not fits:
        return None
    least, coding, _ = min(fits, key=lambda each: each[0])
    limit = least + max(_ALIKE * size, _PER_FILE_BYTES)
    near = sorted((each for each in fits if each[0] <= limit and each[1] == coding), key=lambda each: each[0])
    return Fit(tuple(read for _, _, read in near[:MOST_ALIKE]), is_choice=len(near) > 1, coding=coding)


def _several(flow: Opaque, files: Sequence[Read]) -> Fit | None:
    size = sent_by(flow)[2]
    found = ((_distance(size, sum(r.size for r in run), _RUN_SLACK, len(run)), run) for run in _runs(files, size))
    near = [(distance, len(run), run) for distance, run in found if distance is not None]
    return Fit(min(near, key=lambda each: each[:2])[2]) if near else None


def _distance(size: int, least: float, slack: float, count: int = 1) -> float | None:
    """How far from what is usual `least` bytes of files are from `size` bytes sent; None where they do not fit."""
    if not least <= size <= least * slack + _GREETING_BYTES + _PER_FILE_BYTES * count:
        return None
    return abs(size - least * _USUAL - _PER_FILE_BYTES * count)


def _runs(files: Sequence[Read], size: int) -> Iterator[tuple[Read, ...]]:
    for first in range(len(files)):
        total = files[first].size
        for last in range(first + 1, min(len(files), first + MOST_FILES)):
            total += files[last].size
            if total > size:
                break
            yield tuple(files[first : last + 1])


def observation(flow: Opaque, read: Read, content: Content, *, fit: Fit, local: Collection[IpNetwork]) -> Observation:
    """The observation of one of the files that fit; `content` is the file as it was read, or only its size."""
    near, far, size = sent_by(flow)
    channel = _channel(flow)
    host = flow.name or far.rpartition(":")[0]
    port = far.rpartition(":")[2]
    scheme = "https" if channel == "http" else channel
    which = f"this file of {read.size} bytes open"
    if len(fit.files) > 1:
        which += (
            f", as well as {len(fit.files) - 1} {'of that length' if fit.is_choice else 'that fit together with it'},"
        )
    return Observation(
        key=_key(flow, read),
        channel=channel,
        time=flow.start,
        name=read.path.rpartition("/")[2],
        content=content,
        source=f"file://{read.path}",
        destination=f"{scheme}://{host}{'' if (scheme, port) == ('https', '443') else ':' + port}/",
        direction=Direction.UP,
        is_leaving=leaves(near, far, Direction.UP if near == flow.source else Direction.DOWN, local),
        subject=flow.subject,
        sensor=SENSOR,
        peer=far.rpartition(":")[0].strip("[]"),
        inference=(
            f"inferred: {read.process or 'the process'} ({read.pid}, {read.method}) had {which} and sent {size}"
            f" bytes unread{fit.coding}"
        ),
    )


def _channel(flow: Opaque) -> str:
    """The way out: what the greeting offers to speak, or how it is sealed."""
    offered = set(flow.facts.get("alpn", "").replace(",", " ").split())
    if flow.protocol == "quic" and "h3" in offered:
        return "http3"
    if flow.protocol == "tls" and offered & {"h2", "http/1.1"}:
        return "http"
    return flow.protocol or flow.flow.partition("/")[0]


def _key(flow: Opaque, read: Read) -> str:
    parts = (SENSOR, flow.flow, f"{flow.start:.6f}", read.path, str(read.inode), str(read.size), str(read.mtime_ns))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
