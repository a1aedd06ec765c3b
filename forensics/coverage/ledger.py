"""The ledger of a window: of every channel, what was covered, degraded, opaque or blind, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forensics.config import ROLES
from forensics.coverage import watching
from forensics.coverage.causes import level_of
from forensics.coverage.model import Cause, Channel, Ledger, Level
from forensics.coverage.tiling import tile
from forensics.store.rows import GapRow, OpaqueRow, WatchRow
from forensics.store.watches import STOPPED
from forensics.ways import WORDS, family

NETWORK: tuple[str, ...] = tuple(name for name in WORDS if name not in (*ROLES, "file", "issue", "selfcheck"))
"""The channels of the network sensor. `file`, what a scan finds, is no way out that is watched."""
CHANNELS: tuple[str, ...] = (*ROLES, *NETWORK)
LEAST_S = 1.0
"""What is told of a moment counts for this long."""
_ALIASES = {"dns": "dns-tunnel", "iodine": "dns-tunnel", "icmp": "icmp-tunnel", "": "tcp", "ssh": "tcp"}


def channels_of(name: str) -> tuple[str, ...]:
    """The channels that a run, a gap or a connection speaks of; of a name nobody knows, all of the network."""
    known = _ALIASES.get(name, family(name))
    if known == "all":
        return CHANNELS
    return (known,) if known in CHANNELS else NETWORK


def make(
    start: float,
    end: float,
    *,
    runs: Sequence[WatchRow],
    gaps: Iterable[GapRow],
    opaque: Iterable[OpaqueRow],
    channels: Sequence[str] = CHANNELS,
) -> Ledger:
    """The ledger of `[start, end)`, Unix seconds, for these channels."""
    causes: dict[str, list[Cause]] = {name: [] for name in CHANNELS}
    for gap in gaps:
        for name in channels_of(gap.channel):
            causes[name].append(_of_gap(gap))
    for flow in opaque:
        for name in channels_of(flow.protocol):
            causes[name].append(_of_flow(flow))
    return Ledger(
        start=start, end=end, channels=tuple(_channel(name, start, end, runs, causes[name]) for name in channels)
    )


def _channel(name: str, start: float, end: float, runs: Sequence[WatchRow], causes: Sequence[Cause]) -> Channel:
    own = [run for run in runs if any(name in channels_of(channel) for channel in run.channels)]
    intervals = tile(start, end, watching.spans(own), [*causes, *watching.causes(own)])
    sensors = {run.sensor for run in own if run.last >= start and run.first < end and run.state != STOPPED}
    return Channel(name=name, intervals=intervals, sensors=tuple(sorted(sensors)))


def _of_gap(gap: GapRow) -> Cause:
    return Cause(
        level=level_of(gap.cause),
        start=gap.start,
        end=max(gap.end, gap.start + LEAST_S),
        words=gap.cause,
        size=max(gap.size, 0) if gap.unit == "bytes" else 0,
        subject=f"G{gap.id}",
    )


def _of_flow(flow: OpaqueRow) -> Cause:
    return Cause(
        level=Level.OPAQUE,
        start=flow.start,
        end=max(flow.end, flow.start + LEAST_S),
        words=f"connection not read ({flow.protocol or 'unknown protocol'})",
        size=flow.up,
        subject=f"Q{flow.id}",
    )
