"""Live network: the ring's files in, observations out; a file is let go only when nothing could be lost with it."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from forensics.channels.observe import observation
from forensics.config import Config
from forensics.errors import EarwitnessError
from forensics.interception import Interception
from forensics.log import logger
from forensics.model import Gap, Observation, SensorHealth, WireObject
from forensics.sensors.network.addresses import LocalSide, Network, own_addresses
from forensics.sensors.network.owners import SocketOwners
from forensics.sensors.network.ring import Ring, RingFile

HEALTH_EVERY_S = 5.0
RETRY_EVERY_S = 30.0
PINNED_S = 120.0
"""How long a file is kept for connections that began in it and go on."""
DRAIN_S = 60.0
SENSOR_KIND = "network"

Take = Callable[[Observation, Callable[[], None]], None]


class _Pinned:
    """A ring file that was read, and how many observations out of it are not yet in the store."""

    def __init__(self, file: RingFile) -> None:
        self.file = file
        self._lock = threading.Lock()
        self._waiting = 0

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
    ) -> None:
        self._config = config
        self._store = store
        self._take = take
        self._gap = gap
        self._health = health
        self._log = logger("listening")
        self._stopping = threading.Event()
        self._ring: Ring | None = None
        self._owners = SocketOwners(host=config.host_name)
        self._pinned: deque[_Pinned] = deque()
        self._last: _Pinned | None = None
        self._local = _this_side(config)
        self._next_health = 0.0
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._ready = threading.Event()

    def start(self) -> None:
        """Begin to capture; returns when capture runs or its obstacle is a gap."""
        self._owners.start()
        self._thread.start()
        self._ready.wait(RETRY_EVERY_S)

    def stop(self) -> None:
        """End capture, read what is left, wait until it is recorded."""
        self._stopping.set()
        if self._ring is not None:
            self._ring.stop()
        self._thread.join()
        self._owners.stop()

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
        self._health(SensorHealth(sensor=sensor, kind=SENSOR_KIND, state="stopped", time=now, detail=str(error)))

    def _follow(self, ring: Ring) -> None:
        if self._stopping.is_set():
            ring.stop()
        interception = Interception(self._config.network)
        self._last = None
        for file in ring.files(idle=lambda: self._mind(ring, interception)):
            self._last = _Pinned(file)
            self._pinned.append(self._last)
            try:
                self._hand_on(interception.read(file.path))
            except EarwitnessError as error:
                self._unread(ring, file, error)
            self._let_go(ring, interception)
        self._hand_on(interception.finish())
        deadline = time.monotonic() + DRAIN_S
        while not all(pinned.is_recorded for pinned in self._pinned) and time.monotonic() < deadline:
            time.sleep(0.02)
        for pinned in self._pinned:
            if pinned.is_recorded:
                ring.done(pinned.file)
        self._pinned.clear()
        ring.close()
        self._health(ring.health())

    def _mind(self, ring: Ring, interception: Interception) -> None:
        """What is due between files: give up on what nothing more came of, let files go, tell the health."""
        if time.monotonic() < self._next_health:
            return
        self._next_health = time.monotonic() + HEALTH_EVERY_S
        self._local = _this_side(self._config)
        self._hand_on(interception.flush(time.time()))
        self._let_go(ring, interception)
        self._health(ring.health())

    def _hand_on(self, items: Iterable[WireObject | Gap]) -> None:
        for item in items:
            if isinstance(item, Gap):
                self._gap(item)
            elif not item.is_part:
                self._observe(item)

    def _observe(self, found: WireObject) -> None:
        host = self._config.host_name
        seen = observation(found, host=host, sensor="network", capture="", local=self._local)
        address, _, port = found.source.rpartition(":")
        protocol = "udp" if found.flow.startswith("udp") else "tcp"
        seen = replace(seen, subject=self._owners.owner(address.strip("[]"), int(port), protocol=protocol))
        if self._last is None:
            self._take(seen, lambda: None)
            return
        self._last.hold()
        self._take(seen, self._last.release)

    def _let_go(self, ring: Ring, interception: Interception) -> None:
        """Files whose observations are recorded and in which no connection began that still goes on."""
        now = time.time()
        oldest = interception.since
        while self._pinned:
            pinned = self._pinned[0]
            is_needed = oldest <= pinned.file.modified and now - pinned.file.modified < PINNED_S
            if not pinned.is_recorded or is_needed:
                return
            ring.done(pinned.file)
            self._pinned.popleft()

    def _unread(self, ring: Ring, file: RingFile, error: EarwitnessError) -> None:
        self._gap(
            Gap(
                sensor=ring.sensor,
                channel="network",
                start=file.modified,
                end=file.modified,
                cause="dissection failed",
                size=file.size,
                detail=str(error),
            )
        )


def _this_side(config: Config) -> list[Network]:
    """The networks of this side: configured, loopback, and every address of this host."""
    own = [ipaddress.ip_network(ipaddress.ip_interface(text).ip) for text in own_addresses()]
    return [*LocalSide(config.network.local).networks(), *own]
