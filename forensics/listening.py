"""Live network: the ring's files in, observations out; a file is let go only when nothing could be lost with it."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from forensics.channels.inferred import sent_by
from forensics.channels.observe import observation
from forensics.config import Config
from forensics.errors import EarwitnessError
from forensics.inference import Inference
from forensics.interception import Interception
from forensics.log import logger
from forensics.model import BEAT_S, Gap, Observation, Opaque, Seen, SensorHealth, Subject, WireObject
from forensics.sensors.clocks import Clocks, boot_s
from forensics.sensors.hearing import Hearing
from forensics.sensors.network.addresses import LocalSide, Network, own_addresses
from forensics.sensors.network.owners import SocketOwners
from forensics.sensors.network.ring import Ring, RingFile
from forensics.wire.compiled import compile_all

RETRY_EVERY_S = 30.0
PINNED_S = 120.0
"""How long a file is kept for connections that began in it and go on."""
DRAIN_S = 60.0
POLL_S = 0.01
"""How long a growing file is left alone before it is looked at again."""
SENSOR_KIND = "network"

Take = Callable[[Observation, Callable[[], None]], None]


class _Pinned:
    """A ring file that was read, and how many observations out of it are not yet in the store."""

    def __init__(self, file: RingFile) -> None:
        self.file = file
        self.is_read = False
        self._lock = threading.Lock()
        self._waiting = 0
        self.until: _Pinned | None = None
        """The last file read when nothing more was to come of this one: what it began came out there at the latest."""

    def hold(self) -> None:
        """One more observation is on its way."""
        with self._lock:
            self._waiting += 1

    def release(self) -> None:
        """One observation arrived."""
        with self._lock:
            self._waiting -= 1

    @property
    def is_recorded(self) -> bool:
        """Say whether every observation out of it is in the store."""
        return self._waiting == 0


class _Growing:
    """A ring file that is read while it grows."""

    def __init__(self, ring: Ring, file: RingFile, *, idle: Callable[[], None]) -> None:
        self._ring = ring
        self._file = file
        self._idle = idle
        self._is_whole = False

    def wait(self) -> bool:
        """Let a moment pass; say whether to read on. Once it has stopped growing there is its last part to read."""
        if self._is_whole:
            return False
        self._is_whole = not self._ring.is_growing(self._file)
        if not self._is_whole:
            self._ring.mind()
            self._idle()
            self._ring.wait(POLL_S)
        return True


class Listener:
    """Follows the ring in a thread of its own; `take` may block, which holds back reading but not capture.

    After a crash the files that were not let go are read again: connections come out whole, with the same keys.
    """

    def __init__(
        self,
        config: Config,
        store: Path,
        *,
        take: Take,
        gap: Callable[[Gap], None],
        health: Callable[[SensorHealth], None],
        opaque: Callable[[Opaque], None] = lambda _: None,
        hearing: Hearing | None = None,
    ) -> None:
        self._config = config
        self._store = store
        self._take = take
        self._gap = gap
        self._health = health
        self._opaque = opaque
        self._log = logger("listening")
        self._stopping = threading.Event()
        self._ring: Ring | None = None
        self._owners = SocketOwners(host=config.host_name)
        self._interception = self._begin()
        self.inference = (
            Inference(self._owners, private=config.files.private, hearing=hearing) if config.network.infer else None
        )
        self._pinned: deque[_Pinned] = deque()
        self._local = _this_side(config)
        self._next_health = 0.0
        self._level = time.monotonic()
        """When reading last stood where capture did."""
        self._clocks = Clocks()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._ready = threading.Event()

    def start(self) -> None:
        """Begin to capture; returns when capture runs or its obstacle is a gap.

        On a machine where it was never done, what reads packets is compiled first, which takes half a minute: while it
        is, nothing could be read and no keeper of the capture be told that somebody is there.
        """
        compile_all()
        self._owners.start()
        if self.inference:
            self.inference.start()
        self._thread.start()
        self._ready.wait(RETRY_EVERY_S)

    def stop(self) -> None:
        """End capture, read what is left, wait until it is recorded."""
        self._stopping.set()
        if self._ring is not None:
            self._ring.stop()
        self._thread.join()
        if self.inference:
            self.inference.stop()
        self._owners.stop()

    def _begin(self) -> Interception:
        settings = self._config.network
        return Interception(settings, has_stretches=settings.infer, on_open=self._owners.hurry)

    def _run(self) -> None:
        since = time.time()
        while not self._stopping.is_set():
            try:
                self._ring = ring = Ring(self._store, self._config.network, gap=self._gap)
                ring.start()
            except EarwitnessError as error:
                self._obstacle(since, error)
                since = time.time()
                self._ready.set()
                self._stopping.wait(RETRY_EVERY_S)
                continue
            self._ready.set()
            self._follow(ring)

    def _obstacle(self, since: float, error: EarwitnessError) -> None:
        now = time.time()
        sensor = "network:" + ",".join(self._config.network.interfaces)
        self._gap(Gap(sensor=sensor, channel="network", start=since, end=now, cause="no capture", detail=str(error)))
        self._health(
            SensorHealth(
                sensor=sensor,
                kind=SENSOR_KIND,
                state="stopped",
                time=now,
                detail=str(error),
                channels=("network",),
                boot=boot_s(),
            )
        )

    def _follow(self, ring: Ring) -> None:
        if self._stopping.is_set():
            ring.stop()
        self._interception = self._begin()
        for file in ring.files(idle=lambda: self._mind(ring)):
            pinned = _Pinned(file)
            self._pinned.append(pinned)
            growing = _Growing(ring, file, idle=lambda: self._mind(ring))
            self._hand_on(ring, self._interception.read(file.path, wait=growing.wait), file)
            pinned.file, pinned.is_read = file.now(), True
            self._let_go(ring)
            self._beat(ring)
        self._hand_on(ring, self._interception.finish())
        deadline = time.monotonic() + DRAIN_S
        while not all(pinned.is_recorded for pinned in self._pinned) and time.monotonic() < deadline:
            time.sleep(0.02)
        while self._pinned and self._pinned[0].is_recorded:
            ring.done(self._pinned.popleft().file)
        self._pinned.clear()
        ring.close()
        self._health(ring.health())

    def _mind(self, ring: Ring) -> None:
        """What is due when all is read: give up on what nothing more came of, let files go, tell the health."""
        self._level = time.monotonic()
        if self._level < self._next_health:
            return
        for cause, detail, start, end in self._clocks.check():
            self._gap(Gap(sensor=ring.sensor, channel="network", start=start, end=end, cause=cause, detail=detail))
        self._local = _this_side(self._config)
        self._hand_on(ring, self._interception.flush(time.time()))
        self._let_go(ring)
        self._beat(ring)

    def _beat(self, ring: Ring) -> None:
        """Tell the health when it is due, also while there is more to read: it is captured nevertheless."""
        now = time.monotonic()
        if now < self._next_health:
            return
        self._next_health = now + BEAT_S
        health = ring.health()
        self._health(replace(health, counters={**health.counters, "lag_s": int(now - self._level)}))

    def _hand_on(self, ring: Ring, items: Iterable[Seen | Gap], file: RingFile | None = None) -> None:
        try:
            for item in items:
                if isinstance(item, Gap):
                    self._gap(item)
                elif isinstance(item, Opaque):
                    self._account(item)
                elif not item.is_part:
                    self._observe(item)
                self._beat(ring)
        except EarwitnessError as error:
            self._unread(ring, file, str(error))
        except Exception as error:  # noqa: BLE001 - bytes that break a channel cost what is under way, not the sensor
            self._log.error("reading failed", error=repr(error))
            self._unread(ring, file, f"{type(error).__name__} while reading")
            self._interception = self._begin()

    def _observe(self, found: WireObject) -> None:
        host = self._config.host_name
        seen = observation(found, host=host, sensor="network", capture="", local=self._local)
        self._pass(replace(seen, subject=self._owner(found.source, found.flow)))

    def _account(self, found: Opaque) -> None:
        """A connection that was not read, or a stretch of one: tell it, and what it probably carried."""
        flow = replace(found, subject=self._owner(sent_by(found)[0], found.flow))
        if self.inference:
            for seen in self.inference.of(flow, self._local):
                self._pass(seen)
        if not flow.is_stretch:
            self._opaque(replace(flow, subject=self._owner(flow.source, flow.flow)))

    def _pass(self, seen: Observation) -> None:
        if not self._pinned:
            self._take(seen, lambda: None)
            return
        last = self._pinned[-1]
        last.hold()
        self._take(seen, last.release)

    def _owner(self, end: str, flow: str) -> Subject:
        """Whose socket the end of a connection was."""
        address, _, port = end.rpartition(":")
        protocol = "udp" if flow.startswith("udp") else "tcp"
        return self._owners.owner(address.strip("[]"), int(port), protocol=protocol)

    def _let_go(self, ring: Ring) -> None:
        """Files whose observations are recorded and in which no connection began that still goes on.

        What is only kept for a crash may fill half of the ring: the other half is for what was not read yet.
        """
        now = time.time()
        oldest = self._interception.since
        held = sum(pinned.file.size for pinned in self._pinned if pinned.is_read)
        while self._pinned:
            first = self._pinned[0]
            if not first.is_read:
                return
            is_wanted = oldest <= first.file.modified and now - first.file.modified < PINNED_S
            if is_wanted and held <= ring.budget_bytes // 2:
                return
            first.until = first.until or self._pinned[-1]
            for pinned in self._pinned:
                if not pinned.is_recorded:
                    return
                if pinned is first.until:
                    break
            ring.done(first.file)
            held -= first.file.size
            self._pinned.popleft()

    def _unread(self, ring: Ring, file: RingFile | None, detail: str) -> None:
        when, size = (file.modified, file.size) if file is not None else (time.time(), -1)
        self._gap(
            Gap(
                sensor=ring.sensor,
                channel="network",
                start=when,
                end=when,
                cause="dissection failed",
                size=size,
                detail=detail,
            )
        )


def _this_side(config: Config) -> list[Network]:
    """The networks of this side: configured, loopback, and every address of this host."""
    own = [ipaddress.ip_network(ipaddress.ip_interface(text).ip) for text in own_addresses()]
    return [*LocalSide(config.network.local).networks(), *own]
