"""One round of the self-check: a canary by each way, issued before it is sent, followed until it is seen or missed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from forensics.config import Config
from forensics.content import Content
from forensics.database import Connection
from forensics.log import logger
from forensics.model import Analysis, Gap
from forensics.selfcheck import folders, missing
from forensics.selfcheck.envelopes import FAILURES, PROTOCOLS, Parcel
from forensics.selfcheck.kit import Kit
from forensics.selfcheck.receivers import HOST, receiving
from forensics.selfchecking.means import Means, all_means
from forensics.sensors.files.mounts import lies_afar, mounted
from forensics.store import canaries, reader
from forensics.store.canaries import BROKEN_OFF, MISSED, NOT_SENT, Canary
from forensics.store.writer import Store

POLL_S: Final = 0.2
LINGER_S: Final = 1.0
"""A file stays so long after it was seen, for a sensor may look at it again: that it vanished then would be a gap."""
NONCE_BYTES: Final = 8
Tell = Callable[[Analysis, Gap, Callable[[], None]], None]
"""Has a finding and its gap recorded, and calls the third when they survive a crash."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """A canary on its way, by which means, and the file's name where it is a file."""

    id: int
    means: Means
    name: str


class Sender:
    """Sends canaries from this process; the monitor that sees them may be another one of the same store."""

    def __init__(
        self,
        store: Store,
        config: Config,
        *,
        tell: Tell,
        clock: Callable[[], float] = time.time,
        is_stopping: Callable[[float], bool],
    ) -> None:
        """`is_stopping` waits for so many seconds at the most, and says whether to end."""
        self._store, self._config, self._tell, self._clock = store, config, tell, clock
        self._is_stopping = is_stopping
        self.kit = Kit(store.selfcheck_secret())
        self._log = logger("selfcheck")

    def means(self) -> Sequence[Means]:
        """By which ways canaries can be sent now, those that may not come back at the end. Raises StoreError."""
        with self.reading() as connection:
            rows = reader.sensors(connection)
        table = mounted()
        found = all_means(rows, self._config, self._clock())
        return sorted(found, key=lambda each: each.folder is not None and lies_afar(str(each.folder), table))

    def round(self, means: Sequence[Means]) -> tuple[Canary, ...]:
        """Send a canary by each way, wait, clean up; what became of each. Raises StoreError."""
        sent = [self._send(each) for each in means]
        waiting = {one.id: one for one in sent}
        with self.reading() as connection:
            while waiting:
                is_over = self._is_stopping(POLL_S)
                for canary in canaries.of(connection, sorted(waiting)):
                    if self._is_settled(canary, is_over=is_over):
                        self._clean(waiting.pop(canary.id), connection)
            return canaries.of(connection, sorted(one.id for one in sent))

    def break_off(self, *, before: float) -> bool:
        """End what other senders left of which nothing more will be heard: what was due before that time.

        Says whether there was any. Raises StoreError.
        """
        with self.reading() as connection:
            left = [canary for canary in canaries.under_way(connection) if canary.due < before]
        for canary in left:
            self._store.end_canary(canary.id, BROKEN_OFF, "who sent it ended before it was seen")
        return bool(left)

    def sweep_near(self) -> None:
        """Remove the canaries that lie in configured folders of this machine, which answers. Raises StoreError."""
        table = mounted()
        self._sweep(each.path for each in self._config.folders if not lies_afar(str(each.path), table))

    def sweep(self) -> None:
        """Remove the canaries that lie in watched folders: those of senders that were killed. Raises StoreError."""
        self._sweep(each.folder for each in self.means() if each.folder is not None)

    def _sweep(self, places: Iterable[Path]) -> None:
        with self.reading() as connection:
            for place in places:
                folders.remove(place, _issued(connection))

    def _send(self, means: Means) -> _Sent:
        nonce = secrets.token_hex(NONCE_BYTES)
        name, package = folders.name_of(nonce), self.kit.canary(nonce)
        parcel = Parcel(name=name, content=package)
        if means.address is not None:
            parcel = PROTOCOLS[means.channel].wrap(name, package)
        with ExitStack() as stack:
            problem = ""
            try:
                means = self._received(means, stack)
            except OSError as error:
                problem = _why(error)
            id = self._issue(means, nonce, parcel)
            if not problem:
                problem = self._out(means, parcel)
        if problem:
            self._store.end_canary(id, NOT_SENT, problem)
        return _Sent(id, means, name)

    def _received(self, means: Means, stack: ExitStack) -> Means:
        """Where this program is to receive it itself, with a server that does. Raises OSError."""
        if means.address is None or not means.is_own:
            return means
        port = stack.enter_context(receiving(means.channel, means.address.port))
        return replace(means, address=replace(means.address, host=HOST, port=port))

    def _issue(self, means: Means, nonce: str, parcel: Parcel) -> int:
        """Write down what is about to be sent. Raises StoreError."""
        now = round(self._clock(), 3)
        to = means.address
        canary = Canary(
            channel=means.channel,
            sensor=means.sensor,
            destination=f"{means.channel}://{to.host}:{to.port}/{to.rest}" if to else parcel.name,
            nonce=nonce,
            sha256=Content.of(parcel.content).sha256,
            sent=now,
            due=round(now + self._config.selfcheck.within_s, 3),
        )
        return self._store.issue_canary(replace(canary, seal=self.kit.seal(*canary.said)))

    def _out(self, means: Means, parcel: Parcel) -> str:
        """Let it leave; why it did not, or nothing."""
        try:
            if means.folder is not None:
                folders.write(means.folder, parcel.name, parcel.content)
            elif means.address is not None:
                PROTOCOLS[means.channel].send(parcel, means.address)
        except FAILURES as error:
            return _why(error)
        return ""

    def _is_settled(self, canary: Canary, *, is_over: bool) -> bool:
        """Say whether nothing more is to come of a canary; what was missed is told."""
        if canary.outcome:
            return is_over or self._clock() - canary.ended >= LINGER_S
        if canary.seen:
            why = canary.lack or f"seen only after {canary.detected_s:.0f} s"
        elif self._clock() >= canary.due:
            why = f"not seen within {self._config.selfcheck.within_s:g} s"
        elif is_over:
            self._store.end_canary(canary.id, BROKEN_OFF, "the self-check was ended before it was seen")
            return True
        else:
            return False
        self._miss(canary, why)
        return True

    def _miss(self, canary: Canary, why: str) -> None:
        self._log.warning("a canary was missed", channel=canary.channel, sensor=canary.sensor, why=why)
        found = missing.finding(
            canary.nonce, canary.channel, canary.sensor, why, host=self._config.host_name, sent=canary.sent
        )
        gap = missing.gap(canary.channel, canary.sensor, why, sent=canary.sent, until=self._clock())
        self._tell(found, gap, lambda: self._ended(canary.id, why))

    def _ended(self, id: int, why: str) -> None:
        self._store.end_canary(id, MISSED, why)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The store, open for reading. Raises StoreError."""
        connection = reader.open_reader(self._store.folder)
        try:
            yield connection
        finally:
            connection.close()

    def _clean(self, sent: _Sent, connection: Connection) -> None:
        if sent.means.folder is not None:
            folders.remove(sent.means.folder, _issued(connection), only=sent.name)


def _issued(connection: Connection) -> Callable[[str], bool]:
    """Says of a digest whether a canary of this store has it."""
    return lambda sha256: canaries.issued(connection, sha256) is not None


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
