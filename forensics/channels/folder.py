"""A file that settled in a watched folder becomes an observation; the folder's role is the channel.

Removable media, cloud-sync folders, shares and outboxes are ways out: the file is leaving. The work folder is not:
what is seen there says where material was before it left.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

from forensics.content import Content
from forensics.model import Observation, Subject

WORK = "work"


class Settled(Protocol):
    """What a file sensor hands on; `content` is None for a vanished file."""

    @property
    def sensor(self) -> str:
        """The sensor's name in evidence."""

    @property
    def role(self) -> str:
        """What leaving through the folder means."""

    @property
    def root(self) -> str:
        """The watched folder."""

    @property
    def path(self) -> str:
        """The way below it."""

    @property
    def uri(self) -> str:
        """The file's exact name."""

    @property
    def state(self) -> tuple[int, ...]:
        """Numbers that tell this state from the same name's others; none when it was never seen."""

    @property
    def content(self) -> Content | None:
        """The bytes."""

    @property
    def size(self) -> int:
        """Bytes, -1 when never seen."""

    @property
    def time(self) -> float:
        """When it settled, in seconds since the epoch."""

    @property
    def user(self) -> str:
        """The name of who did it, else of the owner."""

    @property
    def process(self) -> str:
        """The name of the program that did it, empty when unknown."""

    @property
    def pid(self) -> int:
        """Its number, 0 when unknown."""

    @property
    def known_by(self) -> str:
        """How that is known."""


def observation(settled: Settled, *, host: str) -> Observation:
    """The sighting of one state of one file. Reads the content once, for its digest; OSError when that fails.

    A vanished file has content that is not at hand: its outcome is `vanished`.
    """
    is_leaving = settled.role != WORK
    content = settled.content or Content.recorded(size=max(0, settled.size), sha256="")
    subject = Subject(host=host, user=settled.user, process=settled.process, pid=settled.pid, method=settled.known_by)
    return Observation(
        key=_key(settled),
        channel=settled.role,
        time=settled.time,
        name=settled.path.rpartition("/")[2],
        content=content,
        source="" if is_leaving else settled.uri,
        destination=settled.uri if is_leaving else "",
        is_leaving=is_leaving,
        subject=subject,
        sensor=settled.sensor,
    )


def _key(settled: Settled) -> str:
    """The same content in the same place; ctime is left out, since a change of mode or a link is no new act."""
    digest = settled.content.sha256 if settled.content else "vanished"
    state = settled.state or (settled.time,)  # after the bytes were read: a file may be written to until then
    parts = (settled.root, settled.path, *map(str, state), digest)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
