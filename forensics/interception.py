"""Captures in, objects out: puts the reading of packets and the channels together, the same offline and live."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from forensics.channels.exchange import Exchange
from forensics.config import Network
from forensics.model import Direction, Gap, Seen
from forensics.wire import deep
from forensics.wire.capture import plain_head
from forensics.wire.keylog import KeyLog
from forensics.wire.objects import Engine
from forensics.wire.reading import is_read


class Interception:
    """One network seen through capture files, in order: the files of a ring, or a single capture.

    Connections live on from one file to the next; everything is in capture time, so a replay gives the same.
    """

    def __init__(
        self,
        settings: Network,
        *,
        wanted: Collection[Direction] = tuple(Direction),
        has_stretches: bool = False,
        on_open: Callable[[], None] = lambda: None,
    ) -> None:
        """Objects that go in another direction than those `wanted` are not kept.

        With `has_stretches`, of what cannot be read each stretch without a pause is told when it ends. `on_open` is
        told of every connection that begins.
        """
        keys = KeyLog(settings.keylog)
        exchange = Exchange(keys=keys.secrets, wanted=wanted, has_stretches=has_stretches, on_open=on_open)
        self._engine = Engine(exchange, learn=keys.learn)
        self._settings = settings

    @property
    def since(self) -> float:
        """The capture time from which packets would be needed to read again what is still under way."""
        return self._engine.since

    def read(self, capture: Path, *, wait: Callable[[], bool] = lambda: False) -> Iterator[Seen | Gap]:
        """What became whole in this file; `wait` says whether more may come where it ends.

        Raises CaptureError, InputError or MissingToolError.
        """
        if is_read(plain_head(capture)):
            yield from self._engine.read(capture, wait=wait)
            return
        segments = deep.segments(
            capture, memory_mib=self._settings.dissect_memory_mib, stall_s=self._settings.dissect_timeout_s
        )
        yield from self._engine.take_segments(segments)

    def flush(self, now: float) -> Iterator[Seen | Gap]:
        """What is given up on at `now`, Unix seconds, because nothing more came of it."""
        yield from self._engine.flush(now)

    def finish(self) -> Iterator[Seen | Gap]:
        """What was still under way when the watching ended."""
        yield from self._engine.finish()


def objects_of(
    capture: Path, *, settings: Network | None = None, wanted: Collection[Direction] = tuple(Direction)
) -> Iterator[Seen | Gap]:
    """Every object that crossed the wire in one capture in a wanted direction, and every gap in what could be seen.

    Raises CaptureError when the file is no capture, InputError when there is none, MissingToolError without
    tshark. A capture that breaks off yields what was readable, then a Gap whose cause is `deep.BROKEN`.
    """
    interception = Interception(settings or Network(), wanted=wanted)
    yield from interception.read(capture)
    yield from interception.finish()
