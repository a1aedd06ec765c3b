"""What connections that cannot be read probably carried: who sent, what that process had read, which of it fits."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from forensics.channels.inferred import READ_BEFORE_S, Read, fitting, observation
from forensics.channels.observe import IpNetwork
from forensics.content import Content
from forensics.errors import InputError
from forensics.model import Observation, Opaque
from forensics.sensors.files.private import Zones
from forensics.sensors.files.settled import stamp_of
from forensics.sensors.hearing import Hearing
from forensics.sensors.network.owners import SocketOwners
from forensics.sensors.network.readings import Reading, Readings


class Inference:
    """Remembers for a while which files processes read; nothing of it is written down but what fits."""

    def __init__(self, owners: SocketOwners, *, private: Sequence[str] = (), hearing: Hearing | None = None) -> None:
        self._private = Zones(private)
        self._readings = Readings(owners.pids, on_seen=owners.look_at, hearing=hearing)

    @property
    def method(self) -> str:
        """How it is known who reads what."""
        return self._readings.method

    def start(self) -> None:
        """Begin to take note."""
        self._readings.start()

    def stop(self) -> None:
        """End it."""
        self._readings.stop()

    def reads_of(self, pid: int, *, since: float, until: float) -> Sequence[Reading]:
        """What a process or its kin had open for reading in the interval; of private zones nothing."""
        return [read for read in self._readings.of(pid, since=since, until=until) if not self._private.cover(read.path)]

    def readers_of(self, device: int, inode: int, *, since: float, until: float) -> Sequence[Reading]:
        """Who had a file open for reading in the interval."""
        return self._readings.of_file(device, inode, since=since, until=until)

    def of(self, flow: Opaque, local: Collection[IpNetwork]) -> Iterator[Observation]:
        """The files that a flow probably carried, which is a stretch of a connection or all that QUIC sent.

        Streams are told stretch by stretch, so that of the whole nothing is inferred once more.
        """
        if not flow.subject.pid or flow.is_stretch == flow.flow.startswith("udp"):
            return
        reads = self.reads_of(flow.subject.pid, since=flow.start - READ_BEFORE_S, until=flow.end)
        fit = fitting(flow, reads)
        for read in fit.files:
            yield observation(flow, read, _content(read), fit=fit, local=local)


def _content(read: Read) -> Content:
    """The file as it was when it was read, or only its size where that is gone or another by now."""
    try:
        content = Content.at(read.path)
    except InputError:
        return Content.recorded(size=read.size, sha256="")
    stamp = stamp_of(content)
    was = read.device, read.inode, read.size, read.mtime_ns
    return content if tuple(stamp)[:4] == was else Content.recorded(size=read.size, sha256="")
