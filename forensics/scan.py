"""The offline shell: files, folders and captures through the same pipeline as the live monitor."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import pwd
import stat
import time
import zlib
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from forensics.channels.observe import IpNetwork
from forensics.channels.observe import observation as wire_observation
from forensics.config import Config
from forensics.content import Content, Spool
from forensics.errors import EarwitnessError, InputError, LimitReached
from forensics.formats.volumes import is_first, whole_sets
from forensics.model import Gap, Observation, Opaque, OutcomeKind, Subject, WireObject
from forensics.protected import Spared
from forensics.provenance import identity
from forensics.recorder import Entry, Recorder, Report, unlocked
from forensics.sensors.files.private import Zones
from forensics.sensors.files.settled import Method, as_uri, stamp_from
from forensics.wire.capture import is_capture
from forensics.workers import Result, WorkerPool

COMPRESSED = (b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")
JOINED = "scan:volumes"
AHEAD = 64
"""Files looked at ahead of the one that is due: each is held open, and so is what is kept of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A path or capture that could not be read, or not wholly; never left out in silence."""

    path: tuple[str, ...]
    outcome: OutcomeKind
    reason: str
    source: str = ""
    media_type: str = "application/octet-stream"
    size: int = 0
    sha256: str = ""
    gap: Gap | None = None


@dataclass(slots=True)
class Scan:
    """Scans paths in order; `run` yields one Report per observation and one Unread per thing not read.

    A named path that is not there goes to `on_error`, and the others are scanned.
    """

    config: Config
    pool: WorkerPool
    recorder: Recorder
    on_error: Callable[[InputError], None]
    _waiting: deque[Future[Result] | Unread] = field(default_factory=deque)
    _zones: Zones = field(init=False)

    def __post_init__(self) -> None:
        """Take the private zones from the configuration."""
        self._zones = Zones(self.config.files.private)

    def run(self, paths: Sequence[Path]) -> Iterator[Report | Unread]:
        """Scan every path; order is kept."""
        for path in paths:
            for item in self._look(path):
                self._waiting.append(self.pool.submit(item) if isinstance(item, Observation) else item)
                if len(self._waiting) > AHEAD:
                    yield from self._finished()
        while self._waiting:
            yield from self._finished()

    def _finished(self) -> list[Report | Unread]:
        """Wait for what is due, take with it what is done behind it, and record all of it in one transaction."""
        due = [self._waiting.popleft()]
        while self._waiting and (isinstance(self._waiting[0], Unread) or self._waiting[0].done()):
            due.append(self._waiting.popleft())
        entries = [Entry(result=_placed(unlocked(item.result()))) for item in due if not isinstance(item, Unread)]
        reports = iter(self.recorder.record(entries) if entries else ())
        return [item if isinstance(item, Unread) else next(reports) for item in due]

    def _look(self, path: Path) -> Iterator[Observation | Unread]:
        try:
            path = path.resolve(strict=True)
            mode = path.stat().st_mode
        except (OSError, RuntimeError, ValueError) as error:
            self.on_error(InputError(f"{path}: {getattr(error, 'strerror', None) or error}"))
            return
        if self._zones.cover(path):
            yield _private(str(path))
        elif stat.S_ISDIR(mode):
            yield from self._walk(path)
        else:
            yield from self._file(path)

    def _walk(self, folder: Path) -> Iterator[Observation | Unread]:
        """Every file below, folder by folder in the order of names; any depth a path can name."""
        ahead: list[str | os.DirEntry[str]] = [str(folder)]
        while ahead:
            entry = ahead.pop()
            if self._zones.cover(os.fspath(entry)):
                yield _private(os.fspath(entry))
                continue
            if isinstance(entry, os.DirEntry) and not entry.is_dir(follow_symlinks=False):
                if entry.is_file(follow_symlinks=False):
                    yield from self._file(Path(entry.path))
                continue
            try:
                inside: list[os.DirEntry[str]] = sorted(os.scandir(entry), key=lambda each: each.name, reverse=True)
                ahead += inside
            except OSError as error:
                reason = error.strerror or "unreadable"
                place = os.fspath(entry)
                yield Unread(path=(place,), source=as_uri(place), outcome=OutcomeKind.UNREADABLE, reason=reason)

    def _file(self, path: Path) -> Iterator[Observation | Unread]:
        try:
            content = Content.at(path)
        except InputError as error:
            yield Unread(path=(str(path),), source=path.as_uri(), outcome=OutcomeKind.UNREADABLE, reason=str(error))
            return
        if is_capture(_plain_head(content)):
            yield from self._capture(path, content)
            return
        yield file_observation(path, content, host=self.config.host_name)
        if is_first(path.name):
            yield from self._joined(path)

    def _joined(self, first: Path) -> Iterator[Observation | Unread]:
        """What was split into volumes, where all of them lie in the folder of the first."""
        beside = {entry.name: entry.stat().st_size for entry in os.scandir(first.parent) if entry.is_file()}
        whole = next((each for each in whole_sets(beside) if each.parts[0] == first.name), None)
        if whole is None:
            return
        spool = Spool(limit_bytes=self.config.limits.total_mib << 20)
        try:
            for part in whole.parts:
                for chunk in Content.at(first.with_name(part)).chunks():
                    spool.write(chunk)
        except (InputError, LimitReached) as error:
            kind = OutcomeKind.TOO_LARGE if isinstance(error, LimitReached) else OutcomeKind.UNREADABLE
            yield Unread(path=(str(first.with_name(whole.title)),), outcome=kind, reason=str(error))
            return
        yield joined_observation(first, whole.title, spool.close(), host=self.config.host_name)

    def _observed(self, item: WireObject, path: Path, local: Collection[IpNetwork]) -> Observation:
        host = self.config.host_name
        return wire_observation(item, host=host, sensor="scan", capture=path.name, local=local)

    def _capture(self, path: Path, content: Content) -> Iterator[Observation | Unread]:
        from forensics.interception import objects_of  # half a second that only a capture is worth

        local = [ipaddress.ip_network(net, strict=False) for net in self.config.network.local]
        gaps: list[Gap] = []
        opaque: list[Opaque] = []
        spares: list[Spared] = []
        failure = ""
        try:
            for item in objects_of(path, settings=self.config.network):
                if isinstance(item, Gap):
                    gaps.append(item)
                    continue
                if not isinstance(item, Opaque) and item.is_part:
                    continue
                seen = item if isinstance(item, Opaque) else self._observed(item, path, local)
                if (spare := self.recorder.spares(seen)) is not None:
                    spares.append(spare)
                elif isinstance(seen, Opaque):
                    opaque.append(seen)
                else:
                    yield seen
        except EarwitnessError as error:
            failure = str(error)
        self.recorder.record([], opaque=opaque, opaque_kib=self.config.network.opaque_kib, spares=spares)
        reasons = [failure] if failure else [f"{gap.cause}: {gap.detail}".rstrip(": ") for gap in gaps]
        kind = OutcomeKind.UNREADABLE if failure else OutcomeKind.PARTIAL if gaps else OutcomeKind.CLEAN
        if opaque:
            up = sum(flow.up for flow in opaque)
            reasons.append(f"{len(opaque)} connections were not read, which sent {up} bytes upward")
            kind = OutcomeKind.ENCRYPTED if kind is OutcomeKind.CLEAN else kind
        yield Unread(
            path=(path.name,),
            source=path.as_uri(),
            outcome=kind,
            reason="; ".join(dict.fromkeys(reasons)),
            media_type="application/vnd.tcpdump.pcap",
            size=content.size,
            sha256=content.sha256,
            gap=gaps[0] if gaps else None,
        )


def _private(path: str) -> Unread:
    """A zone that is left alone, or the file in one that was named; what lies below is neither opened nor listed."""
    return Unread(
        path=(path,),
        source=as_uri(path),
        outcome=OutcomeKind.UNREADABLE,
        reason="private zone, not opened (files.private)",
    )


def file_observation(path: Path, content: Content, *, host: str) -> Observation:
    """A file found by a scan under its real path, at the time it was found: when it came there nobody saw.

    Its identity is the path and the file's own stamp, so that a second scan is the same.
    """
    info = os.fstat(content.descriptor())
    identity = f"scan\0{path}\0{info.st_dev}\0{info.st_ino}\0{info.st_size}\0{info.st_mtime_ns}"
    return Observation(
        key=hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest(),
        channel="file",
        time=time.time(),
        name=path.name,
        content=content,
        source=path.as_uri(),
        destination="",
        subject=Subject(host=host, user=_user(info.st_uid), method="file owner"),
        sensor="scan",
    )


def joined_observation(first: Path, name: str, content: Content, *, host: str) -> Observation:
    """What several volumes came to, put one after the other, as it was found with the first of them."""
    identity = f"volumes\0{first.parent}\0{name}\0{content.sha256}"
    return Observation(
        key=hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest(),
        channel="file",
        time=time.time(),
        name=name,
        content=content,
        source=first.as_uri(),
        destination="",
        subject=Subject(host=host, user=_user(first.stat().st_uid), method="file owner"),
        sensor=JOINED,
    )


def _placed(result: Result) -> Result:
    """A file's result with what lineage needs to know it again; an object of a capture has no place here, nor has what
    lies in several files.
    """
    analysis = result.analysis
    if analysis.observation.channel != "file" or analysis.observation.sensor == JOINED:
        return result
    first, *others = analysis.artifacts
    stamp = stamp_from(os.fstat(analysis.observation.content.descriptor()))
    first = replace(first, facts={**identity(stamp, Method.FOUND), **first.facts})
    return replace(result, analysis=replace(analysis, artifacts=(first, *others)))


def _plain_head(content: Content) -> bytes:
    """The leading bytes, looking inside gzip: a compressed file is a capture only if what it holds is one."""
    head = content.head(4096)
    if not head.startswith(b"\x1f\x8b"):
        return head if not head.startswith(COMPRESSED) else b""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 64)
    except zlib.error:
        return b""


@lru_cache(maxsize=64)
def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
